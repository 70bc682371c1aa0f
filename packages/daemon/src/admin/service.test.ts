import { AdminStatus, adminOperations, defaultSettings, newId, type Settings, systemOperations } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import type { EndpointStatus } from '../chains/rpc.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import type { Call } from '../platform/http/types.ts'
import { jsonLog } from '../platform/log.ts'
import { type NewSession, sessionStore } from '../sessions/store.ts'
import { type NewRow, transactionStore } from '../transactions/rows/store.ts'
import { stopStore } from '../transactions/stopping/stop-store.ts'
import { type WalletRow, walletStore } from '../wallets/store.ts'
import { adminHandlers } from './handlers.ts'
import { type AdminOptions, adminService } from './service.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const HOUR = 3_600_000
const call = {
  peer: '127.0.0.1',
  principal: { kind: 'operator', proof: () => ({ password: '' }) },
  onDelivered: (tell) => tell(true),
} as Call<'operator'>
const anybody: Call<'public'> = { ...call, principal: { kind: 'public' } }

const endpoint = (status: EndpointStatus['status']): EndpointStatus => ({
  url: 'http://127.0.0.1:1',
  status,
  failureCount: status === 'cooldown' ? 1 : 0,
  hasServed: true,
  cooldownRemainingMs: 0,
  lastError: null,
  lastErrorAgoMs: null,
  batchMost: null,
  missingMethods: [],
  callsPerSecond: null,
})

const switchIn = (state: 'ACTIVE' | 'SUSPENDED'): AdminOptions['killSwitch'] => ({
  read: async () => ({ state }),
  recovering: async () => [],
})

function serviceOn(database: Database, more: Partial<AdminOptions> = {}) {
  const service = adminService({
    database,
    clock: { now: () => NOW, latest: () => NOW },
    standing: () => [],
    advice: () => [],
    log: jsonLog('silent'),
    audit: strictAudit({ clock: { now: () => NOW } }),
    version: '1.2.3',
    schemaVersion: 1,
    settings: defaultSettings,
    warnings: [],
    recoveryKey: { path: '/data/recovery.key', exists: () => false },
    isUnlocked: () => true,
    rpc: () => ({ networks: {}, used: [] }),
    troubles: () => [],
    passwordWithin: () => [],
    ceilings: { read: async () => [], recent: () => [] },
    killSwitch: switchIn('ACTIVE'),
    heldStops: () => [],
    sharedNames: async () => [],
    folder: undefined,
    shutdown: () => undefined,
    ...more,
  })
  return { service, handlers: adminHandlers(service) }
}

const wallet: WalletRow = {
  id: newId(),
  name: 'treasury',
  chain: 'ethereum',
  environment: 'testnet',
  address: '0x0000000000000000000000000000000000000001',
  status: 'ACTIVE',
  suspended_at: null,
  suspension_reason: null,
  created_at: NOW,
  updated_at: NOW,
  terminated_at: null,
  purged_at: null,
  account: 'w',
  spends_unknown_before: null,
}
const session: NewSession = {
  id: newId(),
  token_hash: 'a',
  previous_hash: null,
  previous_until: null,
  ttl: 60,
  expires_at: NOW + HOUR,
  absolute_expires_at: 0,
  max_renewals: 0,
  renewal_count: 0,
  last_renewed_at: null,
  constraints: null,
  labels: null,
  source: 'api',
  token_issued_count: 1,
  revoked_at: null,
  is_claimed: 1,
  created_at: NOW,
}
const transaction = (row: Partial<NewRow>): NewRow => ({
  id: newId(row.created_at ?? NOW - HOUR),
  wallet_id: wallet.id,
  session_id: null,
  labels: null,
  addresses: [],
  allowances: [],
  gas_condition: null,
  type: 'TRANSFER',
  status: 'CONFIRMED',
  tier: 'INSTANT',
  network: 'ethereum-sepolia',
  lane: 'x',
  request: '{}',
  request_hash: 'x',
  to_address: '0x02',
  asset: 'eip155:11155111/slip44:60',
  amount: '1500000000000000000',
  decimals: 18,
  symbol: 'ETH',
  draft: null,
  max_fee: null,
  hints: null,
  effects: null,
  digest: null,
  decision: '{}',
  policy_version: 1,
  epoch: 1,
  judged_at: null,
  judged_attempt: null,
  amount_usd: '3000000001',
  served_delay: 0,
  due_at: null,
  approval_expires_at: null,
  gas_until: null,
  approved_at: null,
  approved_by: null,
  approved_usd: null,
  fee_bound: null,
  highest_fee: null,
  tx_hash: '0xabc',
  block_height: 1,
  error: null,
  error_code: null,
  wait_reason: null,
  plan_id: null,
  plan_step: null,
  plan_until: null,
  sweep_id: null,
  created_at: NOW - HOUR,
  updated_at: NOW,
  ...row,
})

