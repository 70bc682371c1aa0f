import {
  Failure,
  INSTALLED_TYPE,
  installedRules,
  type Parsed,
  type PolicyResponse,
  type policyOperations,
  type Wire,
} from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle, Scope } from '../platform/db/database.ts'
import { requireNetwork } from './checks.ts'
import { committing, type Parts } from './committing.ts'
import { admitRules } from './compile.ts'
import { agreedEffect } from './consent.ts'
import { admitted } from './drafts.ts'
import { historyStore, type PolicyVersionRow } from './history-store.ts'
import { isPurged, requireLiveWallet, requireWallet } from './live-wallet.ts'
import { answerOf, contentOf, newRow, readCursor, writeCursor } from './rows.ts'
import { policySets } from './sets.ts'
import { policyStore, type StoredPolicy } from './store.ts'
import { policyTemplatesOf } from './templates.ts'
import { policyWrites } from './writes.ts'

export { type AppliedPolicies, appliedPolicies } from './applied.ts'
export { comparison } from './compare.ts'
export { compilePolicies, type PolicyRow } from './compile.ts'
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
  type Ruled,
  ruled,
  shownFor,
  type Windows,
} from './evaluate.ts'
export { type Rolling, stepsThrough, sumOf } from './exposure/stream.ts'
export type { ByScope, Exposed, Taken, Used, World } from './exposure/world.ts'
export { type Worst, worstCase } from './exposure/worst.ts'
export { type LimitsNow, limitsNow } from './limits.ts'
export { policiesOfThen, policyRowsOfThen } from './of-then.ts'
export { type ProbeWorld, probes } from './probes.ts'
export { recordedInput } from './recorded.ts'
export { keepRestored } from './restored.ts'
export { strictnessOf } from './strictness.ts'
export { policyVersions } from './versions.ts'
export { isEndless, unlessEndless } from './windows.ts'

type Operations = typeof policyOperations
export type PolicyService = ReturnType<typeof policies>

/** Keeps the policies. */
export function policies(parts: Parts) {
  const sets = policySets(parts)
  return { ...additions(parts), ...changes(parts), ...reading(parts), ...sets, ...policyTemplatesOf(parts, sets) }
}

type Changed<T> = T & { unwritten?: string }

/** Who changes policies where nobody else is named. */
const OPERATOR: By = { actor: 'operator' }

type Created = Changed<PolicyResponse & { replacesDefault?: true }>

function additions(parts: Parts) {
  const { clock, networks, wallet, nextVersion } = parts
  const writes = policyWrites(parts)
  return {
    /** Failures: ACTION_VALIDATION_FAILED, INVALID_ADDRESS, WALLET_NOT_FOUND, WALLET_TERMINATED, POLICY_NAME_EXISTS. */
    async create(request: Parsed<Operations['createPolicy']>, by = OPERATOR): Promise<Created> {
      const { walletId = null, type } = request
      const rules = admitRules(type, request.rules, networks())
      const network = request.network === undefined ? null : requireNetwork(networks(), request.network).id
      const row = newRow({ ...request, walletId, rules, network }, clock.now())
      const answer: PolicyResponse & { replacesDefault?: true } = answerOf(row)
      const write = async (db: Handle) => {
        if (walletId !== null) await requireLiveWallet(wallet, db, walletId)
        if (row.session_id !== null) await requireOpenSession(parts, db, row.session_id)
        const effect = await agreedEffect(parts, db, [{ after: row }])
        const version = await nextVersion(db, walletId)
        if (await writes.add(db, row, { version, by, effect })) answer.replacesDefault = true
      }
      const scope = scopeOf(walletId, parts.systemEvidence)
      const unwritten = await committing(parts, { name: `of policy ${row.id}`, walletId, scope, write })
      return { ...answer, ...unwritten }
    },
    /** Installs the modest default in the transaction that creates a wallet; the job holds the wallet's lock. */
    async installDefault(db: Handle, walletId: string, by = OPERATOR): Promise<PolicyResponse> {
      const about = {
        walletId,
        type: INSTALLED_TYPE,
        rules: { ...installedRules(INSTALLED_TYPE) },
        network: null,
        priority: 0,
        enabled: true,
      }
      const row = { ...newRow(about, clock.now()), is_default: 1 }
      // It bounds what had no bound, in a wallet that pays nothing yet.
      await writes.add(db, row, { version: await nextVersion(db, walletId), by, effect: 'tighter' })
      return answerOf(row)
    },
  }
}

