import {
  type EventDetails,
  Failure,
  INSTALLED_TYPE,
  installedRules,
  invalidField,
  loosensInstalled,
  type Network,
  newId,
  type Parsed,
  type PolicyResponse,
  type policyOperations,
  type Wire,
} from '@waiaas/contract'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle, Scope } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import { requireNetwork } from './checks.ts'
import { admitRules, readRules } from './compile.ts'
import { admitted } from './drafts.ts'
import { newRow, replacesDefault } from './rows.ts'
import { policyStore, type StoredPolicy } from './store.ts'

export { type AppliedPolicies, appliedPolicies } from './applied.ts'
export { type Dollars, installedDollars, spendingDollars } from './dollars.ts'
export { type DraftReader, draftedPolicies } from './drafts.ts'
export {
  type EvaluateInput,
  evaluate,
  isOfSessions,
  itemsOf,
  type Judgement,
  type Policy,
  type Price,
  type Prices,
  type Windows,
} from './evaluate.ts'
export { type LimitsNow, limitsNow } from './limits.ts'
export { strictnessOf } from './strictness.ts'

type PolicyEvent = 'POLICY_CREATED' | 'POLICY_UPDATED' | 'POLICY_DELETED'
type Told<Event extends PolicyEvent> = {
  event: Event
  walletId?: string
  ip?: string | undefined
  details: EventDetails<Event>
}
type PolicyEvidence = { [Event in PolicyEvent]: Told<Event> }[PolicyEvent]
type Operations = typeof policyOperations
type Parts = {
  database: Database
  held: Pick<Held, 'write'>
  clock: Pick<Clock, 'now'>
  networks: () => readonly Network[]
  wallet: (db: Handle, id: string) => Promise<{ status: string; purged_at?: number | null } | undefined>
  session: (db: Handle, id: string) => Promise<SessionOf | undefined>
  /** Writes evidence in the transaction of the change. */
  record: (db: Handle, evidence: PolicyEvidence) => Promise<void>
  /** After a change has been committed, before it is answered: waits for what is on its way. `null`: every wallet's. */
  afterChange: (walletId: string | null) => Promise<void>
  /** The lock under which evidence of no wallet is written. */
  systemEvidence: string
  nextVersion: NextVersion
}
/** A session as policies can be of it. */
type SessionOf = { id: string; labels: readonly string[]; isRevoked: boolean }
export type PolicyService = ReturnType<typeof policies>

/** Keeps the policies. */
export function policies(parts: Parts) {
  return { ...additions(parts), ...changes(parts), ...reading(parts) }
}

type Change<T> = { id: string; walletId: string | null; answer: T; write(db: Handle): Promise<unknown> }
type Changed<T> = T & { unwritten?: string }

/**
 * Commits a change under the locks of what it applies to. Nothing that was judged before is sent for the first time after
 * the answer. While a change cannot be written, what it applies to signs nothing.
 */
async function committing<T extends object>(parts: Parts, change: Change<T>): Promise<Changed<T>> {
  const { database, clock, systemEvidence, afterChange, held } = parts
  const { id, walletId, answer } = change
  const outcome = await held.write(`change ${newId(clock.now())} of policy ${id}`, {
    wallet: walletId,
    async write() {
      await database.work(scopeOf(walletId, systemEvidence), change.write)
      await afterChange(walletId)
    },
    hold: () => afterChange(walletId),
  })
  return 'written' in outcome ? answer : { ...answer, unwritten: outcome.unwritten }
}

type Created = Changed<PolicyResponse & { replacesDefault?: true }>

