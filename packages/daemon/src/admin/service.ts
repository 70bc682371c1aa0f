import { statfs } from 'node:fs/promises'
import {
  type AdminStatus,
  type DaemonStatus,
  Failure,
  formatUnits,
  type Output,
  parseMicros,
  type Settings,
  type systemOperations,
  usdNumber,
} from '@waiaas/contract'
import type { z } from 'zod'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { EndpointStatus } from '../chains/rpc.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { newestTransactions } from '../transactions/service.ts'
import type { ListedTransaction } from '../transactions/types.ts'
import { findWallet } from '../wallets/service.ts'
import { adminStore } from './store.ts'

type KillSwitchState = z.input<typeof AdminStatus>['killSwitchState']
export type AdminOptions = {
  readonly database: Database
  readonly clock: Clock
  /** What other parts warn of, for as long as it is so. */
  readonly standing: () => readonly string[]
  /** What the operator alone is told, for as long as it is so. */
  readonly advice: () => readonly string[]
  readonly log: Log
  readonly audit: Pick<Audit, 'record'>
  readonly version: string
  /** The number of the newest migration. */
  readonly schemaVersion: number
  readonly settings: () => Settings
  /** Found at start: by the configuration and the data directory. */
  readonly warnings: readonly string[]
  readonly recoveryKey: { readonly path: string; exists(): boolean }
  readonly isUnlocked: () => boolean
  readonly rpc: () => { readonly networks: Record<string, EndpointStatus[]>; readonly used: readonly string[] }
  /** What keeps payments from being sent, or from being seen in a block; a line each. */
  readonly troubles: () => readonly string[]
  /** Where this process has the master password from. */
  readonly passwordWithin: () => readonly string[]
  /** Ceilings that the operator should look at. */
  readonly ceilings: { read(): Promise<readonly string[]>; recent(): readonly string[] }
  /** Stops that hold in memory and are not written yet. */
  readonly heldStops: () => readonly string[]
  /** Of wallets that share a name. */
  readonly sharedNames: (db: Handle) => Promise<string[]>
  /** Where SQLite's file lies; undefined for a server. */
  readonly folder: string | undefined
  readonly killSwitch: {
    read(db: Handle): Promise<{ state: KillSwitchState }>
    /** What to tell of a recovery that runs. */
    recovering(db: Handle): Promise<string[]>
  }
  /** Begins to stop the daemon; called when the answer has gone out. */
  readonly shutdown: () => void
}
export type AdminService = ReturnType<typeof adminService>
type Check = { ok: boolean; message?: string }
type Ready = Output<typeof systemOperations.getReady>

const DAY_MS = 86_400_000
const RECENT = 5
/** Seconds of idleness after which the admin page forgets the operator. */
const ADMIN_TIMEOUT = 900
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/

