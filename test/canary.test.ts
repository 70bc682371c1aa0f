import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, relative } from 'node:path'
import { defaultSettings, EVENTS, envName, operations, settings, settingText } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, launch, launcher, type Running, temporaryFolder, waiaas } from '../packages/cli/test/run.ts'
import { loadConfig } from '../packages/daemon/src/platform/config.ts'
import { childrenOf } from './support/daemon.ts'
import { type Receivers, startReceivers } from './support/notice-receivers.ts'
import { freshPostgresDatabase } from './support/postgres.ts'
import { startPushService } from './support/push-service.ts'
import { type RpcProxy, startRpcProxy } from './support/rpc-proxy.ts'
import { startSmtp } from './support/smtp-server.ts'
import { until } from './support/until.ts'
import { ETHER, newEvmAddress } from './support/wallets.ts'

/** What must be nowhere but where it was put; by name. */
const secrets = new Map<string, string>()
function canary(name: string, text = `canary${name}${randomBytes(9).toString('hex')}`): string {
  secrets.set(name, text)
  return text
}

/** A secret as it could stand in a text: as it is, in base64, in hex, in a URL, in upper case. */
const forms = (text: string): string[] => {
  const bytes = Buffer.from(text)
  return [
    text,
    text.toUpperCase(),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    encodeURIComponent(text),
  ]
}

/** Names of the secrets that lie in a text or in bytes. */
const found = (where: string | Buffer): string[] =>
  [...secrets].flatMap(([name, text]) => (forms(text).some((form) => where.includes(form)) ? [name] : []))

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesOf(path)
    // The socket for stops holds nothing.
    return entry.isSocket() ? [] : [path]
  })
}

/** A node that refuses every call and quotes the key of its URL in doing so, as some providers do. */
async function startQuotingNode(): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    request.resume()
    const message = `project ${request.url} with ${request.headers.authorization} is over its limit`
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message } }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on TCP, the address has a port.
  return { server, port: (server.address() as AddressInfo).port }
}

type Answer = { status: number; text: string }
type Scene = {
  dataDir: string
  files: string
  url: string
  running: Running
  /** Texts of all answers, but those that hand a token out. */
  answers: string[]
  call(method: string, path: string, options?: { as?: string; body?: unknown; header?: string }): Promise<Answer>
}

const masterPassword = () => secrets.get('MasterPassword')!
const pidsOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(pidsOf)]

