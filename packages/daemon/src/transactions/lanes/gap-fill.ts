import { type Effects, Failure, nativeAsset } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Intent } from '../../chains/intent.ts'
import { reserve } from '../../ledger/service.ts'
import type { Verdict } from '../deciding/verdict.ts'
import { type Job, type Parts, scopeOf } from '../job.ts'
import { encodeRequest, OWN_TYPE } from '../kinds/all.ts'
import { attemptStore } from '../rows/attempt-store.ts'
import { newTransaction } from '../rows/new-transaction.ts'
import { decisionOf } from '../rows/readings.ts'
import { transactionStore, type WaitingFill } from '../rows/store.ts'
import { isOpen } from '../switches.ts'
import { type Fenced, type LaneContext, requireLease } from './round.ts'

type FilledLane = Fenced & Pick<LaneContext, 'chain' | 'wallet'>

/**
 * A nonce that became free below signed attempts would hold them up for ever. When no request takes it, a transfer of
 * nothing to the own address does; its fee is reserved like any other, and a human lets it go on where it is above the
 * bounds. True when one was made. Failure POLICY_DENIED while it waits.
 */
export async function fillGaps(parts: Parts, lane: FilledLane): Promise<boolean> {
  const { chain, wallet } = lane
  if (!(await hasGap(parts, lane))) return false
  const waiting = await parts.database.read((db) => transactionStore.waitingFill(db, lane.id))
  if (waiting !== undefined) throw waitsForApproval(waiting)
  await parts.prices.refresh(chain.network, [nativeAsset(chain.network)])
  const made = await buildFill(chain, wallet.address)
  // Before a row is made, which would end and be made again in each round.
  const [fault] = await chain.precheck(wallet.address, [made.draft], [])
  if (fault) throw new Failure(fault.code, `a nonce of the lane is free and cannot be filled: ${fault.message}`)
  return parts.database.work(scopeOf(wallet.id, []), (db) => storeFill({ parts, db }, { lane, ...made }))
}

/** Whether a nonce is free below signed attempts. Asked of the database: a stop may have given up what this process still watches. */
export async function hasGap({ database }: Pick<Parts, 'database'>, { chain, id }: FilledLane): Promise<boolean> {
  if (!chain.order) return false
  return database.read(async (db) => {
    const free = await attemptStore.inState(db, id, 'dropped')
    if (free.length === 0) return false
    const highest = Math.max(-1, ...(await attemptStore.inState(db, id, 'recorded')).map(({ nonce }) => nonce ?? -1))
    return free.some(({ nonce }) => nonce !== null && nonce < highest)
  })
}

type Fill = Awaited<ReturnType<typeof buildFill>> & { lane: FilledLane }

async function buildFill(chain: Chain, address: string) {
  const intent: Intent = { kind: 'lane', purpose: 'gap-fill' }
  const draft = await chain.draft(address, intent)
  const { digest } = chain.decode(address, chain.bytes(address, draft, chain.anyLifetime), {})
  const effects: Effects = {
    network: chain.network.id,
    sender: address,
    effects: [{ kind: 'lane', purpose: 'gap-fill' }],
    fee: { asset: nativeAsset(chain.network), max: String(draft.maxFee) },
  }
  return { intent, draft, digest, effects }
}

/** False while a stop holds; the gap is looked at again afterwards. */
async function storeFill({ parts, db }: Job, { lane, intent, draft, digest, effects }: Fill): Promise<boolean> {
  const { network } = lane.chain
  await requireLease({ parts, lane, db })
  const wallet = await parts.switches.wallet(db, lane.wallet.id)
  if (!wallet || !(await isOpen(parts, db, wallet.id))) return false
  const verdict = await parts.judge.of(db, {
    wallet,
    session: null,
    network,
    type: OWN_TYPE,
    intent,
    effects,
    feePrice: draft.price,
  })
  if (verdict.status === 'CANCELLED')
    throw new Failure('POLICY_DENIED', `a nonce of the lane is free and may not be filled: ${reasonsOf(verdict)}`)
  const now = parts.clock.now()
  const { epoch } = await parts.switches.killSwitch(db)
  const stored = { type: OWN_TYPE, network: network.id, intent }
  const text = encodeRequest(stored)
  const row = newTransaction({
    ...{ draft, digest, effects, verdict, epoch, now },
    walletId: wallet.id,
    sessionId: null,
    place: { network, sender: wallet.address },
    request: { stored, text },
    requestHash: text,
    hints: {},
  })
  await transactionStore.insert(db, row)
  await reserve(
    db,
    {
      ...{ transactionId: row.id, account: wallet.account, sessionId: null, network: network.id },
      ...{ items: verdict.reserve, fromReserve: verdict.fromReserve },
    },
    now,
  )
  const { tier, reasons } = verdict.decision
  const details = { lane: lane.id, ...(verdict.status === 'QUEUED' && { tier, reasons }) }
  await parts.audit.record(db, {
    event: 'LANE_GAP_FILLED',
    actor: 'system',
    walletId: wallet.id,
    txId: row.id,
    details,
  })
  return true
}

const reasonsOf = ({ decision }: Pick<Verdict, 'decision'>): string =>
  decision.reasons.map(({ message }) => message).join('; ')

/** The rows behind it, and readiness, say so. */
const waitsForApproval = ({ id, decision }: WaitingFill): Failure =>
  new Failure(
    'POLICY_DENIED',
    `a nonce of the lane is free, and what fills it waits for the operator (waiaas tx approve ${id}, with --max-fee where its fee has risen): ${reasonsOf({ decision: decisionOf({ decision }) })}`,
  )
