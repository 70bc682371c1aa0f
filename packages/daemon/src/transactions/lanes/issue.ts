import type { Anchor, Draft, Lifetime } from '../../chains/build.ts'
import { readAhead } from '../../ledger/service.ts'
import { endIfNotEnough } from '../deciding/approved-still.ts'
import { judgedColumns } from '../deciding/judge-again.ts'
import type { JudgeAgain, NotNow, Verdict } from '../deciding/verdict.ts'
import { isFill, isGiven } from '../kinds/all.ts'
import { attemptStore, type Purpose } from '../rows/attempt-store.ts'
import { endOverdue, endUnsent } from '../rows/ending.ts'
import { must } from '../rows/must.ts'
import { intentOf } from '../rows/readings.ts'
import { readyStore } from '../rows/ready-store.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { unplacedStore } from '../rows/unplaced-store.ts'
import { build, type Issued } from './build.ts'
import { isJudgedAgain } from './decision-age.ts'
import { alignNonce, nonceSource } from './nonces.ts'
import { type LaneJob, openRound, type Round } from './round.ts'

/**
 * Drafts that would succeed, found among so many requests at the head of the lane. `chainNonce` is the next one that the
 * chain itself would take; only known of a lane that has nothing on its way.
 */
type Fresh = {
  /** As they were read when they were found. */
  rows: readonly TransactionRow[]
  fresh: ReadonlyMap<string, Draft>
  /** Those that are known to be judged again. */
  judged: ReadonlySet<string>
  anchor?: Anchor
  among: number
  chainNonce: number | undefined
}
/** `lacking` are requests that cannot be judged now, for want of an input that may still come. */
type IssuedRound = { issued: Issued[]; lacking: string[] }

/** Takes the next requests of the lane, judges again what has to be, and stores their bytes with an authorisation each. */
export async function issue(job: LaneJob, found: Fresh): Promise<IssuedRound> {
  const { fresh, judged, anchor, among, chainNonce } = found
  const { lane, db } = job
  const round = await openRound(job)
  if (!round) return { issued: [], lacking: [] }
  if (chainNonce !== undefined) await alignNonce(round, { chainNonce, signed: [] })
  const nonces = lane.chain.order ? await nonceSource(round) : undefined
  const judgeAgain = job.parts.judge.again(db)
  const issued: Issued[] = []
  const lacking: string[] = []
  const seen = new Map(found.rows.map((row) => [row.id, row]))
  const query = { lane: lane.id, wallet: lane.wallet.id, count: among + 8 }
  const rows = await readyStore.still(db, seen, query)
  await readAhead(
    db,
    rows.flatMap(({ id }) => (judged.has(id) ? [id] : [])),
  )
  for (const row of rows) {
    const draft = fresh.get(row.id)
    if (!draft) continue
    if (isFill(row) && nonces && !nonces.isFree()) {
      await endFill(round, row)
      continue
    }
    const own = lane.chain.ownLifetime?.(draft)
    if (nonces && own && own.nonce !== nonces.peek()) {
      if (own.nonce! > nonces.peek() && (await isBehindOthers(round, row))) {
        lacking.push(row.id)
        continue
      }
      await endMisplaced(round, row, { expected: nonces.peek(), given: own.nonce })
      continue
    }
    const lifetime = own ?? {
      ...anchor,
      ...(nonces ? { nonce: nonces.peek() } : { variation: lane.nextVariation() }),
    }
    const made = await prepared({ ...round, judgeAgain }, row, { draft, lifetime, isJudged: judged.has(row.id) })
    if (made === 'lacks') lacking.push(row.id)
    if (!made || made === 'lacks') continue
    issued.push(made)
    await nonces?.take()
    // What follows waits for whoever sends it.
    if (nonces && own && purposeOf(row) === 'sign-only') break
  }
  await attemptStore.insert(db, issued)
  await nonces?.store()
  return { issued, lacking }
}

/** The lane asked for it itself, and another one has taken the free nonce meanwhile. */
const endFill = (round: Round, row: TransactionRow) =>
  endUnsent(round, row, { to: 'CANCELLED', code: null, error: 'no nonce is free any more', actor: 'system' })