/** The daemon's own state, for probes and for the operator. */
export function adminService(options: AdminOptions) {
  const { database, clock, version, schemaVersion, recoveryKey, ceilings } = options
  const startedAt = performance.now()
  const uptime = () => Math.floor((performance.now() - startedAt) / 1000)
  const noUpdate = { latestVersion: null, updateAvailable: false }
  const { warnings, others, told, isDatabaseUp, storage, stops } = checksOf(options)

  async function ready(): Promise<Ready> {
    const isUnlocked = options.isUnlocked()
    const checks = {
      database: await isDatabaseUp(),
      signer: isUnlocked ? { ok: true } : { ok: false, message: 'the keystore is locked: nothing is signed or told' },
      rpc: rpcCheck(options.rpc(), options.troubles()),
      storage: await storage(),
      ...stops(),
    }
    requireReady(checks)
    return { status: 'ready', checks }
  }

  const unstored = async (): Promise<string[]> =>
    [await storage(), stops().stops].flatMap((check) => check?.message ?? [])

  async function statusForAgents(): Promise<z.input<typeof DaemonStatus>> {
    const { state } = await database.read(options.killSwitch.read)
    const timestamp = seconds(clock.now())
    return { status: 'running', version, ...noUpdate, uptime: uptime(), killSwitchState: state, timestamp }
  }

  async function status(): Promise<z.input<typeof AdminStatus>> {
    const now = clock.now()
    const { counts, recent, toldNow } = await database.read(async (db) => ({
      toldNow: [...options.advice(), ...(await told(db))],
      counts: await adminStore.counts(db, clock.latest(), now - DAY_MS),
      recent: await recentIn(db),
    }))
    return {
      ...(await statusForAgents()),
      walletCount: counts.wallets,
      activeSessionCount: counts.sessions,
      adminTimeout: ADMIN_TIMEOUT,
      policyCount: counts.policies,
      recentTxCount: counts.transactions,
      failedTxCount: counts.failed,
      ...{ waitingApprovals: counts.approvals, waitingDelays: counts.delays, waitingConsents: counts.consents },
      autoProvisioned: recoveryKey.exists(),
      warnings: [...warnings(), ...toldNow, ...(await unstored()), ...(await ceilings.read())],
      recentTransactions: recent.map(transactionView),
    }
  }

  return {
    health(): Output<typeof systemOperations.getHealth> {
      const timestamp = seconds(clock.now())
      const state = { status: 'ok' as const, version, ...noUpdate, schemaVersion, uptime: uptime(), timestamp }
      return { ...state, ...concernsOf(options, warnings()) }
    },
    /** Failures INTERNAL_ERROR, STORAGE_UNAVAILABLE, KEYSTORE_LOCKED and CHAIN_ERROR, each with all checks in its details. */
    ready,
    status,
    /** What is wrong with it beside what the checklist asks by itself. */
    concerns: async (): Promise<string[]> => [...others(), ...(await database.read(told)), ...(await ceilings.read())],
    /** What an agent may know of it. */
    statusForAgents,
    /** Every endpoint by network. Ages become times here, where the wall clock is. */
    rpcStatus() {
      const now = clock.now()
      const networks = Object.entries(options.rpc().networks)
      return Object.fromEntries(
        networks.map(([id, endpoints]) => [id, endpoints.map((each) => endpointView(each, now))]),
      )
    },
    /** On record before anything stops. */
    recordShutdown: (ip: string): Promise<void> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) =>
        options.audit.record(db, { event: 'SHUTDOWN_REQUESTED', actor: 'operator', ip }),
      ),
    shutdown: options.shutdown,
  }
}

/** Anybody may ask for health: names and amounts of ceilings are for the operator. */
function concernsOf({ ceilings, passwordWithin }: AdminOptions, known: readonly string[]) {
  const count = ceilings.recent().length
  const warnings = [...known, ...(count > 0 ? [ceilingAdvice(count)] : [])]
  const within = passwordWithin()
  return {
    ...(warnings.length > 0 && { warnings }),
    ...(within.length > 0 && { passwordWithin: [...within] }),
  }
}

const ceilingAdvice = (count: number): string =>
  `${count} of the ceilings of the wallets ${count === 1 ? 'is' : 'are'} nearly used up or missing: waiaas admin status says which`

