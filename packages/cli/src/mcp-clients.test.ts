import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AGENT_CLIENTS, type AgentClient, agentClients } from '@waiaas/contract'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { cleanUp, temporaryFolder } from '../test/run.ts'
import { readJson } from './json-text.ts'
import { clearClient, clientFile, configureClient, isHere } from './mcp-clients.ts'

afterAll(cleanUp)
const env = { WAIAAS_DATA_DIR: '/made-up/data', WAIAAS_BASE_URL: 'http://127.0.0.1:3100' }
const server = { command: 'node', args: ['waiaas-mcp.cjs'], env }
const servers = { waiaas: server }
const elsewhere = { ...server, env: { ...env, WAIAAS_DATA_DIR: '/made-up/other' } }
const client: AgentClient = agentClients.vscode
/** A client of the same form whose file lies in the folder. */
const here = ({ form }: AgentClient, file: string): AgentClient => ({ ...client, form, file })

describe('the configuration of a client', () => {
  test('lies under the home directory, or under the folder where the person works', () => {
    const [home, folder] = ['/made-up/home', '/made-up/folder']
    const before = {
      HOME: process.env.HOME,
      CODEX_HOME: process.env.CODEX_HOME,
      XDG_CONFIG_HOME: process.env.XDG_CONFIG_HOME,
    }
    onTestFinished(() => {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })
    process.env.HOME = home
    delete process.env.CODEX_HOME
    delete process.env.XDG_CONFIG_HOME
    const files = () => AGENT_CLIENTS.map((name) => clientFile(agentClients[name], folder))
    const usual = files()
    expect(usual.filter((path) => !path.startsWith(home) && !path.startsWith(folder))).toEqual([])
    expect(usual).toContain(join(home, '.codex', 'config.toml'))
    expect(usual).toContain(join(folder, '.mcp.json'))
    process.env.CODEX_HOME = '/made-up/codex'
    expect(files().filter((path) => !usual.includes(path))).toEqual([join('/made-up/codex', 'config.toml')])
  })

  test('is made where there is none, in the form of the client, and stays as it is afterwards', async () => {
    const folder = temporaryFolder()
    const path = join(folder, '.vscode', 'mcp.json')
    expect(await configureClient(client, servers, folder)).toEqual({ path, outcome: 'written' })
    const text = readFileSync(path, 'utf8')
    expect(JSON.parse(text)).toEqual({ servers: { waiaas: { type: 'stdio', ...server } } })
    expect(await configureClient(client, servers, folder)).toEqual({ path, outcome: 'as before' })
    expect([readFileSync(path, 'utf8'), readdirSync(join(folder, '.vscode'))]).toEqual([text, ['mcp.json']])
  })

  test('keeps all else, what it was before, and a link that it is', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '.vscode'))
    const [path, real] = [join(folder, '.vscode', 'mcp.json'), join(folder, 'real.json')]
    const earlier = JSON.stringify({ inputs: [1], servers: { mine: {}, waiaas: { command: 'old' } } })
    writeFileSync(real, earlier)
    symlinkSync(real, path)
    const { outcome, backup } = await configureClient(client, servers, folder)
    expect([outcome, readFileSync(backup!, 'utf8')]).toEqual(['written', earlier])
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(JSON.parse(readFileSync(real, 'utf8'))).toEqual({
      ...{ inputs: [1], servers: { mine: {}, waiaas: { type: 'stdio', ...server } } },
    })
  })

  test.each(['{ // open', '[]', '{"servers":[]}', '"text"', '{"servers":null, "servers":{}}'])(
    'that says %s is left alone',
    async (text) => {
      const folder = temporaryFolder()
      mkdirSync(join(folder, '.vscode'))
      const path = join(folder, '.vscode', 'mcp.json')
      writeFileSync(path, text)
      expect(await configureClient(client, servers, folder)).toEqual({ path, outcome: 'not ours to change' })
      expect([readFileSync(path, 'utf8'), readdirSync(join(folder, '.vscode'))]).toEqual([text, ['mcp.json']])
    },
  )
})

