import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Daemon, startDaemon, verifyAudit } from '../../packages/daemon/src/index.ts'
import { migrations } from '../../packages/daemon/src/migrations/all.ts'
import { until } from '../support/until.ts'
import { lookalikeOf, newEvmAddress } from '../support/wallets.ts'
import { archives, type Frozen, prices, standInFor, unpack } from './archives.ts'

let node: EvmNode
const folders: string[] = []
const daemons: Daemon[] = []
beforeAll(async () => {
  node = await startEvm()
})
afterAll(() => node?.stop())
afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function thaw(archive: string): Frozen {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-upgrade-'))
  folders.push(folder)
  return unpack(archive, folder)
}

async function start({ dataDir, facts }: Frozen) {
  const env = {
    ...{ WAIAAS_DAEMON_PORT: '0', WAIAAS_DAEMON_LOG_LEVEL: 'error', WAIAAS_RPC_EVM_LOCAL_EVM: node.url },
    ...prices,
  }
  const daemon = await startDaemon({ dataDir, env })
  daemons.push(daemon)
  const masterPassword = readFileSync(join(dataDir, 'recovery.key'), 'utf8').trim()
  const client = { baseUrl: daemon.url, retryOptions: { maxRetries: 0 } }
  return {
    daemon,
    operator: new WAIaaSClient({ ...client, masterPassword }),
    agent: new WAIaaSClient({ ...client, sessionToken: facts.agent.token }),
    masterPassword,
  }
}

test('there is a volume of each schema that was released', () => {
  expect(archives()).not.toEqual([])
})

describe.each(archives())('the volume %s, left by a killed daemon', (archive) => {
  test('is opened and migrated by this daemon, and wallets, policies, history and audit log are as they were', async () => {
    const frozen = thaw(archive)
    const { facts, dataDir } = frozen
    const { daemon, operator, agent } = await start(frozen)
    expect(readFileSync(join(dataDir, 'daemon.port'), 'utf8')).toBe(`${daemon.port}\n`)
    expect((await operator.getHealth()).schemaVersion).toBe(migrations.at(-1)!.id)
    expect((await operator.listWallets({})).items).toMatchObject(facts.wallets)
    expect((await agent.listSessions({})).data).toMatchObject([{ id: facts.agent.sessionId, status: 'ACTIVE' }])
    const policies = (await operator.listPolicies({})).data
    for (const policy of facts.policies) expect(policies).toContainEqual(expect.objectContaining(policy))

    // What waited too long by now has expired, as it would have in the old daemon.
    const isOver = Date.now() / 1000 > facts.approvalExpiresAt
    for (const { id, ...was } of facts.transactions) {
      const status = was.status === 'QUEUED' && isOver ? 'EXPIRED' : was.status
      await until(`${id} to be ${status}`, async () => (await operator.getTransaction({ id })).status === status)
      expect(await operator.getTransaction({ id })).toMatchObject({ ...was, status })
    }
    const { publicKey } = await operator.getAuditCheckpoint()
    const signed = await until('the log to be signed', async () => {
      const verdict = await verifyAudit({ dataDir, publicKey })
      return verdict.unsignedRows === 0 && verdict
    })
    expect(signed).toMatchObject({ whole: true, publicKey })
    expect((await operator.listAuditLogs({ include_total: true })).total).toBeGreaterThanOrEqual(facts.auditRows)
  })

  test('holds keys that still sign, for a session that may still spend what is left and no more', async () => {
    const frozen = thaw(archive)
    await standInFor(node, frozen.facts)
    const { operator, agent, masterPassword } = await start(frozen)
    const send = (humanAmount: string) => agent.sendToken({ to: newEvmAddress(), humanAmount, network: 'local-evm' })
    // 40 of 100 dollars are spent: 70 more are too many.
    await expect(send('0.035')).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
    const sent = await send('0.02')
    if (!('id' in sent)) throw new Error('expected a payment')
    await until('the payment to land', async () => (await agent.getTransaction({ id: sent.id })).status === 'CONFIRMED')
    // Whom it paid before is known, and who looks like that is not.
    const paid = frozen.facts.transactions.find(({ status }) => status === 'CONFIRMED')!
    const { toAddress } = await operator.getTransaction({ id: paid.id })
    const tried = await agent.simulate({ to: lookalikeOf(toAddress!), humanAmount: '0.001', network: 'local-evm' })
    expect(tried.policy).toMatchObject({ tier: 'APPROVAL' })
    const { id } = frozen.facts.wallets.find(({ chain }) => chain === 'solana')!
    expect(await operator.exportWallet({ id, masterPassword })).toMatchObject({ secret: expect.any(String) })
  })

  test('is refused when a newer daemon has had it, and left as it is', async () => {
    const frozen = thaw(archive)
    const db = new Sqlite(join(frozen.dataDir, 'data/waiaas.db'))
    const later = migrations.at(-1)!.id + 1
    db.prepare("insert into schema_migrations values (?, 'of a later version', 'unknown', 0)").run(later)
    const rows = () => db.prepare('select count(*) as rows from schema_migrations').get()
    const before = rows()
    await expect(start(frozen)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      message: expect.stringContaining(`migration ${later} (of a later version), which this version does not know`),
    })
    expect(rows()).toEqual(before)
    db.close()
  })
})
