import { Failure, isFailure, parseBase } from '@waiaas/contract'
import type { Draft } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import type { Scope } from '../../platform/db/database.ts'
import type { Parts } from '../job.ts'
import { type AttemptRow, attemptStore } from '../rows/attempt-store.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import type { Issued } from './build.ts'
import { outbidding } from './outbidding.ts'
import type { Recorded } from './record.ts'
import { inFlight, notReplaceable, replace, replacing, type Wanted, waitingOf } from './replace.ts'
import { pauseMs, tooSoon } from './replacement-limits.ts'
import { type LaneJob, LeaseLost, requireLease } from './round.ts'
import type { WaitReasons } from './wait-reasons.ts'

/** A nonce that could not be taken back is tried again after this. */
const AGAIN_MS = 60_000

/** A replacement that somebody asked for and waits for. */
type Call = { wanted: Wanted; resolve: (hash: string) => void; reject: (error: unknown) => void }

/** What is used of the lane whose attempts are replaced. */
type Lane = {
  id: string
  address: string
  live: ReadonlyMap<string, AttemptRow>
  reasons: WaitReasons
  chain(): Chain
  scope(rows: readonly TransactionRow[]): Scope
  job<T>(scope: Scope, fn: (job: LaneJob) => Promise<T>): Promise<T>
  refreshPrices(rows: readonly TransactionRow[]): Promise<void> | undefined
  sign(issued: readonly Issued[], scope: Scope): Promise<Recorded[]>
  notNow(): Failure
}
export type Replacements = ReturnType<typeof replacements>

/** Outbids signed transactions of a lane on their nonces: those that somebody asked for, and those that find no block. */
export function replacements(parts: Parts, lane: Lane) {
  const asked: Call[] = []
  const bids = outbidding(lane.chain(), parts)

  async function answer({ wanted, resolve, reject }: Call): Promise<void> {
    try {
      resolve(await carryOut(wanted))
    } catch (error) {
      if (!(error instanceof LeaseLost)) return reject(error)
      reject(lane.notNow())
      throw error
    }
  }

  async function outbid(row: AttemptRow): Promise<void> {
    const { transaction_id: transactionId } = row
    try {
      if (!bids.isRefused(row.id)) await requireSeen(parts, lane, transactionId)
      const purpose = row.purpose === 'cancel' || row.purpose === 'sign-only' ? 'cancel' : 'speed-up'
      await carryOut({ transactionId, purpose, by: { actor: 'system' } })
    } catch (error) {
      if (!isFailure(error)) throw error
      // It moved on, or a policy changed before the signature was recorded: if it still waits, the next round tries again.
      if (error.code === 'TX_ALREADY_PROCESSED') return
      if (error.retryAfter !== undefined) return bids.putOff(row.id, error.retryAfter * 1000)
      await tellStuck(row, error)
      // Its money and its lane wait for this.
      if (row.purpose === 'sign-only') bids.putOff(row.id, AGAIN_MS)
      else bids.leaveAlone(row.id)
    }
  }

  async function tellStuck({ transaction_id: id }: AttemptRow, { message }: Failure): Promise<void> {
    parts.log.warn({ lane: lane.id, transaction: id, reason: message }, 'a stuck transaction keeps waiting')
    const reason = `no block takes it at its price, and a higher one is not possible: ${message}`
    await lane.reasons.transactions(new Map([[id, reason]]))
  }

  async function carryOut(wanted: Wanted): Promise<string> {
    const { transactionId, purpose } = wanted
    const { row, newest, seen } = await outbidden(parts, transactionId)
    const { draft: body } = await parts.database.read((db) => attemptStore.texts(db, newest.id))
    const chain = lane.chain()
    const before: Draft = { body, maxFee: parseBase(newest.max_fee) }
    const seenBlock = await nextBlock(chain, seen)
    await lane.refreshPrices([row])
    const draft = await chain.draft(lane.address, replacing(row, purpose), { replaces: before })
    await requireSendable(lane, draft, newest.nonce)
    const anchor = await chain.expiry?.anchor()
    const scope = lane.scope([row])
    const plan = { ...wanted, draft, seenBlock, ...(anchor && { anchor }) }
    const [recorded] = await lane.sign([await lane.job(scope, (job) => replace(job, plan))], scope)
    if (!recorded?.row.hash) throw new Failure('TX_ALREADY_PROCESSED', 'the transaction moved on while it was replaced')
    return recorded.row.hash
  }

  return {
    refused: bids.refused,
    isAsked: () => asked.length > 0,
    isDue: () => bids.due(lane.live.values()).length > 0,
    /** The new hash, once its bytes are recorded. */
    ask: (wanted: Wanted): Promise<string> =>
      new Promise((resolve, reject) => void asked.push({ wanted, resolve, reject })),
    async carryOut(): Promise<void> {
      // Those behind one that ends the round are answered by `refuseAll`.
      for (let call = asked.shift(); call; call = asked.shift()) await answer(call)
      for (const row of bids.due(lane.live.values())) await outbid(row)
    },
    /** Nobody waits for a lane that has stopped working. */
    refuseAll(): void {
      for (const { reject } of asked.splice(0)) reject(lane.notNow())
    },
    /** Its fate is known. */
    forget: ({ id }: AttemptRow) => bids.forget(id),
  }
}

/** A signed transaction that is in no block, its newest attempt, and the time of the newest block at the last look. */
export async function outbidden({ database }: Pick<Parts, 'database'>, id: string) {
  const { row, attempts } = await database.read(async (db) => ({
    row: await transactionStore.byId(db, id),
    attempts: await attemptStore.ofTransaction(db, id),
  }))
  const waiting = waitingOf(attempts)
  const newest = waiting.at(-1)
  const seen = waiting.findLast(({ seen_block }) => seen_block !== null)?.seen_block ?? undefined
  if (row && newest && newest.nonce !== null) return { row, newest: { ...newest, nonce: newest.nonce }, seen }
  throw notReplaceable(row?.status)
}

/** What found no block while others came is outbid; where none came, no price helps. The first look notes the newest. */
async function requireSeen(parts: Parts, lane: Lane, id: string): Promise<void> {
  const { row, newest, seen } = await outbidden(parts, id)
  if (seen !== undefined) return
  const chain = lane.chain()
  const block = await chain.blockTime()
  await lane.job(lane.scope([row]), async (job) => {
    await requireLease(job)
    await attemptStore.see(job.db, { id: newest.id, block })
  })
  throw tooSoon('it is not known yet whether the chain goes on', pauseMs(chain.network.blockMs))
}

/** The time of the newest block, which has come since: a chain that stands still is not outbid. */
async function nextBlock(chain: Chain, seen: number | undefined): Promise<number> {
  const at = await chain.blockTime()
  if (seen === undefined || at > seen) return at
  throw tooSoon(`${chain.network.id} has had no new block since, and stands still`, pauseMs(chain.network.blockMs))
}

/** As before a send: the sender's code, and its money beside what is promised to the others. */
async function requireSendable({ live, chain, address }: Lane, draft: Draft, nonce: number): Promise<void> {
  const others = inFlight(live.values()).filter((row) => row.nonce !== nonce)
  const promised = others.map(({ hash, nonce, cost }) => ({ hash, nonce, cost: parseBase(cost) }))
  const [fault] = await chain().precheck(address, [draft], promised)
  if (fault) throw new Failure(fault.code, fault.message)
}