async function startWith(env: Record<string, string>, dataDir: string, files: string): Promise<Scene> {
  const running = launch(process.execPath, [launcher, 'start', '--data-dir', dataDir], env)
  const [, port] = await running.saw(/WAIAAS_PORT=(\d+)/)
  await running.saw(/"msg":"ready"/)
  const url = `http://127.0.0.1:${port}`
  const answers: string[] = []
  const call: Scene['call'] = async (method, path, { as, body, header } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(as === undefined ? { 'x-master-password': header ?? masterPassword() } : { authorization: `Bearer ${as}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    answers.push(text)
    return { status: response.status, text }
  }
  return { dataDir, files, url, running, answers, call }
}

function secretFile(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, `${text}\n`, { mode: 0o600 })
  return path
}

/** A database whose password is a canary. */
async function postgresWithCanary(): Promise<{ url: string; admin: string }> {
  const admin = await freshPostgresDatabase()
  const client = new pg.Client({ connectionString: admin })
  await client.connect()
  const role = `canary_${randomBytes(6).toString('hex')}`
  const password = canary('DatabasePassword')
  await client.query(`create role ${role} login password '${password}'`)
  await client.query(`grant all on schema public to ${role}`)
  await client.end()
  const url = new URL(admin)
  url.username = role
  url.password = password
  return { url: url.href, admin }
}

let node: EvmNode
let proxy: RpcProxy
let quoting: Awaited<ReturnType<typeof startQuotingNode>>
let hearing: Receivers
let mail: Awaited<ReturnType<typeof startSmtp>>
let push: Awaited<ReturnType<typeof startPushService>>

beforeAll(async () => {
  node = await startEvm()
  quoting = await startQuotingNode()
  mail = await startSmtp()
})
afterAll(async () => {
  cleanUp()
  await proxy?.stop()
  await node.stop()
  await hearing?.stop()
  await push?.stop()
  await mail.stop()
  quoting.server.close()
})

describe.each(['sqlite', 'postgres'])('a daemon over %s that was told every kind of secret', (engine) => {
  let scene: Scene
  let admin: string | undefined
  let told: string

  beforeAll(async () => {
    secrets.clear()
    const dataDir = temporaryFolder()
    const files = temporaryFolder()
    canary('MasterPassword')
    await proxy?.stop()
    await hearing?.stop()
    hearing = await startReceivers()
    await push?.stop()
    push = await startPushService(Date.now)
    mail.mails.length = 0
    proxy = await startRpcProxy(node.url, `/v2/${canary('RpcPath')}`)
    const database = engine === 'postgres' ? await postgresWithCanary() : undefined
    admin = database?.admin
    const at = `127.0.0.1:${quoting.port}`
    const added = [
      {
        id: 'quoting',
        chainId: 424_242,
        environment: 'testnet',
        rpc: [`http://${canary('RpcUser')}:${canary('RpcPassword')}@${at}/${canary('AddedPath')}`],
        symbol: 'QQQ',
      },
    ]
    const toml = `[rpc_pool]\nethereum-sepolia = ["http://${at}/v3/${canary('PoolPath')}?key=${canary('PoolQuery')}"]\n`
    writeFileSync(join(dataDir, 'config.toml'), toml, { mode: 0o600 })
    const env: Record<string, string> = {
      WAIAAS_MASTER_PASSWORD_FILE: secretFile(files, 'master', masterPassword()),
      WAIAAS_RPC_EVM_LOCAL_EVM_FILE: secretFile(files, 'rpc', proxy.url),
      WAIAAS_NETWORKS_EVM_FILE: secretFile(files, 'networks', JSON.stringify(added)),
      WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}',
      WAIAAS_DAEMON_LOG_LEVEL: 'trace',
      ...(database && { WAIAAS_DATABASE_URL_FILE: secretFile(files, 'database', database.url) }),
    }
    scene = await startWith(env, dataDir, files)
    told = await exercise(scene)
  })

  test('has done what a daemon does, and failed in the ways it can', () => {
    expect(told).toContain('CONFIRMED')
  })

  test('shows none of them in an answer', () => {
    expect(scene.answers.flatMap((text) => found(text).map((name) => `${name} in ${text.slice(0, 300)}`))).toEqual([])
  })

  test('writes none of them to its log', async () => {
    const { input } = await scene.running.saw(/[\s\S]*/)
    expect(input).toContain('"msg":"ready"')
    expect(input.split('\n').filter((line) => found(line).length > 0)).toEqual([])
  })

  test('tells none of them on any channel', async () => {
    const ways = ['telegram', 'discord', 'slack', 'ntfy', 'hook']
    // The first, and the last that is done.
    for (const way of ways)
      await until(`${way} to hear of it`, () => {
        const texts = hearing.by(way).map(({ text }) => text)
        const last = ['WALLET_IMPORTED|with a key from', 'TX_CONFIRMED|has succeeded', 'BACKUP_CREATED|A backup was']
        return last.every((words) => texts.some((text) => new RegExp(words).test(text)))
      })
    await until('e-mail to tell of it', () => mail.mails.length > 0)
    await until('the browser to show it', () => push.shown.some(({ title }) => title.includes('has succeeded')))
    // The topic is the address, which ntfy takes in the body.
    const heard = hearing.heard.map(({ text, body: { topic: _, ...body } }) => ({ text, body }))
    for (const each of [...heard, ...mail.mails, ...push.shown]) expect(found(JSON.stringify(each))).toEqual([])
  })

  test('has none of them in the environment or command line of any of its processes', () => {
    const pids = pidsOf(scene.running.child.pid!)
    expect(pids.length).toBeGreaterThanOrEqual(2)
    for (const pid of pids)
      for (const name of ['environ', 'cmdline'])
        expect({ pid, name, found: found(readFileSync(`/proc/${pid}/${name}`)) }).toEqual({ pid, name, found: [] })
  })

  test('keeps none of them in its files but a token where an agent reads it', async () => {
    const belongs: Record<string, string[]> = {
      'mcp-token': ['McpToken'],
      // Where the operator wrote them.
      'config.toml': ['PoolPath', 'PoolQuery'],
    }
    const paths = filesOf(scene.dataDir)
    expect(paths.some((path) => path.endsWith('.waiaas-backup'))).toBe(true)
    for (const path of paths) {
      const name = relative(scene.dataDir, path)
      const key = name.startsWith('mcp-tokens/') ? 'mcp-token' : name
      // Exactly those: that they are found here shows that they would be found elsewhere.
      expect({ name, found: found(readFileSync(path)) }).toEqual({ name, found: belongs[key] ?? [] })
      expect({ name, mode: statSync(path).mode & 0o077 }).toEqual({ name, mode: 0 })
    }
  })

  test('keeps none of them in a row of its database', async () => {
    if (admin === undefined) return expect(engine).toBe('sqlite')
    const client = new pg.Client({ connectionString: admin })
    await client.connect()
    const { rows } = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    )
    expect(rows.length).toBeGreaterThan(20)
    for (const { name } of rows) {
      const table = await client.query(`select * from ${name}`)
      expect({ name, found: found(JSON.stringify(table.rows)) }).toEqual({ name, found: [] })
    }
    await client.end()
  })
})