function additions(parts: Parts) {
  const { clock, networks, wallet, record, nextVersion } = parts
  async function requireLiveWallet(db: Handle, id: string): Promise<void> {
    const found = await requireWallet(wallet, db, id)
    if (found.status === 'TERMINATED') throw new Failure('WALLET_TERMINATED', `wallet ${id} is terminated`)
  }
  return {
    /** Failures: ACTION_VALIDATION_FAILED, INVALID_ADDRESS, WALLET_NOT_FOUND, WALLET_TERMINATED. */
    async create(request: Parsed<Operations['createPolicy']>, ip?: string): Promise<Created> {
      const { walletId = null, type } = request
      const rules = admitRules(type, request.rules, networks())
      const network = request.network === undefined ? null : requireNetwork(networks(), request.network).id
      const row = newRow({ ...request, walletId, rules, network }, clock.now())
      const answer: PolicyResponse & { replacesDefault?: true } = answerOf(row)
      const write = async (db: Handle) => {
        if (walletId !== null) await requireLiveWallet(db, walletId)
        if (row.session_id !== null) await requireOpenSession(parts, db, row.session_id)
        const replaced =
          walletId !== null && replacesDefault(row) && (await policyStore.removeDefault(db, walletId)) > 0
        await policyStore.insert(db, { ...row, version: await nextVersion(db, walletId) })
        if (replaced) answer.replacesDefault = true
        const details = {
          ...told(row),
          ...(replaced && { replacesDefault: true as const, loosens: loosensInstalled(type, rules) }),
        }
        await record(db, { event: 'POLICY_CREATED', ...ofWallet(row), ip, details })
      }
      return committing(parts, { id: row.id, walletId, answer, write })
    },
    /** Installs the modest default in the transaction that creates a wallet; the job holds the wallet's lock. */
    async installDefault(db: Handle, walletId: string): Promise<PolicyResponse> {
      const about = {
        walletId,
        type: INSTALLED_TYPE,
        rules: { ...installedRules(INSTALLED_TYPE) },
        network: null,
        priority: 0,
        enabled: true,
      }
      const row = { ...newRow(about, clock.now()), version: await nextVersion(db, walletId), is_default: 1 }
      await policyStore.insert(db, row)
      await record(db, { event: 'POLICY_CREATED', ...ofWallet(row), details: { ...told(row), isDefault: true } })
      return answerOf(row)
    },
  }
}

function changes(parts: Parts) {
  const { database, clock, networks, wallet, record, nextVersion } = parts
  type Edit<T> = { answer(row: StoredPolicy): T; write(db: Handle, row: StoredPolicy): Promise<unknown> }
  /** Changes one policy under the locks of what it applies to. */
  async function changing<T extends object>(id: string, { answer, write }: Edit<T>): Promise<Changed<T>> {
    const known = await database.read((db) => requirePolicy(wallet, db, id))
    const change = { id, walletId: known.wallet_id, answer: answer(known) }
    return committing(parts, { ...change, write: async (db) => write(db, await requirePolicy(wallet, db, id)) })
  }
  return {
    /** Failures: ACTION_VALIDATION_FAILED, INVALID_ADDRESS, POLICY_NOT_FOUND. */
    update: (
      { id, rules, priority, enabled }: Parsed<Operations['updatePolicy']>,
      ip?: string,
    ): Promise<Changed<PolicyResponse>> => {
      const at = seconds(clock.now())
      const changed = (row: StoredPolicy): StoredPolicy => ({
        ...row,
        ...(rules && { rules: JSON.stringify(admitted(row, rules, networks())) }),
        priority: priority ?? row.priority,
        enabled: enabled === undefined ? row.enabled : Number(enabled),
        is_default: 0,
        updated_at: at,
      })
      return changing(id, {
        answer: (row) => answerOf(changed(row)),
        async write(db, row) {
          const after = { ...changed(row), version: await nextVersion(db, row.wallet_id) }
          await policyStore.change(db, after)
          const before = { rules: row.rules, priority: row.priority, enabled: row.enabled === 1 }
          await record(db, { event: 'POLICY_UPDATED', ...ofWallet(after), ip, details: { ...told(after), before } })
        },
      })
    },
    /** Failure: POLICY_NOT_FOUND. */
    remove: (id: string, ip?: string): Promise<Changed<{ id: string; deleted: boolean }>> =>
      changing(id, {
        answer: () => ({ id, deleted: true }),
        async write(db, row) {
          await policyStore.remove(db, id)
          await nextVersion(db, row.wallet_id)
          await record(db, { event: 'POLICY_DELETED', ...ofWallet(row), ip, details: told(row) })
        },
      }),
  }
}