/** What may be wrong with the daemon, each asked anew. */
function checksOf({ database, log, settings, recoveryKey, ...options }: AdminOptions) {
  const generated = (): string[] =>
    recoveryKey.exists()
      ? [
          `the generated master password lies in ${recoveryKey.path}: set your own with waiaas set-master, which removes it`,
        ]
      : []

  function others(): string[] {
    const found = [...options.warnings, ...options.standing()]
    const host = settings()['daemon.hostname']
    if (!LOOPBACK.test(host))
      found.push(`the daemon listens on ${host}, beyond this machine: let only a proxy with TLS reach it`)
    return found
  }

  return {
    warnings: () => [...generated(), ...others()],
    others,
    /** What the database tells. */
    told: async (db: Handle): Promise<string[]> => [
      ...(await options.killSwitch.recovering(db)),
      ...(await options.sharedNames(db)),
    ],

    async isDatabaseUp(): Promise<Check> {
      try {
        await database.read(adminStore.ping)
        return { ok: true }
      } catch (error) {
        log.error({ err: error }, 'the database does not answer')
        return { ok: false, message: 'the database does not answer; the log says why' }
      }
    },

    /** What is said of it is true now: after a fault it is tried anew. */
    async storage(): Promise<Check> {
      const fault = await database.fault()
      if (fault !== undefined) return { ok: false, message: fault }
      const { folder } = options
      return folder !== undefined && (await isFull(folder))
        ? { ok: false, message: `the disk is full at ${folder}` }
        : { ok: true }
    },

    stops(): { stops?: Check } {
      const held = options.heldStops()
      return held.length === 0 ? {} : { stops: { ok: false, message: notWritten(held) } }
    },
  }
}

type RpcState = ReturnType<AdminOptions['rpc']>
/** A file system that tells no size is not full. */
async function isFull(folder: string): Promise<boolean> {
  const { blocks, bavail } = await statfs(folder)
  return blocks > 0 && bavail === 0
}

const notWritten = (names: readonly string[]): string =>
  `stops that hold in memory and are not written yet, so that a restart loses them: ${names.join(', ')}`

function requireReady(checks: Ready['checks'] & { storage: Check }): void {
  const details = { checks }
  if (!checks.database.ok) throw new Failure('INTERNAL_ERROR', 'not ready: the database does not answer', { details })
  const unstored = checks.storage.message ?? checks.stops?.message
  if (unstored !== undefined) throw new Failure('STORAGE_UNAVAILABLE', `not ready: ${unstored}`, { details })
  if (!checks.signer.ok) throw new Failure('KEYSTORE_LOCKED', 'not ready: the keystore is locked', { details })
  if (!checks.rpc.ok) throw new Failure('CHAIN_ERROR', `not ready: ${checks.rpc.message}`, { details })
}

/** Ready while some network in use has an endpoint: one network's outage is not the daemon's. */
function rpcCheck({ networks, used }: RpcState, troubles: readonly string[]): Check {
  const down = used.filter((id) => networks[id]?.every(({ status }) => status === 'cooldown'))
  const silent = down.length > 0 ? [`no endpoint answers for ${down.join(', ')}`] : []
  const message = [...silent, ...troubles].join('; ')
  return { ok: down.length === 0 || down.length < used.length, ...(message !== '' && { message }) }
}

const endpointView = ({ lastErrorAgoMs, missingMethods, hasServed: _, ...known }: EndpointStatus, now: number) => ({
  ...known,
  lastErrorAt: lastErrorAgoMs === null ? null : seconds(now - lastErrorAgoMs),
  missingMethods: [...missingMethods],
})

type Recent = { readonly row: ListedTransaction; readonly walletName: string | null }

/** As everybody else is shown them: what a stop has ended is over, also before its row says so. */
async function recentIn(db: Handle): Promise<Recent[]> {
  const found: Recent[] = []
  for (const row of await newestTransactions(db, RECENT))
    found.push({ row, walletName: (await findWallet(db, row.wallet_id))?.name ?? null })
  return found
}

const transactionView = ({ row, walletName }: Recent) => ({
  id: row.id,
  walletId: row.wallet_id,
  walletName,
  type: row.type,
  status: row.status,
  toAddress: row.to_address,
  amount: row.amount,
  formattedAmount: formatted(row),
  amountUsd: row.amount_usd === null ? null : usdNumber(parseMicros(row.amount_usd)),
  network: row.network,
  txHash: row.tx_hash,
  createdAt: seconds(row.created_at),
})

const formatted = ({ amount, decimals }: ListedTransaction): string | null =>
  amount === null || decimals === null ? null : formatUnits(BigInt(amount), decimals)