/** Uses every secret in ways that work and in ways that do not; what the transactions came to. */
async function exercise(scene: Scene): Promise<string> {
  const { call } = scene
  const operator = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    JSON.parse((await call(method, path, { body })).text) as T
  const hidden = async <T>(path: string, body: unknown, name: string): Promise<T> => {
    const answer = await operator<T & { token?: string; session?: { token: string } }>('POST', path, body)
    // The one place where a token is shown.
    scene.answers.pop()
    canary(name, answer.token ?? answer.session!.token)
    return answer
  }
  await toldEverywhere(scene, operator)
  const key = canary('PrivateKey', randomBytes(32).toString('hex'))
  const phrase = canary('Mnemonic', 'legal winner thank year wave sausage worth useful legal winner thank yellow')
  const wallet = await operator<{ id: string; publicKey: string }>('POST', '/v1/wallets/import', {
    name: 'imported',
    chain: 'ethereum',
    format: 'private-key',
    secret: `0x${key}`,
  })
  expect(wallet.id).toBeDefined()
  await operator('POST', '/v1/wallets/import', { name: 'm', chain: 'ethereum', format: 'mnemonic', secret: phrase })
  await hidden('/v1/wallets', { name: 'made', chain: 'solana' }, 'WalletToken')
  await hidden('/v1/sessions', { walletId: wallet.id }, 'SessionToken')
  const { tokenPath } = await operator<{ tokenPath: string }>('POST', '/v1/mcp/tokens', { walletId: wallet.id })
  canary('McpToken', readFileSync(tokenPath, 'utf8').trim())
  await operator('PUT', '/v1/admin/settings', {
    settings: [
      { key: 'rpc.solana_devnet', value: `http://127.0.0.1:${quoting.port}/?api-key=${canary('RuntimeRpc')}` },
    ],
  })
  await node.fund(wallet.publicKey, 10n * ETHER)
  const token = secrets.get('SessionToken')!
  const send = (body: object) => call('POST', '/v1/transactions/send', { as: token, body })
  const transfer = { type: 'TRANSFER', to: newEvmAddress(), amount: '1000000000000000', network: 'local-evm' }
  const { id } = JSON.parse((await send(transfer)).text) as { id: string }
  const status = await until('the transfer to land', async () => {
    const { text } = await call('GET', `/v1/transactions/${id}`, { as: token })
    return text.includes('"CONFIRMED"') && 'CONFIRMED'
  })
  await fail(scene, { key, phrase, token, send, transfer })
  await operator('POST', '/v1/admin/backup')
  await readAll(scene)
  const listed = await waiaas(['backup', 'list', '--data-dir', scene.dataDir])
  scene.answers.push(listed.out, listed.err)
  return status
}