test('the settings of Zed keep the comments that people write there', async () => {
  const zed = here(agentClients.zed, 'settings.json')
  const folder = temporaryFolder()
  const path = join(folder, 'settings.json')
  const earlier = '// Zed settings\n{\n  "theme": "One Dark", // dark\n}\n'
  writeFileSync(path, earlier)
  expect(await configureClient(zed, servers, folder)).toMatchObject({ outcome: 'written' })
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(
    /^\/\/ Zed settings\n\{\n {2}"context_servers": \{\n[\s\S]*"theme": "One Dark", \/\/ dark\n\}\n$/,
  )
  expect(readJson(text)).toEqual({ context_servers: servers, theme: 'One Dark' })
  expect(await configureClient(zed, servers, folder)).toEqual({ path, outcome: 'as before' })
})

describe('taking our servers out again', () => {
  test.each(AGENT_CLIENTS)('of %s leaves those of others, and of another data directory', async (name) => {
    const folder = temporaryFolder()
    const one = here(agentClients[name], 'config')
    const path = join(folder, 'config')
    expect(await clearClient(one, env.WAIAAS_DATA_DIR, folder)).toEqual({ path, outcome: 'as before' })
    const other = { other: { ...server, env: { A: 'b' } }, 'waiaas-elsewhere': elsewhere }
    await configureClient(one, other, folder)
    const before = readFileSync(path, 'utf8')
    await configureClient(one, { waiaas: server, 'waiaas-shop': server }, folder)
    const between = readFileSync(path, 'utf8')
    const { outcome, backup } = await clearClient(one, env.WAIAAS_DATA_DIR, folder)
    expect([outcome, readFileSync(backup!, 'utf8')]).toEqual(['written', between])
    const words = (text: string) => text.replaceAll(/["\s]/g, '')
    expect(words(readFileSync(path, 'utf8'))).toBe(words(before))
    expect(await clearClient(one, env.WAIAAS_DATA_DIR, folder)).toEqual({ path, outcome: 'as before' })
  })

  test('leaves a file alone that nobody can read', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config')
    writeFileSync(path, 'a = {')
    const left = await clearClient(here(agentClients.codex, 'config'), env.WAIAAS_DATA_DIR, folder)
    expect([left, readdirSync(folder)]).toEqual([{ path, outcome: 'not ours to change' }, ['config']])
  })
})

test('a program that somebody uses is known by its folder', () => {
  const folder = temporaryFolder()
  const one: AgentClient = { ...client, folder: 'theirs', file: 'mine/config' }
  const { folder: _folder, ...byFile } = one
  expect([isHere(one, folder), isHere(byFile, folder)]).toEqual([false, false])
  mkdirSync(join(folder, 'theirs'))
  expect([isHere(one, folder), isHere(byFile, folder)]).toEqual([true, false])
  mkdirSync(join(folder, 'mine'))
  expect(isHere(byFile, folder)).toBe(true)
})

describe('the configuration of Codex', () => {
  const codex = here(agentClients.codex, 'config.toml')
  const ours = '[mcp_servers.waiaas]\ncommand = "node"'

  test('gets our table at its end, and is as it was otherwise', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config.toml')
    const earlier = 'model = "gpt" # mine\n[mcp_servers.other]\ncommand = "other"\n[tui]\nx = 1\n'
    writeFileSync(path, earlier)
    const { outcome, backup } = await configureClient(codex, servers, folder)
    expect([outcome, readFileSync(backup!, 'utf8')]).toEqual(['written', earlier])
    const text = readFileSync(path, 'utf8')
    expect(text.startsWith(`${earlier}\n${ours}`)).toBe(true)
    // A table of somebody else after ours changes nothing about it.
    writeFileSync(path, `${text}[more]\ny = 2\n`)
    expect(await configureClient(codex, servers, folder)).toEqual({ path, outcome: 'as before' })
  })

  test('gets our table in place of an older one of that name, and keeps what stands before the next', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'config.toml')
    const older = '[mcp_servers.waiaas]\ncommand = "old"\n[mcp_servers.waiaas.env]\nA = "b"\n\n# mine\n[tui]\nx = 1\n'
    writeFileSync(path, `a = 1\n${older}`)
    expect(await configureClient(codex, servers, folder)).toMatchObject({ outcome: 'written' })
    expect(readFileSync(path, 'utf8')).toMatch(
      /^a = 1\n\n# mine\n\[tui\]\nx = 1\n\n\[mcp_servers\.waiaas\]\ncommand = "node"/,
    )
  })

  test.each([
    '[mcp_servers."waiaas"]\ncommand = "old"',
    '[ mcp_servers . waiaas ]\ncommand = "old"',
    'mcp_servers.waiaas.command = "old"',
    'mcp_servers = { other = { command = "other" } }',
  ])('that says %j is left alone', async (text) => {
    const folder = temporaryFolder()
    const path = join(folder, 'config.toml')
    writeFileSync(path, text)
    expect(await configureClient(codex, servers, folder)).toEqual({ path, outcome: 'not ours to change' })
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual([text, ['config.toml']])
  })
})

describe('the configuration of goose', () => {
  const goose = here(agentClients.goose, 'config.yaml')
  const ours = {
    enabled: true,
    type: 'stdio',
    name: 'waiaas',
    cmd: 'node',
    args: server.args,
    envs: server.env,
    timeout: 300,
  }

  test.each([
    [
      'a list of others',
      'extensions:\n  other:\n    type: builtin # mine\nGOOSE_MODE: auto\n',
      { other: { type: 'builtin' } },
    ],
    ['nothing of ours', 'GOOSE_MODE: auto # mine\n', {}],
    ['an empty list', 'GOOSE_MODE: auto # mine\nextensions:\n', {}],
    ['an older entry', 'GOOSE_MODE: auto # mine\nextensions:\n  waiaas:\n    cmd: old\n', {}],
  ])('with %s gets our entry, and keeps its comments', async (_what, earlier, others) => {
    const folder = temporaryFolder()
    const path = join(folder, 'config.yaml')
    writeFileSync(path, earlier)
    const { outcome, backup } = await configureClient(goose, servers, folder)
    expect([outcome, readFileSync(backup!, 'utf8')]).toEqual(['written', earlier])
    const text = readFileSync(path, 'utf8')
    expect(text).toContain('# mine')
    expect(parse(text)).toEqual({ GOOSE_MODE: 'auto', extensions: { ...others, waiaas: ours } })
    expect(await configureClient(goose, servers, folder)).toEqual({ path, outcome: 'as before' })
  })

  test('is made where there is none', async () => {
    const folder = temporaryFolder()
    expect(await configureClient(goose, servers, folder)).toMatchObject({ outcome: 'written' })
    expect(parse(readFileSync(join(folder, 'config.yaml'), 'utf8'))).toEqual({ extensions: { waiaas: ours } })
  })

  test.each(['- a list\n', 'extensions: text\n', 'a: [\n'])('that says %j is left alone', async (text) => {
    const folder = temporaryFolder()
    const path = join(folder, 'config.yaml')
    writeFileSync(path, text)
    expect(await configureClient(goose, servers, folder)).toEqual({ path, outcome: 'not ours to change' })
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual([text, ['config.yaml']])
  })
})
