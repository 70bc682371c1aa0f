import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  cleanUp,
  launch,
  type StartedDaemon,
  startProvisioned,
  temporaryFolder,
  waiaas,
  waiaasAtTerminal,
} from '../test/run.ts'

afterAll(cleanUp)
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)
const json = async (call: ReturnType<typeof waiaas>) => {
  const { code, out, err } = await call
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

describe('a daemon that provisioned itself', () => {
  let daemon: StartedDaemon
  let recoveryKey: string
  beforeAll(async () => {
    daemon = await startProvisioned()
    recoveryKey = join(daemon.dataDir, 'recovery.key')
  })

  test('keeps its password in recovery.key, names its port, and status is 0', async () => {
    expect(mode(daemon.dataDir)).toBe('700')
    expect(mode(recoveryKey)).toBe('600')
    expect(readFileSync(recoveryKey, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect(daemon.url).toBe(`http://127.0.0.1:${readFileSync(join(daemon.dataDir, 'daemon.port'), 'utf8').trim()}`)
    const { code, out } = await daemon.run(['status'])
    expect(code).toBe(0)
    expect(out).toContain(`running at ${daemon.url}`)
  })

  test('commands seal the password to the signer that they have seen first, and to another one when that is trusted', async () => {
    const within = async () => (await (await fetch(`${daemon.url}/health`)).json()).passwordWithin
    const own = { XDG_CONFIG_HOME: temporaryFolder() }
    const pins = join(own.XDG_CONFIG_HOME, 'waiaas', 'signers.json')
    const run = (...args: string[]) => daemon.run(args, own)
    const first = await run('wallet', 'list')
    expect(first).toMatchObject({
      code: 0,
      err: expect.stringMatching(/sealed to the signer [0-9a-f]{4}(-[0-9a-f]{4}){7}/),
    })
    expect(mode(pins)).toBe('600')
    expect(await run('wallet', 'list')).toMatchObject({ code: 0, err: '' })
    for (const command of [
      'create --name sealed --environment mainnet',
      'ceiling sealed --network solana-mainnet --day 900',
    ])
      expect(await run('wallet', ...command.split(' '))).toMatchObject({ code: 0 })
    const shown = await json(run('wallet', 'ceiling', 'sealed', '--json'))
    expect(shown.networks).toMatchObject([{ network: 'solana-mainnet', day: '900' }])
    // What the operator has said is above what a wallet begins with, and the daemon has learnt nothing of the password.
    expect(await within()).toEqual(['recovery.key'])
    expect((await run('status')).out).toContain('can have the master password, from: recovery.key')

    const [, fingerprint] = /signer ([0-9a-f-]{39})/.exec(first.err)!
    writeFileSync(pins, JSON.stringify({ [daemon.dataDir]: randomBytes(32).toString('base64') }))
    const refused = await run('wallet', 'list')
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('has another key than before') })
    expect(refused.err).toContain(`waiaas trust ${fingerprint}`)
    expect((await run('trust', fingerprint!.replaceAll(/\d/g, 'a'))).code).toBe(1)
    expect((await run('wallet', 'list')).code).toBe(1)
    expect(await run('trust', fingerprint!)).toMatchObject({ code: 0, out: expect.stringContaining('commands trust') })
    expect((await run('wallet', 'list')).code).toBe(0)
    expect((await run('wallet', 'list', '--plain-password')).code).toBe(0)
    expect(await within()).toEqual(['recovery.key', 'a call that carried it'])
  })

  test('without terminal and password source a command says which sources there are', async () => {
    const { code, err } = await waiaas(['wallet', 'list', '--data-dir', temporaryFolder(), '--base-url', daemon.url])
    expect(code).toBe(1)
    expect(err).toContain('set WAIAAS_MASTER_PASSWORD_FILE, or give --password-file')
  })

  test('a second daemon on the same data directory is refused with the reason', async () => {
    const { code, err } = await daemon.run(['start'])
    expect(code).toBe(1)
    expect(err).toContain('another daemon is running with the data directory')
  })

  test('quickset makes wallets, a session and the MCP configuration, and again uses the same', async () => {
    const first = await json(daemon.run(['quickset', '--mode', 'local', '--json']))
    expect(first.wallets.map((wallet: { name: string }) => wallet.name)).toEqual(['solana-local', 'evm-local'])
    expect(first.config.mcpServers.waiaas.env).toEqual({
      WAIAAS_DATA_DIR: daemon.dataDir,
      WAIAAS_BASE_URL: daemon.url,
    })
    expect(first.config.mcpServers.waiaas.args.every(existsSync)).toBe(true)
    const token = readFileSync(first.tokenPath, 'utf8')
    expect(token).toMatch(/^wai_sess_/)
    expect(mode(first.tokenPath)).toBe('600')
    expect(JSON.stringify(first)).not.toContain(token.trim())

    const second = await json(daemon.run(['quickset', '--mode', 'local', '--json']))
    expect(second.wallets.map(idOf)).toEqual(first.wallets.map(idOf))
    expect(second.session).toEqual({ ...first.session, isNew: false })
    expect(readFileSync(first.tokenPath, 'utf8')).toBe(token)
  })

  test('the printed MCP configuration starts a server that answers under the session', async () => {
    const { config, wallets } = await json(daemon.run(['quickset', '--mode', 'local', '--json']))
    const { command, args, env } = config.mcpServers.waiaas
    const server = launch(command, args, env)
    const send = (message: object) => server.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
    const clientInfo = { name: 'test', version: '1' }
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } })
    await server.saw(/"id":1/)
    send({ method: 'notifications/initialized' })
    send({ id: 2, method: 'tools/call', params: { name: 'get_address', arguments: { walletId: wallets[1].id } } })
    await server.saw(new RegExp(wallets[1].publicKey))
    server.child.stdin?.end()
    expect((await server.ended).code).toBe(0)
  })

  test('quickset with a lifetime replaces the session and revokes the one before', async () => {
    const before = await json(daemon.run(['quickset', '--mode', 'local', '--json']))
    const after = await json(daemon.run(['quickset', '--mode', 'local', '--ttl', '600', '--json']))
    expect(after.session).toMatchObject({ isNew: true })
    const { data } = await json(daemon.run(['session', 'list', '--json']))
    const status = (id: string) => data.find((one: { id: string }) => one.id === id)?.status
    expect(status(after.session.id)).toBe('ACTIVE')
    expect(status(before.session.id) ?? 'REVOKED').toBe('REVOKED')
  })

  test('an agent with a session token reads its wallets and cannot make one', async () => {
    await daemon.run(['quickset', '--mode', 'local'])
    const WAIAAS_SESSION_TOKEN = readFileSync(join(daemon.dataDir, 'mcp-token'), 'utf8').trim()
    const asAgent = { WAIAAS_SESSION_TOKEN, WAIAAS_DATA_DIR: temporaryFolder(), WAIAAS_BASE_URL: daemon.url }
    const { items } = await json(waiaas(['wallet', 'list', '--json'], asAgent))
    expect(items).toHaveLength(2)
    const refused = await waiaas(['wallet', 'create', '--name', 'more'], asAgent)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('the master password is needed')
  })

  test('mcp setup writes a token for each wallet', async () => {
    const { items } = await json(daemon.run(['wallet', 'list', '--json']))
    const { mcpServers } = await json(daemon.run(['mcp', 'setup', '--all', '--json']))
    expect(Object.keys(mcpServers).sort()).toEqual(['waiaas-evm-local', 'waiaas-sealed', 'waiaas-solana-local'])
    for (const { id } of items) expect(mode(join(daemon.dataDir, 'mcp-tokens', id))).toBe('600')
  })

  test('mcp setup writes our server into the programs of the machine, shows it, and takes it out again', async () => {
    const [HOME, INIT_CWD] = [temporaryFolder(), temporaryFolder()]
    const env = { HOME, INIT_CWD, XDG_CONFIG_HOME: join(HOME, '.config'), CODEX_HOME: '' }
    const setUp = (...words: string[]) => daemon.run(['mcp', 'setup', ...words], env)
    const one = ['--wallet', 'sealed']
    const shown = await setUp(...one, '--client', 'codex', '--print')
    expect(shown.out).toContain(`${join(HOME, '.codex', 'config.toml')}:\n[mcp_servers.waiaas-sealed]`)
    expect(await setUp(...one)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^sealed: token in \S+, good until \d{4}-\d\d-\d\dT[\d:]+Z, and renewed by the server while a client uses it\n[\s\S]*MCP configuration of Claude Desktop/,
      ),
    })
    for (const [flags, says] of [
      [['--ttl', '0'], /, good for ever\n/],
      [['--ttl', '600', '--max-renewals', '0'], /, good until \S+Z\n/],
    ] as const)
      expect((await setUp(...one, ...flags)).out).toMatch(says)
    expect([readdirSync(HOME), readdirSync(join(HOME, '.config')), readdirSync(INIT_CWD)]).toEqual([
      ['.config'],
      ['waiaas'],
      [],
    ])
    const wrong = await setUp(...one, '--client', 'none')
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('claude-desktop, claude-code, cursor') })

    for (const folder of ['.codex', '.cursor']) mkdirSync(join(HOME, folder))
    const written = await setUp(...one)
    expect(written.out).toMatch(/Cursor: waiaas-sealed in \S+mcp\.json; .*\nCodex: waiaas-sealed in \S+config\.toml;/)
    const path = join(HOME, '.cursor', 'mcp.json')
    const { 'waiaas-sealed': server } = JSON.parse(readFileSync(path, 'utf8')).mcpServers
    expect(server.env).toMatchObject({ WAIAAS_DATA_DIR: daemon.dataDir, WAIAAS_WALLET_NAME: 'sealed' })
    const undone = await setUp('--undo')
    expect(undone.out).toMatch(/Cursor: taken out of [\s\S]*Codex: taken out of /)
    expect((await setUp('--undo', '--client', 'zed,codex')).out).toMatch(
      /^nothing of \S+ is in the configuration of Zed, Codex\n$/,
    )
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ mcpServers: {} })
    expect(readFileSync(join(HOME, '.codex', 'config.toml'), 'utf8')).not.toContain('waiaas')
  })

  test('a phrase of several addresses is asked about at a terminal, and says so elsewhere; a flag chooses', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'phrase')
    const phrase = `${'abandon '.repeat(11)}about\r\n`
    // As an editor of Windows saves "Unicode".
    writeFileSync(file, Buffer.from(`\uFEFF${phrase}`, 'utf16le'))
    const args = ['wallet', 'import', '--chain', 'solana', '--format', 'mnemonic', '--secret-file', file, '--name']
    const usual = 'HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk'
    const { code, out, err } = await daemon.run([...args, 'silent'])
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(usual) })
    expect(err).toMatch(/ {2}2 {2}\w{32,44} {2}--derivation none {2}\(solana-keygen new/)
    const keygen = /2 {2}(\w+) {2}--derivation none/.exec(err)![1]
    const flagged = await json(daemon.run([...args, 'flagged', '--derivation', 'none', '--json']))
    expect(flagged).toMatchObject({ publicKey: keygen })
    const terminal = waiaasAtTerminal([...args, 'asked', '--data-dir', daemon.dataDir])
    await terminal.saw(/Number of the address that you know \(1 to 4\): /)
    terminal.type('3\r')
    expect((await terminal.ended).out).toContain('asked')
    expect(await json(daemon.run(['wallet', 'info', 'asked', '--json']))).toMatchObject({
      publicKey: /3 {2}(\w+) {2}--path/.exec(err)![1],
    })
    writeFileSync(file, Buffer.from(`${'abandon '.repeat(11)}\xe4bout`, 'latin1'))
    const misread = await daemon.run([...args, 'misread'])
    expect(misread).toMatchObject({ code: 1, err: expect.stringContaining('got Windows-1252 or Latin-1 text') })
  })

  test('a key goes in and comes out sealed, and wallets are found by name', async () => {
    const folder = temporaryFolder()
    const secret = `0x${randomBytes(32).toString('hex')}`
    writeFileSync(join(folder, 'key'), `${secret}\n`)
    const imported = await json(
      daemon.run([
        ...['wallet', 'import', '--name', 'brought', '--chain', 'ethereum', '--format', 'private-key'],
        ...['--secret-file', join(folder, 'key'), '--json'],
      ]),
    )
    expect(await json(daemon.run(['wallet', 'info', 'brought', '--json']))).toMatchObject({ id: imported.id })
    const output = join(folder, 'out')
    expect((await daemon.run(['wallet', 'export', 'brought', '--output', output])).code).toBe(0)
    expect(readFileSync(output, 'utf8').trim()).toBe(secret)
    expect(mode(output)).toBe('600')
    const again = await daemon.run(['wallet', 'export', 'brought', '--output', output])
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining(`${output} exists already`) })
  })

  test('a wallet is ended after a question with its name and address, and a yes alone', async () => {
    const { publicKey } = await json(daemon.run(['wallet', 'create', '--name', 'doomed', '--json']))
    for (const answer of ['no', 'yes']) {
      const terminal = waiaasAtTerminal(['wallet', 'terminate', 'Doomed', '--data-dir', daemon.dataDir])
      await terminal.saw(/Type yes to go on: /)
      terminal.type(`${answer}\r`)
      const { code, out } = await terminal.ended
      expect(out).toContain(`wallet "doomed" (solana testnet), ${publicKey}`)
      expect(out).toContain('It signs nothing any more, for good')
      expect({ answer, code }).toEqual({ answer, code: answer === 'yes' ? 0 : 1 })
      expect(await json(daemon.run(['wallet', 'info', 'doomed', '--json']))).toMatchObject({
        status: answer === 'yes' ? 'TERMINATED' : 'ACTIVE',
      })
    }
  })

  test('a refusal of the daemon is shown with its code and ends with 1', async () => {
    const asJson = await daemon.run(['wallet', 'info', 'nobody', '--json'])
    expect(JSON.parse(asJson.err)).toMatchObject({ code: 'WALLET_NOT_FOUND', requestId: expect.any(String) })
    const { code, err } = await daemon.run(['wallet', 'info', '01990000-0000-7000-8000-000000000000'])
    expect(code).toBe(1)
    expect(err).toContain('(WALLET_NOT_FOUND)')
  })

  test('settings change, and the audit log is whole', async () => {
    expect((await daemon.run(['settings', 'set', 'policy.default_deny_tokens', 'false'])).code).toBe(0)
    expect((await daemon.run(['settings', 'get'])).out).toMatch(/^policy\.default_deny_tokens +false$/m)
    expect((await daemon.run(['settings', 'set', 'policy.default_deny_tokens', '--unset'])).code).toBe(0)
    expect((await daemon.run(['settings', 'get'])).out).toMatch(/^policy\.default_deny_tokens +true$/m)
    expect((await daemon.run(['settings', 'set', 'policy.default_deny_tokens', 'false', '--unset'])).code).toBe(2)
    expect(await daemon.run(['audit', 'verify'])).toMatchObject({ code: 0, err: '' })
  })

  test('the audit log is signed; its file is verified anywhere, with the key and the checkpoints that were kept', async () => {
    const checkpointNow = () => json(daemon.run(['audit', 'checkpoint', '--json']))
    await expect.poll(async () => (await checkpointNow()).unsignedRows).toBe(0)
    const { publicKey, checkpoint } = await checkpointNow()
    const kept = join(daemon.dataDir, 'audit', 'checkpoints.jsonl')
    const last = () => JSON.parse(readFileSync(kept, 'utf8').trim().split('\n').at(-1)!)
    await expect.poll(last).toEqual(checkpoint)
    expect(mode(kept)).toBe('600')
    const words = await daemon.run(['audit', 'verify'])
    const [, signed, by] = /(\d+) checkpoints by (\S+)/.exec(words.out)!
    // What happens meanwhile is signed too.
    expect(Number(signed)).toBeGreaterThanOrEqual(checkpoint.seq)
    expect(by).toBe(publicKey)
    expect(words.out).toContain('--public-key')

    const file = join(temporaryFolder(), 'audit.jsonl')
    const exported = await json(daemon.run(['audit', 'export', '--output', file, '--json']))
    expect(exported.lines).toBe(readFileSync(file, 'utf8').trim().split('\n').length)
    expect(mode(file)).toBe('600')
    expect(await daemon.run(['audit', 'export', '--output', file])).toMatchObject({
      code: 1,
      err: expect.stringContaining('exists already'),
    })
    const verify = (...flags: string[]) => waiaas(['audit', 'verify', '--file', file, ...flags])
    const proof = ['--public-key', publicKey, '--checkpoints', kept]
    expect(await verify(...proof)).toMatchObject({ code: 0, err: '' })
    const other = Buffer.alloc(32, 1).toString('base64')
    expect(await verify('--public-key', other)).toMatchObject({
      code: 1,
      out: expect.stringContaining('signed by another key'),
      err: expect.stringContaining('the audit log is not whole'),
    })
    writeFileSync(file, readFileSync(file, 'utf8').replace('SETTINGS_CHANGED', 'SETTINGS_CHANGEd'))
    expect(await verify(...proof)).toMatchObject({ code: 1, out: expect.stringContaining('row altered') })
  })

  test.each([
    [['--file', '/nonexistent/file'], 1, 'cannot be read'],
    [['--checkpoints', '/nonexistent/file'], 1, 'cannot be read'],
    [['--public-key', 'abc'], 2, 'expected --public-key as base64 of 32 bytes'],
    [['--file', 'a', '--data-dir', 'b'], 2, 'expected --data-dir or --file, got both'],
    [['--data-dir', temporaryFolder()], 1, 'there is no database at'],
  ])('audit verify %j is refused with the reason', async (flags, code, reason) => {
    const run = flags.includes('--data-dir') ? waiaas : daemon.run
    const done = await run(['audit', 'verify', ...flags])
    expect(done).toMatchObject({ code, err: expect.stringContaining(reason) })
  })

  test('wallets of a 2.x installation are taken over once, under their addresses', async () => {
    const from = fileURLToPath(new URL('../test/waiaas-2', import.meta.url))
    const passwordFile = join(temporaryFolder(), 'old-password')
    const importAll = () => daemon.run(['import', '--from', from, '--from-password-file', passwordFile, '--json'])
    writeFileSync(passwordFile, 'not the password')
    expect(await importAll()).toMatchObject({ code: 1, err: expect.stringContaining('2 of 2 wallets could not') })

    writeFileSync(passwordFile, 'the password of the old installation')
    const imported = await json(importAll())
    expect(imported).toMatchObject([
      { name: 'old evm', chain: 'ethereum', outcome: 'imported' },
      { name: 'old solana', chain: 'solana', outcome: 'imported' },
    ])
    const { items } = await json(daemon.run(['wallet', 'list', '--json']))
    for (const { id, address } of imported)
      expect(items).toContainEqual(expect.objectContaining({ id, publicKey: address }))
    const environments = imported.map(
      (one: { id: string }) => items.find(({ id }: { id: string }) => id === one.id).environment,
    )
    expect(environments).toEqual(['mainnet', 'testnet'])
    const again = await json(importAll())
    expect(again.map((one: { outcome: string }) => one.outcome)).toEqual(['there already', 'there already'])
  })

  test('a folder of another kind is no installation of 2.x', async () => {
    const { code, err } = await daemon.run(['import', '--from', temporaryFolder()])
    expect(code).toBe(1)
    expect(err).toContain('expected the data directory of WAIaaS 2.x')
  })

  test('set-view-password sets and removes the password of who only looks', async () => {
    const files = temporaryFolder()
    mkdirSync(join(files, 'secrets'))
    const file = join(files, 'secrets', 'looking')
    writeFileSync(file, 'a password for looking\n')
    expect(await daemon.run(['set-view-password', '--new-password-file', file])).toMatchObject({ code: 0, err: '' })
    const { out } = await daemon.run(['set-view-password', '--remove', '--json'])
    expect(JSON.parse(out)).toEqual({ isSet: false })
    expect(await daemon.run(['set-view-password', '--remove'])).toMatchObject({ code: 1 })
  })

  test('set-master takes a new password, removes recovery.key, and stop needs the new one', async () => {
    const files = temporaryFolder()
    mkdirSync(join(files, 'secrets'))
    const fileOf = (name: string, text: string) => {
      writeFileSync(join(files, 'secrets', name), `${text}\n`)
      return join(files, 'secrets', name)
    }
    const old = fileOf('old', readFileSync(recoveryKey, 'utf8').trim())
    const fresh = fileOf('fresh', 'correct horse battery')
    expect((await daemon.run(['set-master', '--new-password-file', fresh])).code).toBe(0)
    expect(existsSync(recoveryKey)).toBe(false)
    const refused = await daemon.run(['stop', '--password-file', old])
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('INVALID_MASTER_PASSWORD')
    expect(await daemon.run(['stop', '--password-file', fresh])).toMatchObject({ code: 0, err: '' })
    expect((await daemon.ended).code).toBe(0)
    expect((await daemon.run(['status'])).code).toBe(3)
  })
})