/** All that happens is told on every channel there is, whose addresses are secrets too. */
async function toldEverywhere(
  { answers }: Scene,
  operator: <T>(method: string, path: string, body?: unknown) => Promise<T>,
): Promise<void> {
  canary('MailPassword', 'canary-mail-password')
  const { url, host } = hearing
  const values = {
    'webhooks.allowed_hosts': `${host},${mail.host},${push.host}`,
    'notifications.notify_events': JSON.stringify(EVENTS),
    'notifications.rate_limit_rpm': '60',
    'telegram.api_root': `${url}/telegram`,
    'notifications.telegram_bot_token': `123456:${canary('NoticeTelegram')}`,
    'notifications.telegram_chat_id': '-100123',
    'notifications.discord_webhook_url': `${url}/discord/api/webhooks/1234/${canary('NoticeDiscord')}`,
    'notifications.slack_webhook_url': `${url}/slack/services/T0/B0/${canary('NoticeSlack')}`,
    'notifications.ntfy_url': `${url}/${canary('NoticeNtfy')}`,
    'notifications.ntfy_token': 'tk_stand_in',
    'notifications.email_smtp_url': mail.url,
    'notifications.email_from': 'wallet@example.com',
    'notifications.email_to': 'me@example.com',
  }
  const settings = Object.entries(values).map(([key, value]) => ({ key, value }))
  expect(await operator('PUT', '/v1/admin/settings', { settings })).toMatchObject({ updated: settings.length })
  canary('PushEndpoint', 'canary-endpoint')
  canary('PushAuth', push.subscription.auth)
  const browser = { name: 'phone', ...push.subscription }
  expect(await operator('POST', '/v1/admin/notifications/push', browser)).toHaveProperty('id')
  const { secret } = await operator<{ secret: string }>('POST', '/v1/webhooks', {
    url: `${hearing.hook}/${canary('NoticeHook')}`,
  })
  // The one place where it is shown.
  answers.pop()
  hearing.expect(canary('WebhookSecret', secret))
}

type Failing = {
  key: string
  phrase: string
  token: string
  send: (body: object) => Promise<Answer>
  transfer: object
}

/** Wrong requests with secrets in every part of them, and nodes that refuse, quote, and go away. */
async function fail(scene: Scene, { key, phrase, token, send, transfer }: Failing): Promise<void> {
  const call: Scene['call'] = async (...request) => {
    const answer = await scene.call(...request)
    expect({ request: request.slice(0, 2), refused: answer.status >= 400 }).toMatchObject({ refused: true })
    return answer
  }
  const imported = (more: object) =>
    call('POST', '/v1/wallets/import', { body: { name: 'x', chain: 'ethereum', format: 'private-key', ...more } })
  await imported({ secret: `${key}zz` })
  await imported({ secret: `0x${key}` })
  await imported({ secret: phrase })
  await imported({ secret: key, chain: 'nowhere' })
  await imported({ secret: { text: key } })
  await imported({ format: 'mnemonic', secret: `${phrase} again` })
  await call('POST', '/v1/wallets/import', { body: `{"secret":"${key}",` })
  await call('GET', '/v1/wallets', { header: canary('WrongPassword') })
  await call('GET', '/v1/wallets', { header: `${masterPassword()}x` })
  await call('GET', '/v1/wallets', { as: `${token}x` })
  await call('PUT', '/v1/admin/master-password', { body: { newPassword: canary('Short', 'sh0rt-c') } })
  const bad = { key: 'rpc.solana_devnet', value: `ftp://x/${secrets.get('RuntimeRpc')}` }
  await call('PUT', '/v1/admin/settings', { body: { settings: [bad] } })
  await call('PUT', '/v1/admin/settings', { body: { settings: [{ key: 'rpc_pool.solana-devnet', value: bad.value }] } })
  await call('PUT', '/v1/admin/settings', { body: { settings: [{ key: 'database.url', value: bad.value }] } })
  await send({ ...transfer, network: 'quoting' })
  await send({ ...transfer, network: 'ethereum-sepolia' })
  await send({ ...transfer, amount: '999000000000000000000' })
  await call('GET', '/v1/wallet/balance?network=quoting', { as: token })
  await call('GET', '/v1/wallet/balance?network=ethereum-sepolia', { as: token })
  await scene.call('GET', '/v1/wallet/balance?network=all', { as: token })
  proxy.mode = 'away'
  await send(transfer)
  // From what was known before, perhaps.
  await scene.call('GET', '/v1/wallet/balance?network=local-evm', { as: token })
  await scene.call('GET', '/health/ready')
  proxy.mode = 'pass'
}

/** Every operation that only reads and needs no more than a name. */
async function readAll({ call }: Scene): Promise<void> {
  const reads = Object.values(operations).filter(({ method, path }) => method === 'GET' && !path.includes('{'))
  const token = secrets.get('SessionToken')!
  for (const { path, access } of reads) {
    if (access !== 'public' && (access as readonly string[]).includes('agent')) await call('GET', path, { as: token })
    await call('GET', path)
  }
  await call('GET', '/doc')
}

