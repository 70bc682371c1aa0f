import { stat } from 'node:fs/promises'
import { type Checklist, isFailure, type Network } from '@waiaas/contract'
import type { BackupService } from '../backup/service.ts'
import type { EndpointStatus } from '../chains/rpc.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { liveWallets } from '../wallets/service.ts'
import { checksOf, type Facts } from './rules.ts'
import { checklistStore } from './store.ts'

export type ChecklistParts = {
  readonly database: Pick<Database, 'read'>
  readonly clock: Pick<Clock, 'now'>
  /** Fails where the daemon cannot work, and says why. */
  readonly ready: () => Promise<unknown>
  /** What else is wrong with it. */
  readonly concerns: () => Promise<readonly string[]>
  readonly killSwitch: (db: Handle) => Promise<{ readonly state: string }>
  readonly hasRecoveryKey: () => boolean
  readonly backups: Pick<BackupService, 'list' | 'folder'>
  /** Where SQLite's file lies; undefined for a server. */
  readonly databaseFolder: string | undefined
  readonly channels: () => Promise<{ readonly channels: Facts['channels'] }>
  /** What the policies of a wallet say in dollars. */
  readonly limits: (db: Handle, walletId: string) => Promise<readonly unknown[]>
  readonly networks: () => readonly Network[]
  readonly rpc: () => { readonly networks: Record<string, readonly EndpointStatus[]> }
}

/** Looks at what should hold before real money moves. */
export const checklist = (parts: ChecklistParts) => ({
  async look(): Promise<Checklist> {
    const checks = checksOf(await factsOf(parts))
    const done = checks.filter(({ state }) => state === 'done').length
    return { ok: done === checks.length, done, total: checks.length, checks }
  },
})

async function factsOf(parts: ChecklistParts): Promise<Facts> {
  const { database, backups } = parts
  const { backups: kept } = await backups.list()
  const stored = await database.read(async (db) => ({
    killSwitch: (await parts.killSwitch(db)).state,
    networks: await checklistStore.networks(db),
    wallets: await walletsOf(parts, db),
  }))
  const times = kept.map(({ created_at }) => Date.parse(created_at))
  return {
    ...{ unready: await whyUnready(parts), killSwitch: stored.killSwitch, hasRecoveryKey: parts.hasRecoveryKey() },
    backupAt: times.length > 0 ? Math.max(...times) : undefined,
    sharesDisk: await sharesDisk(await backups.folder(), parts.databaseFolder),
    channels: (await parts.channels()).channels,
    ...{ wallets: stored.wallets, networks: networksOf(parts, stored.networks) },
    ...{ warnings: await parts.concerns(), now: parts.clock.now() },
  }
}

async function whyUnready({ ready }: ChecklistParts): Promise<string | undefined> {
  try {
    await ready()
    return undefined
  } catch (error) {
    if (isFailure(error)) return error.message
    throw error
  }
}

async function walletsOf({ limits }: ChecklistParts, db: Handle): Promise<Facts['wallets']> {
  const found: Facts['wallets'][number][] = []
  for (const { id, name } of await liveWallets(db)) found.push({ name, isLimited: (await limits(db, id)).length > 0 })
  return found
}

/** A server has disks of its own. */
async function sharesDisk(backups: string, database: string | undefined): Promise<boolean> {
  if (database === undefined) return false
  const [one, other] = await Promise.all([stat(backups), stat(database)])
  return one.dev === other.dev
}

function networksOf({ networks, rpc }: ChecklistParts, paying: readonly string[]): Facts['networks'] {
  const { networks: endpoints } = rpc()
  const builtIn = new Map(networks().map((network) => [network.id, network.rpc]))
  return paying.map((id) => ({
    id,
    isOwn: (endpoints[id] ?? []).some(({ url }) => !builtIn.get(id)?.includes(url)),
  }))
}