function reading({ database, wallet, session }: Parts) {
  return {
    /** Failure: POLICY_NOT_FOUND. */
    get: (id: string): Promise<PolicyResponse> =>
      database.read(async (db) => answerOf(await requirePolicy(wallet, db, id))),
    /** With a wallet, its own and those of every wallet; otherwise all. With a session those alone that can bind it. Failures: WALLET_NOT_FOUND, ACTION_VALIDATION_FAILED. */
    async list(
      query: Parsed<Operations['listPolicies']>,
      sessionId?: string,
    ): Promise<Wire<Operations['listPolicies']>> {
      const { walletId, limit, offset, cursor } = query
      const from = cursor === undefined ? { offset } : { offset: 0, after: readCursor(cursor) }
      return database.read(async (db) => {
        if (walletId !== undefined) await requireWallet(wallet, db, walletId)
        const filter = { walletId, session: sessionId === undefined ? undefined : await session(db, sessionId) }
        const rows = await policyStore.list(db, filter, { ...from, limit: limit + 1 })
        const total = await policyStore.count(db, filter)
        const data = rows.slice(0, limit)
        const hasMore = rows.length > limit
        return {
          data: data.map(answerOf),
          total,
          limit,
          offset,
          nextCursor: hasMore ? writeCursor(data.at(-1)!) : null,
          hasMore,
        }
      })
    },
  }
}

const scopeOf = (walletId: string | null, systemEvidence: string): Scope =>
  walletId === null ? { exclusive: ['system', systemEvidence] } : { exclusive: [`wallet:${walletId}`] }

const ofWallet = (row: StoredPolicy) => (row.wallet_id === null ? {} : { walletId: row.wallet_id })
/** A policy as the evidence tells of it. */
const told = (row: StoredPolicy) => ({
  id: row.id,
  type: row.type,
  network: row.network,
  rules: row.rules,
  priority: row.priority,
  enabled: row.enabled === 1,
  ...((row.session_id ?? row.session_label) && { scope: (row.session_id ?? row.session_label)! }),
})

/**
 * Raises the version of a wallet, or with null of all: what was judged before is judged again. For a change of the
 * policies, or of what decisions depend on.
 */
export type NextVersion = (db: Handle, walletId: string | null) => Promise<number>

/** Times serve as versions, and no time twice, so that one which was rolled back is never given to other policies later. */
export function policyVersions(clock: Pick<Clock, 'now'>): NextVersion {
  let last = 0
  return async (db, walletId) => {
    for (;;) {
      last = Math.max(clock.now(), last + 1, (await policyStore.newestVersion(db)) + 1)
      if (await policyStore.raiseVersion(db, walletId, last)) return last
    }
  }
}

const isPurged = (wallet: { purged_at?: number | null } | undefined): boolean => typeof wallet?.purged_at === 'number'

/** A purged wallet is gone. */
async function requireWallet(wallet: Parts['wallet'], db: Handle, id: string): Promise<{ status: string }> {
  const found = await wallet(db, id)
  if (!found || isPurged(found)) throw new Failure('WALLET_NOT_FOUND', `there is no wallet ${id}`)
  return found
}

/** Failures: SESSION_NOT_FOUND, SESSION_REVOKED. */
async function requireOpenSession({ session }: Pick<Parts, 'session'>, db: Handle, id: string): Promise<void> {
  const found = await session(db, id)
  if (!found) throw new Failure('SESSION_NOT_FOUND', `no session ${id}`)
  if (found.isRevoked) throw new Failure('SESSION_REVOKED', 'the session was revoked')
}

/** Those of a purged wallet are gone with it; their rows stay for the evidence. */
async function requirePolicy(wallet: Parts['wallet'], db: Handle, id: string): Promise<StoredPolicy> {
  const row = await policyStore.byId(db, id)
  if (!row || (row.wallet_id !== null && isPurged(await wallet(db, row.wallet_id))))
    throw new Failure('POLICY_NOT_FOUND', `there is no policy ${id}`)
  return row
}

function answerOf(row: StoredPolicy): PolicyResponse {
  const { rules, problem } = readRules(row)
  return {
    id: row.id,
    walletId: row.wallet_id,
    type: row.type,
    rules,
    ...(problem !== undefined && { problem }),
    priority: row.priority,
    enabled: row.enabled === 1,
    network: row.network,
    sessionId: row.session_id,
    sessionLabel: row.session_label,
    isDefault: row.is_default === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

const writeCursor = ({ priority, id }: StoredPolicy): string => `${priority}.${id}`

function readCursor(cursor: string): { priority: number; id: string } {
  const [priority, id = ''] = cursor.split('.')
  if (!Number.isSafeInteger(Number(priority)))
    throw invalidField('cursor', 'expected the cursor that came with the previous page')
  return { priority: Number(priority), id }
}