describe('the _FILE form', () => {
  const keys = Object.keys(settings)
  const text = (key: string) =>
    settingText((defaultSettings() as Record<string, unknown>)[key]) || 'https://x.test/path'
  const samples: Readonly<Record<string, string>> = {
    'database.url': 'postgres://u:p@127.0.0.1/d',
    'notifications.email_smtp_url': 'smtps://u:p@mail.test',
    'notifications.email_from': 'a@mail.test',
    'notifications.email_to': 'b@mail.test',
    'notifications.quiet_hours': '22:00-07:00',
  }
  const sampleOf = (key: string) => samples[key] ?? text(key)

  test.each(keys)('of %s is read; both forms at once, or a file that is not there, stop the start', async (key) => {
    const dataDir = temporaryFolder()
    const name = envName(key)
    const file = secretFile(dataDir, 'value', sampleOf(key))
    const load = (env: Record<string, string>) => loadConfig({ dataDir, env })
    const [direct, fromFile] = [await load({ [name]: sampleOf(key) }), await load({ [`${name}_FILE`]: file })]
    expect(fromFile.settings).toEqual(direct.settings)
    expect(fromFile.warnings).toEqual([])
    const both = load({ [name]: sampleOf(key), [`${name}_FILE`]: file })
    await expect(both).rejects.toThrow(`${name}_FILE and ${name}: expected one of them, got both`)
    await expect(load({ [`${name}_FILE`]: `${file}.no` })).rejects.toThrow(
      `${name}_FILE: expected a readable file, got ENOENT`,
    )
    mkdirSync(join(dataDir, 'folder'))
    await expect(load({ [`${name}_FILE`]: join(dataDir, 'folder') })).rejects.toThrow(
      'is a folder where a file is expected',
    )
  })

  test.each([
    ['database.url', 'postgres://u:canary-secret@127.0.0.1/d'],
    ['rpc.evm_ethereum_mainnet', 'https://x.test/v3/canary-secret'],
    ['rpc_pool.ethereum-mainnet', '["https://canary-secret@x.test/"]'],
    [
      'networks.evm',
      '[{"id":"own","chainId":987,"environment":"testnet","rpc":["https://x.test/canary-secret"],"symbol":"X"}]',
    ],
  ])('of %s is warned about when others may read it, and so is the plain form', async (key, value) => {
    const dataDir = temporaryFolder()
    const file = secretFile(dataDir, 'value', value)
    chmodSync(file, 0o644)
    const open = await loadConfig({ dataDir, env: { [`${envName(key)}_FILE`]: file } })
    expect(open.warnings).toEqual([`${envName(key)}_FILE: others may read the secret in ${file}: chmod 600 it`])
    const plain = await loadConfig({ dataDir, env: { [envName(key)]: value } })
    expect(plain.warnings).toEqual([expect.stringContaining(`use ${envName(key)}_FILE`)])
    expect(JSON.stringify([open.warnings, plain.warnings])).not.toContain('canary-secret')
  })

  test.each([
    ['both forms', { WAIAAS_MASTER_PASSWORD: 'a canary password' }, 'expected one of them, got both'],
    ['no such file', { WAIAAS_MASTER_PASSWORD_FILE: '/nowhere/master' }, 'expected a readable file, got ENOENT'],
  ])('of the master password stops the start with %s', async (_what, env, message) => {
    const dataDir = temporaryFolder()
    const file = secretFile(dataDir, 'master', 'a canary password')
    const ended = await waiaas(['start', '--data-dir', dataDir], { WAIAAS_MASTER_PASSWORD_FILE: file, ...env })
    expect(ended.code).toBe(1)
    expect(ended.err).toContain(message)
    expect(ended.err + ended.out).not.toContain('canary')
  })

  test('of the master password is warned about when others may read it, in the log and in the health', async () => {
    const dataDir = temporaryFolder()
    const file = secretFile(dataDir, 'master', 'a canary password')
    chmodSync(file, 0o644)
    const running = launch(process.execPath, [launcher, 'start', '--data-dir', dataDir], {
      WAIAAS_MASTER_PASSWORD_FILE: file,
    })
    const [, port] = await running.saw(/WAIAAS_PORT=(\d+)/)
    await running.saw(/others may read the secret in/)
    const health = await (await fetch(`http://127.0.0.1:${port}/health`)).text()
    expect(health).toContain('others may read the secret in')
  })
})