/** Its nonce is part of what is signed, and not the next one. */
const endMisplaced = (round: Round, row: TransactionRow, nonce: { expected: number; given: number | undefined }) =>
  endUnsent(round, row, { ...misplaced(nonce), to: 'CANCELLED', code: 'INVALID_TRANSACTION', actor: 'system' })
/** Those that were there before it may take the nonces up to its own. What its caller sends has no place behind them. */
const isBehindOthers = async ({ db, lane }: Round, row: TransactionRow): Promise<boolean> =>
  purposeOf(row) === 'send' && (await unplacedStore.count(db, { lane: lane.id, before: row.id })) > 0

/** Says which nonce would do. */
export const misplaced = ({ expected, given }: { expected: number; given: number | undefined }) => ({
  error: `expected nonce ${expected}, which is the next one of the wallet, got ${given}; build it again with that`,
})

type Next = { draft: Draft; lifetime: Lifetime; isJudged: boolean }
/** Without a verdict the decision in force still holds. */
type Admitted = { verdict?: Verdict }
type Judging = Round & { judgeAgain: JudgeAgain }

/** Undefined: the request ended, or waits again. One that cannot be judged is refused, and holds up nothing. */
async function prepared(round: Judging, row: TransactionRow, next: Next): Promise<Issued | 'lacks' | undefined> {
  try {
    const admitted = await admit(round, row, next)
    if (admitted === 'lacks') return admitted
    return admitted === 'stays' ? undefined : await stored(round, row, { ...next, ...admitted })
  } catch (error) {
    round.parts.log.error({ err: error, transaction: row.id }, 'a request could not be judged again, and has failed')
    // A failure of the database ends the job in any case.
    await endUnsent(round, row, {
      to: 'FAILED',
      code: 'INTERNAL_ERROR',
      error: 'it could not be judged again; the log of the daemon says why',
      actor: 'system',
      raised: 'critical',
    })
    return undefined
  }
}

async function admit(round: Judging, row: TransactionRow, { draft, isJudged }: Next): Promise<Admitted | NotNow> {
  if (row.session_id) {
    const session = await round.session(row.session_id)
    if (!session || session.revoked_at !== null) {
      await endUnsent(round, row, {
        to: 'CANCELLED',
        code: 'SESSION_REVOKED',
        error: 'its session was revoked',
        actor: 'system',
      })
      return 'stays'
    }
  }
  if (row.plan_until !== null && row.plan_until <= round.parts.clock.latest()) {
    await endOverdue(round, row)
    return 'stays'
  }
  if (await endIfNotEnough(round, row)) return 'stays'
  if (!isJudged && !isJudgedAgain(row, { version: round.version, clock: round.parts.clock })) return {}
  const again = await round.judgeAgain(row, draft)
  return typeof again === 'string' ? again : { verdict: again }
}

/** Whose it is to send it. */
const purposeOf = (row: TransactionRow): Purpose => (isGiven(intentOf(row)) ? 'sign-only' : 'send')

/** Builds the bytes, reads them back and stores them; a difference from what was judged ends the request. */
async function stored(round: Round, row: TransactionRow, next: Next & Admitted): Promise<Issued | undefined> {
  const { draft, lifetime, verdict } = next
  const { decision } = verdict ?? {}
  const issued = build(round, row, { draft, lifetime, decision, purpose: purposeOf(row), digest: row.digest! })
  if (!issued) {
    await endUnsent(round, row, {
      to: 'CANCELLED',
      code: 'INVALID_TRANSACTION',
      error: 'the bytes to sign no longer do, or cost, what was decided on',
      actor: 'system',
      raised: 'critical',
    })
    return undefined
  }
  const { db, now } = round
  const isMoved = verdict
    ? transactionStore.execute(db, row, {
        ...judgedColumns(verdict, draft),
        ...{ id: row.id, attempt: issued.attemptId, at: now },
      })
    : transactionStore.move(db, { id: row.id, from: 'PENDING', to: 'EXECUTING', at: now })
  await must(isMoved, `transaction ${row.id}`)
  return issued
}