forEachEngine((engine, open) => {
  test('the status counts what lives, the last day and its failures, and shows the newest five', async () => {
    const database = await open(migrations)
    const rows = [
      transaction({ created_at: NOW - 25 * HOUR }),
      transaction({ status: 'FAILED', created_at: NOW - 25 * HOUR }),
      transaction({ status: 'FAILED', amount: null, amount_usd: null }),
      ...Array.from({ length: 4 }, () => transaction({})),
    ]
    await database.work({}, async (db) => {
      await walletStore.insert(db, wallet)
      await walletStore.insert(db, { ...wallet, id: newId(), name: 'other', status: 'TERMINATED' })
      await sessionStore.insert(db, session)
      await sessionStore.insert(db, { ...session, id: newId(), token_hash: 'b', expires_at: 0 })
      await sessionStore.insert(db, { ...session, id: newId(), token_hash: 'c', expires_at: NOW })
      await sessionStore.insert(db, { ...session, id: newId(), token_hash: 'd', revoked_at: NOW })
      for (const row of rows) await transactionStore.insert(db, row)
    })
    const { handlers } = serviceOn(database, { killSwitch: switchIn('SUSPENDED') })
    const status = AdminStatus.parse(await handlers.getAdminStatus(call, {}))
    expect(status).toMatchObject({
      status: 'running',
      version: '1.2.3',
      walletCount: 1,
      activeSessionCount: 2,
      policyCount: 0,
      recentTxCount: 5,
      failedTxCount: 1,
      killSwitchState: 'SUSPENDED',
      autoProvisioned: false,
      warnings: [],
      timestamp: NOW / 1000,
    })
    expect(status.recentTransactions.map(({ id }) => id)).toEqual(
      rows
        .map(({ id }) => id)
        .reverse()
        .slice(0, 5),
    )
    expect(status.recentTransactions[0]).toMatchObject({
      walletName: 'treasury',
      formattedAmount: '1.5',
      amountUsd: 3000.000001,
      createdAt: (NOW - HOUR) / 1000,
    })
    expect(status.recentTransactions[4]).toMatchObject({ formattedAmount: null, amountUsd: null })
    const stopped = transaction({ status: 'PENDING', tx_hash: null })
    const stop = { epoch: 2, wallet_id: null, session_id: null, error: 'stopped', code: 'SYSTEM_LOCKED' }
    const due = { due_at: NOW, lease_owner: null, lease_until: 0, cancelled: 0 }
    await database.work({}, async (db) => {
      await transactionStore.insert(db, stopped)
      await stopStore.insert(db, { ...stop, ...due, id: newId(), at: NOW, actor: 'operator' })
    })
    const { recentTransactions } = AdminStatus.parse(await handlers.getAdminStatus(call, {}))
    expect(recentTransactions[0]).toMatchObject({ id: stopped.id, status: 'CANCELLED' })
    const agent = { ...call, principal: { kind: 'agent', sessionId: session.id, tokenHash: '' } } as const
    const forAgent = adminOperations.getAdminStatus.output.parse(await handlers.getAdminStatus(agent, {}))
    expect(forAgent).toEqual({
      status: 'running',
      version: '1.2.3',
      latestVersion: null,
      updateAvailable: false,
      uptime: expect.any(Number),
      killSwitchState: 'SUSPENDED',
      timestamp: NOW / 1000,
    })
  })

  test('not ready is said with the reason: database, signer, or all networks in use', async () => {
    const database = await open(migrations)
    const { used, networks } = { used: ['a', 'b'], networks: { a: [endpoint('cooldown')], b: [endpoint('available')] } }
    const ready = (more: Partial<AdminOptions>) => serviceOn(database, more).service.ready()
    const answer = await ready({ rpc: () => ({ networks, used }) })
    expect(systemOperations.getReady.output.parse(answer)).toEqual({
      status: 'ready',
      checks: {
        database: { ok: true },
        signer: { ok: true },
        rpc: { ok: true, message: 'no endpoint answers for a' },
        storage: { ok: true },
      },
    })
    await expect(ready({ isUnlocked: () => false })).rejects.toMatchObject({
      code: 'KEYSTORE_LOCKED',
      status: 503,
      details: { checks: { database: { ok: true }, signer: { ok: false } } },
    })
    await expect(ready({ rpc: () => ({ networks, used: ['a'] }) })).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
    await database.close()
    await expect(ready({})).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      details: { checks: { database: { ok: false } } },
    })
  })

  if (engine === 'postgres') return
  test('health and status warn of a recovery key, of what the start found, and of listening beyond the machine', async () => {
    const database = await open(migrations)
    const quiet = systemOperations.getHealth.output.parse(await serviceOn(database).handlers.getHealth(anybody, {}))
    expect(quiet).toMatchObject({ status: 'ok', version: '1.2.3', schemaVersion: 1, timestamp: NOW / 1000 })
    expect(quiet).not.toHaveProperty('warnings')
    const settings: Settings = { ...defaultSettings(), 'daemon.hostname': '0.0.0.0' }
    const { handlers } = serviceOn(database, {
      settings: () => settings,
      warnings: ['a secret in the environment'],
      recoveryKey: { path: '/data/recovery.key', exists: () => true },
    })
    const expected = [
      expect.stringContaining('/data/recovery.key'),
      'a secret in the environment',
      expect.stringContaining('listens on 0.0.0.0'),
    ]
    expect(await handlers.getHealth(anybody, {})).toMatchObject({ warnings: expected })
    expect(await handlers.getAdminStatus(call, {})).toMatchObject({ warnings: expected, autoProvisioned: true })
  })

  test('shutdown answers first and stops then', async () => {
    const events: string[] = []
    const { handlers } = serviceOn(await open(migrations), { shutdown: () => events.push('stopped') })
    let deliver: (() => void) | undefined
    const slow: Call<'operator'> = {
      ...call,
      onDelivered: (tell) => {
        deliver = () => tell(true)
      },
    }
    expect(await handlers.shutdown(slow, {})).toHaveProperty('message')
    expect(events).toEqual([])
    deliver?.()
    expect(events).toEqual(['stopped'])
  })

  test('the endpoints are listed by network beside the built-in ones', async () => {
    const learnt = { batchMost: 3, missingMethods: ['eth_feeHistory'], callsPerSecond: 17.5 }
    const failed = { ...endpoint('cooldown'), ...learnt, lastError: 'https://a.example answered HTTP 500' }
    const networks = { 'base-mainnet': [{ ...failed, lastErrorAgoMs: 61_500 }] }
    const { handlers } = serviceOn(await open(migrations), { rpc: () => ({ networks, used: [] }) })
    const answer = adminOperations.getRpcStatus.output.parse(await handlers.getRpcStatus(call, {}))
    const { lastErrorAgoMs: _, hasServed: __, ...shown } = failed
    expect(answer.networks).toEqual({ 'base-mainnet': [{ ...shown, lastErrorAt: NOW / 1_000 - 62 }] })
    expect(answer.builtinUrls['base-mainnet']).toContain('https://base.drpc.org')
  })
})