const idOf = ({ id }: { id: string }) => id

describe('the master password', () => {
  test('is asked for twice on a first start at a terminal, and once later, and never shown', async () => {
    const dataDir = temporaryFolder()
    const password = 'a password of my own'
    const first = waiaasAtTerminal(['start', '--data-dir', dataDir])
    await first.saw(/New master password: /)
    first.type(`${password}\r`)
    await first.saw(/Once more: /)
    first.type(`${password}\r`)
    await first.saw(/WAIaaS runs/)
    expect((await waiaas(['stop', '--data-dir', dataDir], { WAIAAS_MASTER_PASSWORD: password })).code).toBe(0)
    expect(await first.ended).toMatchObject({ code: 0, out: expect.not.stringContaining(password) })

    const second = waiaasAtTerminal(['start', '--data-dir', dataDir])
    await second.saw(/Master password: /)
    second.type('another password\r')
    expect(await second.ended).toMatchObject({ code: 1, out: expect.stringContaining('does not open this keystore') })
  })

  test('two different new passwords are refused, and the next start is a first start again', async () => {
    const dataDir = temporaryFolder()
    const terminal = waiaasAtTerminal(['start', '--data-dir', dataDir])
    await terminal.saw(/New master password: /)
    terminal.type('the first password\r')
    await terminal.saw(/Once more: /)
    terminal.type('the second password\r')
    expect(await terminal.ended).toMatchObject({ code: 1, out: expect.stringContaining('the two passwords differ') })
    const again = waiaasAtTerminal(['start', '--data-dir', dataDir])
    await again.saw(/New master password: /)
    again.type('\u0003')
    expect(await again.ended).toMatchObject({ code: 130, out: expect.not.stringContaining('no password was given') })
  })

  test('without terminal and source a start fails with 1 and names the sources', async () => {
    const { code, err } = await waiaas(['start', '--data-dir', temporaryFolder()])
    expect(code).toBe(1)
    expect(err).toContain('set WAIAAS_MASTER_PASSWORD_FILE, or WAIAAS_AUTO_PROVISION=true')
  })

  test('init makes recovery.key, and a start uses it', async () => {
    const dataDir = temporaryFolder()
    expect((await waiaas(['init', '--auto-provision', '--data-dir', dataDir])).code).toBe(0)
    const before = readFileSync(join(dataDir, 'recovery.key'), 'utf8')
    expect((await waiaas(['init', '--auto-provision', '--data-dir', dataDir])).out).toContain('already initialised')
    expect(readFileSync(join(dataDir, 'recovery.key'), 'utf8')).toBe(before)
    const daemon = waiaasAtTerminal(['start', '--data-dir', dataDir], { NO_COLOR: '1', npm_command: 'exec' })
    await daemon.saw(/WAIaaS runs\. Open its page .* which is in \S+recovery\.key:/)
    await daemon.saw(/ {2}(http:\/\/127\.0\.0\.1:\d+)\/\r?\n/)
    await daemon.saw(/there is no wallet yet\r?\n +npx --no waiaas up\r?\n/)
    await daemon.saw(/What happens is told below/)
    expect((await waiaas(['wallet', 'create', '--name', 'shop', '--data-dir', dataDir])).code).toBe(0)
    await daemon.saw(/\d\d:\d\d:\d\d A wallet was made with a fresh key\. Wallet: shop/)
    daemon.type('\u0003')
    const { code, out } = await daemon.ended
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('stopping: what runs is finished') })
    expect(out).not.toContain('WAIAAS_PORT=')
    expect(out).not.toContain('walletId=')
  })

  test('at a terminal too a start writes JSON where the settings say so', async () => {
    const dataDir = temporaryFolder()
    const env = { WAIAAS_AUTO_PROVISION: 'true', WAIAAS_DAEMON_LOG_FORMAT: 'json' }
    const daemon = waiaasAtTerminal(['start', '--data-dir', dataDir], env)
    await daemon.saw(/WAIAAS_PORT=\d+/)
    await daemon.saw(/"msg":"ready"/)
    daemon.type('\u0003')
    const { code, out } = await daemon.ended
    expect({ code, out }).toMatchObject({ code: 0, out: expect.not.stringContaining('stopping:') })
  })
})
