import { add, type Base, type Decision, type Effects, factsOf, nativeAsset, newId, type Tier } from '@waiaas/contract'
import type { Draft, Lifetime } from '../../chains/build.ts'
import type { Chain } from '../../chains/chain.ts'
import { type Authorisation, type Authorised, authorise } from '../../gate/service.ts'
import type { By } from '../../platform/caller.ts'
import { type AttemptRow, type AttemptTexts, inNoBlock, type Purpose } from '../rows/attempt-store.ts'
import { hintsOf } from '../rows/readings.ts'
import type { TransactionRow } from '../rows/store.ts'
import type { Round } from './round.ts'

/** Of a replacement: who asked for it, its tier, and the fee that the operator named with it; a request's own attempt is the system's. */
export type Issued = Authorised & {
  row: AttemptRow
  texts: AttemptTexts
  /** By a human: it may pass above the ceiling of its wallet. */
  isApproved: boolean
  by?: By
  tier?: Tier | undefined
  maxFee?: Base | undefined
}
type Plan = {
  draft: Draft
  lifetime: Lifetime
  purpose: Purpose
  digest: string
  /** What it was judged as for this signature; undefined: the decision in force holds. */
  decision?: Decision | undefined
  /** Of a replacement: who asked for it, and the time of the newest block. */
  asked?: { by: By; maxFee?: Base | undefined; seenBlock: number }
}

/** The exact bytes with their authorisation; undefined when they do not do what was judged, or cost more. */
export function build(round: Round, row: TransactionRow, plan: Plan): Issued | undefined {
  const { lane } = round
  const { draft, digest } = plan
  const bytes = lane.chain.bytes(lane.wallet.address, draft, plan.lifetime)
  const decoded = lane.chain.decode(lane.wallet.address, bytes, hintsOf(row))
  if (decoded.digest !== digest || BigInt(decoded.effects.fee.max) > draft.maxFee) return undefined
  const authorisation = authorise({
    bytes,
    kind: lane.chain.signKind,
    transactionId: row.id,
    digest,
    policyVersion: round.version,
    epoch: round.epoch,
    now: round.parts.clock.latest(),
  })
  const cost = nativeCost(lane.chain, decoded.effects, draft)
  const attempt = attemptRow(round, row, { plan, cost })
  return {
    attemptId: attempt.id,
    bytes,
    authorisation,
    row: attempt,
    texts: textsOf(attempt.id, { plan, bytes, authorisation }),
    isApproved: row.approved_at !== null,
    ...(plan.asked && { by: plan.asked.by, tier: plan.decision?.tier, maxFee: plan.asked.maxFee }),
  }
}

/** The most that the bytes can take of the native asset. */
function nativeCost(chain: Chain, effects: Effects, draft: Draft): Base {
  const native = nativeAsset(chain.network)
  return factsOf(effects).pays.reduce(
    (sum, { asset, amount }) => (asset === native ? add(sum, amount) : sum),
    draft.maxFee,
  )
}

type Made = { plan: Plan; cost: Base }

function attemptRow({ lane, now }: Round, row: TransactionRow, made: Made): AttemptRow {
  const { plan, cost } = made
  const { lifetime, draft } = plan
  return {
    id: newId(now),
    transaction_id: row.id,
    session_id: row.session_id,
    lane: lane.id,
    network: lane.chain.network.id,
    sender: lane.wallet.address,
    purpose: plan.purpose,
    asked_by: plan.asked?.by.actor ?? null,
    max_fee: String(draft.maxFee),
    state: 'issued',
    cost: String(cost),
    nonce: lifetime.nonce ?? null,
    blockhash: lifetime.blockhash ?? null,
    last_valid: lifetime.lastValid ?? null,
    variation: lifetime.variation ?? null,
    hash: null,
    signed: null,
    ...inNoBlock,
    left_at: null,
    seen_block: plan.asked?.seenBlock ?? null,
    created_at: now,
    updated_at: now,
  }
}

type Written = { plan: Plan; bytes: Uint8Array; authorisation: Authorisation }

const textsOf = (id: string, { plan, bytes, authorisation }: Written): AttemptTexts => ({
  id,
  decision: plan.decision ? JSON.stringify(plan.decision) : null,
  draft: plan.draft.body,
  unsigned: Buffer.from(bytes).toString('base64'),
  authorisation: JSON.stringify(authorisation),
})
