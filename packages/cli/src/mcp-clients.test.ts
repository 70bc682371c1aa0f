import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cleanUp, temporaryFolder } from '../test/run.ts'
import { configureClient, mcpClients } from './mcp-clients.ts'

afterAll(cleanUp)
const server = { command: 'node', args: ['waiaas-mcp.cjs'], env: { WAIAAS_BASE_URL: 'http://127.0.0.1:3100' } }
const { vscode, ...others } = mcpClients
const client = vscode!

describe('the configuration of a client', () => {
  test.each(Object.entries(others))('of %s has servers by name', (_name, { field, entry }) => {
    expect([field, entry]).toEqual(['mcpServers', undefined])
  })

  test('is made where there is none, in the form of the client, and stays as it is afterwards', async () => {
    const folder = temporaryFolder()
    const path = join(folder, '.vscode', 'mcp.json')
    expect(await configureClient(client, server, folder)).toEqual({ path, outcome: 'written' })
    const text = readFileSync(path, 'utf8')
    expect(JSON.parse(text)).toEqual({ servers: { waiaas: { type: 'stdio', ...server } } })
    expect(await configureClient(client, server, folder)).toEqual({ path, outcome: 'as before' })
    expect([readFileSync(path, 'utf8'), readdirSync(join(folder, '.vscode'))]).toEqual([text, ['mcp.json']])
  })

  test('keeps all else, what it was before, and a link that it is', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '.vscode'))
    const [path, real] = [join(folder, '.vscode', 'mcp.json'), join(folder, 'real.json')]
    const earlier = JSON.stringify({ inputs: [1], servers: { mine: {}, waiaas: { command: 'old' } } })
    writeFileSync(real, earlier)
    symlinkSync(real, path)
    const { outcome, backup } = await configureClient(client, server, folder)
    expect([outcome, readFileSync(backup!, 'utf8')]).toEqual(['written', earlier])
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(JSON.parse(readFileSync(real, 'utf8'))).toEqual({
      ...{ inputs: [1], servers: { mine: {}, waiaas: { type: 'stdio', ...server } } },
    })
  })

  test.each(['{ // a comment\n}', '[]', '{"servers":[]}', '"text"'])('that says %s is left alone', async (text) => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, '.vscode'))
    const path = join(folder, '.vscode', 'mcp.json')
    writeFileSync(path, text)
    expect(await configureClient(client, server, folder)).toEqual({ path, outcome: 'not ours to read' })
    expect([readFileSync(path, 'utf8'), readdirSync(join(folder, '.vscode'))]).toEqual([text, ['mcp.json']])
  })
})
