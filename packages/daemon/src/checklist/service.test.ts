import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checklistOperations, Failure, LOCAL_NETWORKS, NETWORKS, newId } from '@waiaas/contract'
import { expect, onTestFinished, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import type { EndpointStatus } from '../chains/rpc.ts'
import { migrations } from '../migrations/all.ts'
import type { Database } from '../platform/db/database.ts'
import { laneStore } from '../transactions/rows/lane-store.ts'
import { type WalletRow, walletStore } from '../wallets/store.ts'
import { type ChecklistParts, checklist } from './service.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const [open, unused] = NETWORKS
const [local] = LOCAL_NETWORKS

const endpoint = (url: string): EndpointStatus => ({
  ...{ url, status: 'available', failureCount: 0, hasServed: true, cooldownRemainingMs: 0 },
  ...{ lastError: null, lastErrorAgoMs: null, batchMost: null, missingMethods: [], callsPerSecond: null },
})
const wallet = (name: string, status: WalletRow['status'] = 'ACTIVE'): WalletRow => ({
  ...{ id: newId(NOW), name, chain: 'ethereum', environment: 'mainnet', address: `0x${name}`, status, account: name },
  ...{ suspended_at: null, suspension_reason: null, created_at: NOW, updated_at: NOW, terminated_at: null },
  ...{ purged_at: null, spends_unknown_before: null },
})

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'waiaas-checklist-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}

async function lookOn(database: Database, more: Partial<ChecklistParts> = {}) {
  const backups = await folder()
  const answer = await checklist({
    ...{ database, clock: { now: () => NOW }, ready: async () => undefined, concerns: async () => [] },
    ...{ killSwitch: async () => ({ state: 'ACTIVE' }), hasRecoveryKey: () => false, databaseFolder: undefined },
    backups: { list: async () => ({ backups: [], total: 0, retention_count: 1 }), folder: async () => backups },
    channels: async () => ({ channels: [] }),
    limits: async () => [],
    networks: () => [...NETWORKS, ...LOCAL_NETWORKS],
    rpc: () => ({ networks: {} }),
    ...more,
  }).look()
  const { checks } = checklistOperations.getChecklist.output.parse(answer)
  return { ...answer, says: (name: string) => checks.find((check) => check.name === name)?.says }
}

forEachEngine((_engine, opened) => {
  test('wallets without a limit are named, those that are gone are not', async () => {
    const database = await opened(migrations)
    const rows = [wallet('shop'), wallet('vault'), wallet('old', 'TERMINATED')]
    await database.work({}, async (db) => {
      for (const row of rows) await walletStore.insert(db, row)
    })
    const limits: ChecklistParts['limits'] = async (_db, id) => (id === rows[0]!.id ? [1] : [])
    expect((await lookOn(database, { limits })).says('limits')).toBe('no spending limit is set for vault')
    expect((await lookOn(database, { limits: async () => [1] })).says('limits')).toBe(
      'every wallet has a spending limit',
    )
  })

  test('the endpoints that count are those of networks on which a live wallet pays', async () => {
    const database = await opened(migrations)
    const [shop, old] = [wallet('shop'), wallet('old', 'TERMINATED')]
    await database.work({}, async (db) => {
      for (const row of [shop, old]) await walletStore.insert(db, row)
      await laneStore.insert(db, { id: 'a', wallet: shop.id, network: open!.id })
      await laneStore.insert(db, { id: 'b', wallet: old.id, network: unused!.id })
    })
    const networks = Object.fromEntries(NETWORKS.map(({ id, rpc }) => [id, rpc.map(endpoint)]))
    const said = async (own: typeof networks) =>
      (await lookOn(database, { rpc: () => ({ networks: { ...networks, ...own } }) })).says('endpoints')
    const mine = [endpoint('https://mine.example')]
    expect(await said({})).toBe(`public endpoints alone serve ${open!.id}`)
    expect(await said({ [open!.id]: mine })).toBe('each network in use has an endpoint of yours')
    await database.work({}, (db) => laneStore.insert(db, { id: 'c', wallet: shop.id, network: local!.id }))
    expect(await said({ [open!.id]: [...mine, ...networks[open!.id]!], [local!.id]: mine })).toBe(
      'each network in use has an endpoint of yours',
    )
  })

  test('what keeps the daemon from working is one of the checks, what nobody foresaw is a fault', async () => {
    const database = await opened(migrations)
    const failing = (error: Error) => ({
      ready: async () => {
        throw error
      },
    })
    const answer = await lookOn(database, failing(new Failure('KEYSTORE_LOCKED', 'not ready: it is locked')))
    expect(answer).toMatchObject({ ok: false, total: answer.checks.length })
    expect(answer.says('daemon')).toBe('not ready: it is locked')
    await expect(lookOn(database, failing(new Error('odd')))).rejects.toThrow('odd')
  })

  test('a backup beside the database is no place, one on a disk of its own or beside a server is', async () => {
    const database = await opened(migrations)
    const said = async (databaseFolder: string | undefined) =>
      (await lookOn(database, { databaseFolder })).says('backup_place')
    expect(await said(await folder())).toMatch(/^backups lie on the disk of the database/)
    // A file system of its own on each Linux.
    expect(await said('/proc')).toBe('backups lie on another disk than the database')
    expect(await said(undefined)).toBe('backups lie on another disk than the database')
  })
})