function changes(parts: Parts) {
  const { database, clock, networks, wallet, nextVersion } = parts
  const writes = policyWrites(parts)
  type Edit<T> = { answer(row: StoredPolicy): T; write(db: Handle, row: StoredPolicy): Promise<unknown> }
  /** Changes one policy under the locks of what it applies to. */
  async function changing<T extends object>(id: string, { answer, write }: Edit<T>): Promise<Changed<T>> {
    const known = await database.read((db) => requirePolicy(wallet, db, id))
    const { wallet_id: walletId } = known
    const scope = scopeOf(walletId, parts.systemEvidence)
    const unwritten = await committing(parts, {
      ...{ name: `of policy ${id}`, walletId, scope },
      write: async (db) => write(db, await requirePolicy(wallet, db, id)),
    })
    return { ...answer(known), ...unwritten }
  }
  return {
    /** Failures: ACTION_VALIDATION_FAILED, INVALID_ADDRESS, POLICY_NOT_FOUND. */
    update: (
      { id, rules, priority, enabled }: Parsed<Operations['updatePolicy']>,
      by = OPERATOR,
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
          const change = { before: row, after: changed(row) }
          const effect = await agreedEffect(parts, db, [change])
          await writes.change(db, change, { version: await nextVersion(db, row.wallet_id), by, effect })
        },
      })
    },
    /** Failure: POLICY_NOT_FOUND. */
    remove: (id: string, by = OPERATOR): Promise<Changed<{ id: string; deleted: boolean }>> =>
      changing(id, {
        answer: () => ({ id, deleted: true }),
        async write(db, row) {
          const effect = await agreedEffect(parts, db, [{ before: row }])
          await writes.remove(db, row, { version: await nextVersion(db, row.wallet_id), by, effect })
        },
      }),
    /** In the job that purges a wallet, which holds its lock: what it had is kept as gone with it. */
    async purge(db: Handle, walletId: string, by: By): Promise<void> {
      const version = await nextVersion(db, walletId)
      for (const row of await policyStore.ofWallet(db, walletId)) await writes.keep(db, 'PURGED', { row, version, by })
    },
  }
}

function reading({ database, wallet, session }: Parts) {
  /** A policy of a session that is over stays until somebody deletes it, and says so. */
  async function shownAs(db: Handle, row: StoredPolicy): Promise<PolicyResponse> {
    const of = row.session_id === null ? undefined : await session(db, row.session_id)
    const isOver = row.session_id !== null && (of === undefined || of.isRevoked)
    return { ...answerOf(row), ...(isOver && { sessionEnded: true as const }) }
  }
  return {
    /** Failure: POLICY_NOT_FOUND. */
    get: (id: string): Promise<PolicyResponse> =>
      database.read(async (db) => shownAs(db, await requirePolicy(wallet, db, id))),
    /** With a wallet, its own and those of every wallet; otherwise all. With a session those alone that can bind it. Failures: WALLET_NOT_FOUND, ACTION_VALIDATION_FAILED. */
    async list(
      query: Parsed<Operations['listPolicies']>,
      sessionId?: string,
    ): Promise<Wire<Operations['listPolicies']>> {
      const { walletId, limit, offset, cursor } = query
      const from = cursor === undefined ? { offset } : { offset: 0, after: positionOf(cursor) }
      return database.read(async (db) => {
        if (walletId !== undefined) await requireWallet(wallet, db, walletId)
        const filter = { walletId, session: sessionId === undefined ? undefined : await session(db, sessionId) }
        const rows = await policyStore.list(db, filter, { ...from, limit: limit + 1 })
        const total = await policyStore.count(db, filter)
        const data = rows.slice(0, limit)
        const hasMore = rows.length > limit
        return {
          data: await Promise.all(data.map((row) => shownAs(db, row))),
          total,
          limit,
          offset,
          nextCursor: hasMore ? cursorOf(data.at(-1)!) : null,
          hasMore,
        }
      })
    },
    /** Every change, the newest first; also of what is gone. Failure WALLET_NOT_FOUND. */
    async versions(query: Parsed<Operations['listPolicyVersions']>): Promise<Wire<Operations['listPolicyVersions']>> {
      const { walletId, limit, cursor } = query
      const after = cursor === undefined ? undefined : readCursor(cursor)
      return database.read(async (db) => {
        if (walletId !== undefined && !(await wallet(db, walletId)))
          throw new Failure('WALLET_NOT_FOUND', `there is no wallet ${walletId}`)
        const page = { limit: limit + 1, after: after && { version: after.number, policyId: after.id } }
        const rows = await historyStore.list(db, query, page)
        const shown = rows.slice(0, limit)
        const last = rows.length > limit ? shown.at(-1) : undefined
        return {
          data: shown.map(versionOf),
          nextCursor: last ? writeCursor({ number: last.version, id: last.policy_id }) : null,
          hasMore: last !== undefined,
        }
      })
    },
  }
}

const versionOf = ({ policy_id, version, what, author, at, ...row }: PolicyVersionRow) => ({
  ...{ version, policyId: policy_id, change: what, author, at },
  ...contentOf(row, policy_id),
})
const cursorOf = ({ priority, id }: StoredPolicy): string => writeCursor({ number: priority, id })
function positionOf(cursor: string): { priority: number; id: string } {
  const { number, id } = readCursor(cursor)
  return { priority: number, id }
}

const scopeOf = (walletId: string | null, systemEvidence: string): Scope =>
  walletId === null ? { exclusive: ['system', systemEvidence] } : { exclusive: [`wallet:${walletId}`] }

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
