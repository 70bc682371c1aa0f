import { type EventDetails, type EventName, events, type RaisedSeverity } from '@waiaas/contract'
import type { Actor } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import { type Handle, perGroup } from '../platform/db/database.ts'
import { checkpointStore } from './checkpoint-store.ts'
import { evidenceHash, GENESIS } from './evidence-hash.ts'
import { type EvidenceRow, evidenceStore, type Filter, type Head } from './store.ts'
import { type Expected, verifyEvidence } from './verify.ts'

export { isSignedText } from './checkpoint.ts'
export { type Checkpoints, checkpoints } from './checkpoints.ts'
export { csvLines } from './csv-form.ts'
export { AuditFileError, checkpointsOf, exportLines, importLines, linesOf } from './files.ts'
export { type Place, type Placed, type PlacedPage, places } from './places.ts'
export { type Proof, proofOf, readProof } from './proof.ts'
export type { Verdict } from './verify.ts'

type About = {
  actor: Actor
  walletId?: string | undefined
  sessionId?: string | undefined
  txId?: string | undefined
  ip?: string | undefined
}
type Told<Name extends EventName> = {
  event: Name
  /** Where a case is worse than the table says of its event. */
  raised?: RaisedSeverity<Name> | undefined
} & ([EventDetails<Name>] extends [Record<string, never>] ? { details?: never } : { details: EventDetails<Name> })
/** One event with what is told of it; the table says how severe it is. */
export type Evidence = { [Name in EventName]: About & Told<Name> }[EventName]
export type Audit = ReturnType<typeof audit>

/** The checkpoint that was made last, whole. */
export const newestCheckpoint = (db: Handle) => checkpointStore.last(db)

/** The lock that a job holds when it records evidence that belongs to no wallet. */
export const SYSTEM_EVIDENCE = 'evidence:system'
/** Before the first row of a chain. */
const START = { seq: 0, hash: GENESIS }

type Unchained = Omit<EvidenceRow, 'id' | 'seq' | 'prev_hash' | 'hash'>

/** Rows chained by hash, one chain per wallet and one for the system, written in the transaction of the change they tell of. */
export function audit({ clock, onRecord = () => {} }: { clock: Pick<Clock, 'now'>; onRecord?: () => void }) {
  const waiting = perGroup<Unchained[]>(() => [])
  async function append(db: Handle, rows: readonly Unchained[]): Promise<void> {
    const heads = new Map<string, Head>()
    const chained: EvidenceRow[] = []
    const ids = await idsFor(db, rows)
    for (const [index, row] of rows.entries()) {
      const { chain } = row
      const { seq, hash: prev_hash } = heads.get(chain) ?? (await evidenceStore.head(db, chain)) ?? START
      const next = { ...row, id: ids[index]!, seq: seq + 1, prev_hash }
      const hash = evidenceHash(next)
      heads.set(chain, { chain, seq: next.seq, hash })
      chained.push({ ...next, hash })
    }
    await evidenceStore.append(db, chained, [...heads.values()])
    for (const _ of rows) onRecord()
  }

  return {
    /**
     * Adds to the wallet's chain (the job holds the wallet's lock) or to the system's (it holds SYSTEM_EVIDENCE). The rows
     * of a job, or of a group of them, are written together at the end.
     */
    async record(db: Handle, evidence: Evidence): Promise<void> {
      const at = clock.now()
      const rows = waiting(db)
      rows.push({
        chain: evidence.walletId ? `wallet:${evidence.walletId}` : 'system',
        at,
        event: evidence.event,
        severity: evidence.raised ?? events[evidence.event].severity,
        actor: evidence.actor,
        wallet_id: evidence.walletId ?? null,
        session_id: evidence.sessionId ?? null,
        tx_id: evidence.txId ?? null,
        ip: evidence.ip ?? null,
        details: JSON.stringify(evidence.details ?? {}),
      })
      db.atEnd(rows, (last) => append(last, rows))
    },
    list: (db: Handle, filter: Filter, limit: number) => evidenceStore.list(db, filter, limit),
    page,
    count: (db: Handle, filter: Filter) => evidenceStore.count(db, filter),
    verify: (db: Handle, expected?: Expected) => verifyEvidence(db, expected),
  }
}

/** One for each row, taken where it is written, so that no two rows have the same. */
async function idsFor(db: Handle, rows: readonly Unchained[]): Promise<readonly number[]> {
  const taken = await db.numbers(rows.length)
  if (taken) return taken
  let last = await evidenceStore.lastId(db)
  return rows.map(({ at }) => {
    last = Math.max(at * 1000, last + 1)
    return last
  })
}

/** More than the replicas that can have recorded at the same moment. */
const MOST_OF_ONE_ID = 1_000

/** Ends where an id ends, because the next page begins below it: with fewer rows, or more where `limit` is too small for one id. */
async function page(db: Handle, filter: Filter, limit: number): Promise<{ rows: EvidenceRow[]; hasMore: boolean }> {
  const rows = await evidenceStore.list(db, filter, limit + 1)
  const next = rows[limit]
  if (!next) return { rows, hasMore: false }
  const whole = rows.slice(0, limit).filter(({ id }) => id !== next.id)
  if (whole.length > 0) return { rows: whole, hasMore: true }
  const same = await evidenceStore.list(db, { ...filter, id: next.id }, MOST_OF_ONE_ID)
  const below = await evidenceStore.list(db, { ...filter, before: next.id }, 1)
  return { rows: same, hasMore: below.length > 0 }
}
