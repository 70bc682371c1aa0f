import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, temporaryFolder, waiaas } from '../packages/cli/test/run.ts'
import { restoreBackup, startDaemon, verifyAudit } from '../packages/daemon/src/index.ts'
import { migrations } from '../packages/daemon/src/migrations/all.ts'
import { MASTER_PASSWORD, startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { RESTORE_POINTS } from './support/kill-points.ts'
import { freshPostgresDatabase } from './support/postgres.ts'
import { unsignedPayment } from './support/unsigned.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { countedUsd, type EvmWorld, evmWorld, solanaWorld } from './support/worlds.ts'

const LIMIT = {
  instant_max_usd: 300,
  notify_max_usd: 300,
  delay_max_usd: 400,
  delay_seconds: 3600,
  daily_limit_usd: 1_000,
}
/** 1 ETH is 2,000 USD. */
const MILLI = 10n ** 15n
const password = { WAIAAS_MASTER_PASSWORD: MASTER_PASSWORD }
type Env = Record<string, string>
let world: EvmWorld
const daemons: TestDaemon[] = []

beforeAll(async () => {
  world = await evmWorld()
})
afterEach(async () => {
  world.proxy.mode = 'pass'
  for (const daemon of daemons.splice(0)) await daemon.stop()
  cleanUp()
})
afterAll(() => world.stop())

async function start(env: Env): Promise<TestDaemon> {
  const daemon = await startTestDaemon({ env: { ...world.env, ...env }, process: true })
  daemons.push(daemon)
  return daemon
}

const settingsFor = async (engine: string): Promise<Env> =>
  engine === 'postgres' ? { WAIAAS_DATABASE_URL: await freshPostgresDatabase() } : {}

type Sent = { id: string; status: string; code?: string }
async function send(daemon: TestDaemon, wallet: TestWallet, amount: bigint, key = `${Math.random()}`) {
  const to = world.newAddress()
  const { status, body } = await daemon.call<Sent>('POST', '/v1/transactions/send', {
    as: wallet.token,
    headers: { 'idempotency-key': key },
    body: { type: 'TRANSFER', to, amount: String(amount), network: world.network },
  })
  return { ...body, http: status, to }
}
const statusOf = async (daemon: TestDaemon, { id }: { id: string }) =>
  (await daemon.operator.getTransaction({ id })).status
const confirmed = (daemon: TestDaemon, sent: { id: string }) =>
  until('CONFIRMED', async () => (await statusOf(daemon, sent)) === 'CONFIRMED')

describe.each(['sqlite', 'postgres'])('a restored daemon over %s', (engine) => {
  test('ends its sessions, keeps budgets, and takes up nothing that waited', async () => {
    const env = await settingsFor(engine)
    const daemon = await start(env)
    const wallet = await world.wallet(daemon, { limit: LIMIT })
    const paid = await send(daemon, wallet, 100n * MILLI, 'paid')
    await confirmed(daemon, paid)
    await world.finalise()
    const delayed = await send(daemon, wallet, 175n * MILLI)
    const approval = await send(daemon, wallet, 210n * MILLI)
    expect([delayed.status, approval.status]).toEqual(['QUEUED', 'QUEUED'])
    const [revoked, later] = [
      await daemon.operator.createSession({ walletId: wallet.id }),
      await daemon.operator.createSession({ walletId: wallet.id }),
    ]
    await daemon.operator.revokeSession({ id: revoked.id })
    const epoch = await epochOf(daemon, env)

    const made = await waiaas(['backup', 'create', '--json', '--data-dir', daemon.dataDir], password)
    expect(made).toMatchObject({ code: 0, err: '' })
    const backup = JSON.parse(made.out)
    expect(backup).toMatchObject({
      size: statSync(backup.path).size,
      schema_version: migrations.at(-1)!.id,
      file_count: 1,
    })
    await daemon.operator.revokeSession({ id: later.id })
    for (const amount of [MILLI, MILLI]) await confirmed(daemon, await send(daemon, wallet, amount))

    const restore = ['restore', backup.path, '--data-dir', daemon.dataDir]
    expect((await waiaas([...restore, '--force'], { ...password, ...env })).err).toContain('another daemon is running')
    await daemon.kill()
    expect((await waiaas(restore, { ...password, ...env })).err).toContain('--force')
    const restored = await waiaas([...restore, '--force', '--json'], { ...password, ...env })
    expect(restored, restored.err).toMatchObject({ code: 0 })
    expect(JSON.parse(restored.out)).toMatchObject({ cancelled: 2, suspended: 1, revoked: 2, isAuditWhole: true })
    await daemon.restart()

    for (const { token } of [revoked, later, wallet])
      expect((await daemon.call('GET', '/v1/wallets', { as: token })).status).toBe(401)
    const { token } = await daemon.operator.createSession({ walletId: wallet.id })
    const anew = { ...wallet, token }
    expect([await statusOf(daemon, paid), await statusOf(daemon, delayed), await statusOf(daemon, approval)]).toEqual([
      'CONFIRMED',
      'CANCELLED',
      'CANCELLED',
    ])
    expect(await daemon.operator.getWallet({ id: wallet.id })).toMatchObject({
      status: 'SUSPENDED',
      suspensionReason: 'restored from a backup',
    })
    expect(await send(daemon, anew, MILLI)).toMatchObject({ http: 409, code: 'WALLET_SUSPENDED' })
    expect(await epochOf(daemon, env)).toBe(epoch + 1)
    const { data } = await daemon.operator.listAuditLogs({ event_type: 'BACKUP_RESTORED' })
    expect(data).toMatchObject([{ severity: 'critical', details: { createdAt: backup.created_at, cancelled: 2 } }])
    const { publicKey } = await daemon.operator.getAuditCheckpoint()
    expect(await verifyAudit({ dataDir: daemon.dataDir, env, publicKey })).toMatchObject({ whole: true, publicKey })

    await daemon.operator.resumeWallet({ id: wallet.id })
    const counted = await countedUsd(daemon, world, anew)
    expect(counted).toBeGreaterThanOrEqual(200_000_000n)
    expect(counted).toBeLessThan(201_000_000n)
    // What was paid after the backup is not known, so that the day counts as full.
    expect(await send(daemon, anew, MILLI)).toMatchObject({
      http: 403,
      details: { reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED', message: expect.stringContaining('restored') }] },
    })
    await daemon.operator.confirmSpends({ id: wallet.id })
    expect(await send(daemon, anew, 450n * MILLI)).toMatchObject({ http: 403, code: 'POLICY_DENIED' })
    // Its nonce is beyond those of the two transfers that the backup does not know.
    const next = await send(daemon, anew, MILLI)
    await confirmed(daemon, next)
    expect(await Promise.all([paid, next].map(({ to }) => world.balance(to)))).toEqual([100n * MILLI, MILLI])
  })

  test('sends nothing until its wallet is resumed, and then the very bytes that were signed before, which land once', async () => {
    const env = await settingsFor(engine)
    const daemon = await start(env)
    const wallet = await world.wallet(daemon, { limit: LIMIT })
    await confirmed(daemon, await send(daemon, wallet, MILLI))
    world.proxy.mode = 'lose-bytes'
    const known = world.proxy.first().length
    const lost = await send(daemon, wallet, 2n * MILLI)
    await until('SUBMITTED', async () => (await statusOf(daemon, lost)) === 'SUBMITTED')
    const counted = await countedUsd(daemon, world, wallet)
    const { path } = await daemon.operator.createBackup()
    await daemon.kill()
    world.proxy.mode = 'pass'
    await restoreBackup({
      file: path,
      dataDir: daemon.dataDir,
      env,
      masterPassword: MASTER_PASSWORD,
      force: true,
    })
    const [sends, reads] = [world.proxy.sends.length, world.proxy.reads.count]
    await daemon.restart()
    await until('the chain to be asked', () => world.proxy.reads.count > reads + 10)
    expect(world.proxy.sends.length).toBe(sends)
    expect(await statusOf(daemon, lost)).toBe('SUBMITTED')
    world.proxy.mode = 'lose-bytes'
    await daemon.operator.resumeWallet({ id: wallet.id })
    // What is open and what is spent was counted anew at the start, and is what it was.
    await daemon.operator.confirmSpends({ id: wallet.id })
    const anew = { ...wallet, token: (await daemon.operator.createSession({ walletId: wallet.id })).token }
    expect(await countedUsd(daemon, world, anew)).toBe(counted)
    expect((await daemon.operator.listAuditLogs({ event_type: 'LEDGER_RECOUNTED' })).data).toEqual([])
    world.proxy.mode = 'pass'
    await confirmed(daemon, lost)
    expect(world.proxy.first().length - known).toBe(1)
    expect(await world.balance(lost.to)).toBe(2n * MILLI)
  })

  test('watches and counts what it gave out to be sent, and gives none of it again', async () => {
    const env = await settingsFor(engine)
    const daemon = await start(env)
    const wallet = await world.wallet(daemon, { limit: LIMIT })
    const to = world.newAddress()
    const transaction = await unsignedPayment(world, { to, value: 100n * MILLI })
    const sign = (token: string) =>
      daemon.call<{ id: string; signedTransaction: string; code: string }>('POST', '/v1/transactions/sign', {
        as: token,
        headers: { 'idempotency-key': 'given' },
        body: { transaction, network: world.network },
      })
    const given = (await sign(wallet.token)).body
    const { path: file } = await daemon.operator.createBackup()
    await daemon.kill()
    await restoreBackup({ file, dataDir: daemon.dataDir, env, masterPassword: MASTER_PASSWORD, force: true })
    await daemon.restart()
    expect(await daemon.operator.getTransaction({ id: given.id })).toMatchObject({ status: 'SIGNED' })
    expect((await sign(wallet.token)).status).toBe(401)
    await daemon.operator.resumeWallet({ id: wallet.id })
    await daemon.operator.confirmSpends({ id: wallet.id })
    const anew = { ...wallet, token: (await daemon.operator.createSession({ walletId: wallet.id })).token }
    expect((await sign(anew.token)).body).toMatchObject({ code: 'INVALID_TRANSACTION' })
    expect(await countedUsd(daemon, world, anew)).toBeGreaterThanOrEqual(200_000_000n)
    const behind = await send(daemon, anew, MILLI)
    await until('it to wait for what was given out', async () => {
      const { waitReason } = await daemon.operator.getTransaction({ id: behind.id })
      return waitReason?.includes(given.id)
    })
    await world.node.rpc('eth_sendRawTransaction', [given.signedTransaction])
    await confirmed(daemon, given)
    await confirmed(daemon, behind)
    expect(await world.balance(to)).toBe(100n * MILLI)
    const counted = await countedUsd(daemon, world, anew)
    expect(counted).toBeGreaterThanOrEqual(202_000_000n)
    expect(counted).toBeLessThan(203_000_000n)
  })

  test('opens on another machine with the file and the password alone, over either database', async () => {
    const daemon = await start(await settingsFor(engine))
    const config = '[security]\nmax_sessions_per_wallet = 3\n'
    writeFileSync(join(daemon.dataDir, 'config.toml'), config, { mode: 0o600 })
    const wallet = await daemon.operator.createWallet({ name: 'carried', chain: 'solana' })
    await daemon.operator.updateSettings({ settings: [{ key: 'rpc.solana_mainnet', value: 'https://x.test/?key=k1' }] })
    const key = await exported(daemon.url, wallet.id)
    const file = join(temporaryFolder(), 'carried.waiaas-backup')
    const made = await waiaas(['backup', 'create', '--output', file, '--data-dir', daemon.dataDir], password)
    expect(made, made.err).toMatchObject({ code: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await daemon.kill()

    for (const target of ['sqlite', 'postgres']) {
      const env = await settingsFor(target)
      const dataDir = join(temporaryFolder(), 'new')
      const done = await restoreBackup({ file, dataDir, env, masterPassword: MASTER_PASSWORD })
      expect(done).toMatchObject({ database: target, movedAside: [], suspended: 1 })
      expect(readFileSync(join(dataDir, 'config.toml'), 'utf8')).toBe(config)
      expect(readdirSync(dataDir).filter((name) => !/^(data|config\.toml|daemon\.lock)$/.test(name))).toEqual([])
      const started = await startDaemon({ dataDir, env: { ...CHEAP, ...env }, masterPassword: MASTER_PASSWORD })
      expect(await exported(started.url, wallet.id)).toBe(key)
      const settings = await operatorCall(started.url, 'GET', '/v1/admin/settings')
      expect(settings).toMatchObject({ rpc: { solana_mainnet: 'https://x.test/…' } })
      await started.stop()
    }
  })
})

const CHEAP = { WAIAAS_DAEMON_PORT: '0', WAIAAS_DAEMON_LOG_LEVEL: 'warn' }

async function operatorCall(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const headers = { 'x-master-password': MASTER_PASSWORD, 'content-type': 'application/json' }
  const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  expect(answer.status, path).toBe(200)
  return answer.json()
}

/** The key of a wallet, with which the restored one can be compared. */
async function exported(url: string, id: string): Promise<string> {
  const body = { format: 'private-key', masterPassword: MASTER_PASSWORD }
  const answer = await operatorCall(url, 'POST', `/v1/wallets/${id}/export`, body)
  return JSON.stringify(answer)
}

describe('a backup', () => {
  test('that is made while payments run is one moment of the books: every counter fits its spends', async () => {
    const daemon = await start(await settingsFor('postgres'))
    const wallet = await world.wallet(daemon, { limit: LIMIT })
    const sending = Promise.all(Array.from({ length: 60 }, () => send(daemon, wallet, MILLI / 100n)))
    const files: string[] = []
    for (let i = 0; i < 4; i += 1) files.push((await daemon.operator.createBackup()).path)
    await sending
    files.push((await daemon.operator.createBackup()).path)
    for (const file of files) {
      const dataDir = temporaryFolder()
      const done = await restoreBackup({ file, dataDir, env: {}, masterPassword: MASTER_PASSWORD })
      expect(done.isAuditWhole).toBe(true)
      const db = new Sqlite(join(dataDir, 'data', 'waiaas.db'), { readonly: true })
      const all = <T>(sql: string) => db.prepare<[], T>(sql).all()
      const open = all<{ usd: string }>("select usd from spends where state in ('reserved', 'out')")
      const counter = all<{ open: string }>(
        `select open from spend_counters where scope = 'wallet:${wallet.id}' and unit = 'usd'`,
      )
      expect(BigInt(counter[0]?.open ?? 0)).toBe(open.reduce((sum, { usd }) => sum + BigInt(usd), 0n))
      const spends = all<{ count: number }>('select count(*) as count from spends')
      const accepted = all<{ count: number }>('select count(*) as count from transactions where tier is not null')
      expect(spends).toEqual(accepted)
      db.close()
    }
  })

  test('is private, listed, inspected without a password, and the oldest go beyond the number that is kept', async () => {
    const daemon = await start({ WAIAAS_BACKUP_RETENTION_COUNT: '2', WAIAAS_BACKUP_DIR: 'elsewhere' })
    const made = []
    for (let i = 0; i < 3; i += 1) made.push(await daemon.operator.createBackup())
    expect(made[0]!.filename).toMatch(/^backup-\d{8}-\d{9}\.waiaas-backup$/)
    const listed = await daemon.operator.listBackups()
    expect(listed).toEqual({ backups: [made[2], made[1]], total: 2, retention_count: 2 })
    const folder = join(daemon.dataDir, 'elsewhere')
    expect([statSync(folder).mode & 0o777, statSync(made[2]!.path).mode & 0o777]).toEqual([0o700, 0o600])
    expect(readdirSync(folder).sort()).toEqual([made[1]!.filename, made[2]!.filename])
    const { data } = await daemon.operator.listAuditLogs({ event_type: 'BACKUP_CREATED' })
    expect(data.map(({ details }) => details.deleted)).toEqual([[made[0]!.filename], [], []])

    writeFileSync(join(folder, 'no.waiaas-backup'), 'nothing')
    const list = await waiaas(['backup', 'list', '--data-dir', daemon.dataDir], { WAIAAS_BACKUP_DIR: 'elsewhere' })
    expect(list).toMatchObject({ code: 0, out: expect.stringContaining(made[2]!.path) })
    expect(list.err).toContain('no.waiaas-backup: this is no backup of WAIaaS')
    const inspect = await waiaas(['backup', 'inspect', made[2]!.path, '--json'])
    expect(JSON.parse(inspect.out)).toEqual({ ...made[2], engine: 'sqlite', contents: ['database'] })
  })

  test('has nothing of what it keeps in its plain part but the wrapped root key', async () => {
    const daemon = await start({})
    const wallet = await daemon.operator.createWallet({ name: 'a name to be found', chain: 'ethereum' })
    const { path } = await daemon.operator.createBackup()
    const bytes = readFileSync(path)
    for (const text of ['a name to be found', wallet.id, wallet.publicKey, 'create table', 'wallet_keys'])
      expect(bytes.includes(text), text).toBe(false)
    const plain = JSON.parse(bytes.subarray(48, 48 + bytes.readUInt32BE(12)).toString())
    expect(Object.keys(plain)).toEqual([
      'created_at',
      'daemon_version',
      'schema_version',
      'engine',
      'contents',
      'keyring',
    ])
  })

  test('opens with the password of its time, also after that was changed', async () => {
    const daemon = await start({})
    const { path } = await daemon.operator.createBackup()
    await daemon.operator.changeMasterPassword({ newPassword: 'another master password' })
    const dataDir = temporaryFolder()
    const opened = (masterPassword: string) => restoreBackup({ file: path, dataDir, env: {}, masterPassword })
    await expect(opened('another master password')).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    expect((await opened(MASTER_PASSWORD)).rows).toBeGreaterThan(0)
  })
})

describe('a restore', () => {
  test('does not sign a Solana transfer anew that expired meanwhile', async () => {
    const solana = await solanaWorld()
    try {
      const daemon = await startTestDaemon({ env: solana.env, process: true })
      daemons.push(daemon)
      const wallet = await solana.wallet(daemon, { limit: LIMIT })
      solana.proxy.mode = 'lose-bytes'
      const to = solana.newAddress()
      const body = { type: 'TRANSFER', to, amount: '1000000', network: solana.network }
      const sent = await daemon.call<Sent>('POST', '/v1/transactions/send', { as: wallet.token, body })
      await until('SUBMITTED', async () => (await statusOf(daemon, sent.body)) === 'SUBMITTED')
      const { path: file } = await daemon.operator.createBackup()
      await daemon.kill()
      solana.proxy.mode = 'pass'
      await restoreBackup({ file, dataDir: daemon.dataDir, env: {}, masterPassword: MASTER_PASSWORD, force: true })
      solana.node.advance(400)
      await daemon.restart()
      await until('FAILED', async () => (await statusOf(daemon, sent.body)) === 'FAILED')
      await daemon.operator.resumeWallet({ id: wallet.id })
      expect(await daemon.operator.getTransaction({ id: sent.body.id })).toMatchObject({ status: 'FAILED' })
      expect(solana.proxy.first()).toHaveLength(1)
      expect(await solana.balance(to)).toBe(0n)
    } finally {
      await solana.stop()
    }
  })

  test('moves everything aside that it replaces, a recovery key of another password too', async () => {
    const daemon = await start({})
    const { path } = await daemon.operator.createBackup()
    const dataDir = temporaryFolder()
    mkdirSync(join(dataDir, 'data'))
    const before = { 'config.toml': 'old', 'recovery.key': 'old key', 'data/waiaas.db': 'old rows', 'mcp-token': 't' }
    for (const [name, text] of Object.entries(before)) writeFileSync(join(dataDir, name), text)
    const restore = { file: path, dataDir, env: {}, masterPassword: MASTER_PASSWORD }
    await expect(restoreBackup(restore)).rejects.toMatchObject({ name: 'RestoreError' })
    const { movedAside } = await restoreBackup({ ...restore, force: true })
    expect(movedAside.map((moved) => readFileSync(moved, 'utf8')).sort()).toEqual(['old', 'old key', 'old rows'])
    expect(movedAside.every((moved) => /\.bak-\d{17}$/.test(moved))).toBe(true)
    expect(['config.toml', 'recovery.key', 'mcp-token'].map((name) => existsSync(join(dataDir, name)))).toEqual([
      false,
      false,
      true,
    ])
  })

  test('is refused while a daemon uses the Postgres database, from whatever directory', async () => {
    const env = await settingsFor('postgres')
    const daemon = await start(env)
    const { path } = await daemon.operator.createBackup()
    const restore = { file: path, dataDir: temporaryFolder(), env, masterPassword: MASTER_PASSWORD, force: true }
    await expect(restoreBackup(restore)).rejects.toMatchObject({ name: 'DatabaseInUse' })
    await daemon.kill()
    const { movedAside } = await until('its connections to end', () => restoreBackup(restore).catch(() => undefined))
    expect(movedAside).toEqual([expect.stringMatching(/^schema waiaas_bak_\d{17}$/)])
  })

  const points = RESTORE_POINTS.flatMap(({ step, when }) => when.map((each) => `${step}, ${each}`))
  test.each(['sqlite', 'postgres'] as const)(
    'that is killed at any of its steps leaves the old data or the new over %s, whole and with its files',
    { timeout: 400_000 },
    async (engine) => {
      const folder = temporaryFolder()
      const killAt = join(folder, 'point')
      const daemon = await startTestDaemon({ engine })
      daemons.push(daemon)
      const config = join(daemon.dataDir, 'config.toml')
      const backups: Record<string, string> = {}
      const names = async () => (await daemon.operator.listWallets()).items.map(({ name }) => name).join()
      const wallet = await daemon.operator.createWallet({ name: 'old', chain: 'solana' })
      for (const name of ['old', 'new']) {
        writeFileSync(config, `# ${name}\n`)
        if (name === 'new') await daemon.operator.renameWallet({ id: wallet.id, name })
        backups[name] = (await daemon.operator.createBackup()).path
      }
      const ends: string[] = []
      for (const point of points) {
        const before = await names()
        const wanted = before === 'old' ? 'new' : 'old'
        await daemon.kill()
        writeFileSync(killAt, point)
        const run = ['--import', HOOKS, RESTORE]
        const env = {
          ...daemon.env,
          ...password,
          WAIAAS_DATA_DIR: daemon.dataDir,
          RESTORE_FILE: backups[wanted]!,
          KILL_AT: killAt,
        }
        const { signal, stderr } = spawnSync(process.execPath, run, { env, encoding: 'utf8' })
        // A file is swapped by a rename.
        if (engine === 'sqlite' && point.startsWith('swap')) expect(signal, stderr).toBeNull()
        else expect(signal, stderr).toBe('SIGKILL')
        writeFileSync(killAt, '')
        await daemon.restart()
        const after = await names()
        expect([after, readFileSync(config, 'utf8')]).toEqual([after, `# ${after}\n`])
        expect(existsSync(join(daemon.dataDir, 'restore.journal'))).toBe(false)
        ends.push(`${point}: ${after === before ? 'before' : after === wanted ? 'restored' : after}`)
      }
      const isPostgres = engine === 'postgres'
      expect(ends).toEqual([
        ...['settle, after', 'move, after', 'syncFolders, after'].map((one) => `${one}: before`),
        'swap, after: restored',
        `removeJournal, before: ${isPostgres ? 'restored' : 'before'}`,
      ])
    },
  )
})
const HOOKS = new URL('./support/kill-hooks.ts', import.meta.url).pathname
const RESTORE = new URL('./support/restore-process.ts', import.meta.url).pathname

/** The kill switch's epoch, which no answer shows. */
async function epochOf(daemon: TestDaemon, { WAIAAS_DATABASE_URL: url }: Env): Promise<number> {
  const sql = 'select epoch from kill_switch'
  if (url === undefined) {
    const db = new Sqlite(join(daemon.dataDir, 'data', 'waiaas.db'), { readonly: true })
    const { epoch } = db.prepare<[], { epoch: number }>(sql).get()!
    db.close()
    return epoch
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ epoch: string }>(sql)
  await client.end()
  return Number(rows[0]!.epoch)
}
