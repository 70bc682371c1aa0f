import { type Effects, newId } from '@waiaas/contract'
import type { Draft, Hints } from '../../chains/build.ts'
import type { Verdict } from '../deciding/verdict.ts'
import { headlineOf, isMessage, type ParsedRequest } from '../kinds/all.ts'
import type { Place } from '../kinds/kind.ts'
import { laneId, signatureLane } from '../lanes/lane-id.ts'
import { addressesOf } from './address-store.ts'
import { allowancesOf } from './allowance-store.ts'
import { type NewRow, unjudged } from './store.ts'

/** Which step of a plan it is, and until when it may be signed; in milliseconds. */
type PlanPlace = { readonly id: string; readonly step: number; readonly until: number }

/** A request that was built and judged. `requestHash` tells equal requests of one wallet. */
export type Judged = {
  readonly walletId: string
  readonly sessionId: string | null
  readonly place: Place
  readonly request: Pick<ParsedRequest, 'stored' | 'text' | 'labels' | 'gas'>
  readonly requestHash: string
  readonly draft: Draft
  readonly hints: Hints
  readonly effects: Effects
  readonly digest: string
  readonly verdict: Verdict
  readonly plan?: PlanPlace | undefined
  /** The sweep that asked for it. */
  readonly sweep?: string | undefined
  /** Of the stops now. */
  readonly epoch: number
  readonly now: number
}

/** The row of a request; the only place that makes one. Of a refused one, which is never signed, `error` and `code` say why. */
export function newTransaction(
  {
    walletId,
    sessionId,
    place,
    request,
    requestHash,
    draft,
    hints,
    effects,
    digest,
    verdict,
    plan,
    sweep,
    epoch,
    now,
  }: Judged,
  refused?: { error: string; code: string },
): NewRow {
  const { network, sender } = place
  const { to, asset, amount, decimals, symbol } = headlineOf(request.stored.intent, place)
  return {
    ...unjudged,
    id: newId(now),
    wallet_id: walletId,
    session_id: sessionId,
    type: request.stored.type,
    status: verdict.status,
    tier: refused ? null : verdict.decision.tier,
    network: network.id,
    lane: (isMessage(request.stored.intent) ? signatureLane : laneId)(network.id, sender),
    request: request.text,
    addresses: addressesOf(effects, to),
    allowances: refused ? [] : allowancesOf(effects, request.stored.intent),
    labels: request.labels === undefined ? null : JSON.stringify(request.labels),
    request_hash: requestHash,
    to_address: to,
    asset,
    amount: String(amount),
    decimals,
    symbol,
    gas_condition: request.gas === undefined ? null : JSON.stringify(request.gas),
    draft: refused ? null : draft.body,
    max_fee: String(draft.maxFee),
    hints: refused ? null : JSON.stringify(hints),
    effects: JSON.stringify(effects),
    digest,
    decision: JSON.stringify(verdict.decision),
    policy_version: verdict.policyVersion,
    epoch,
    judged_at: now,
    amount_usd: verdict.usd === null ? null : String(verdict.usd),
    due_at: verdict.dueAt,
    approval_expires_at: verdict.approvalExpiresAt,
    plan_id: plan?.id ?? null,
    plan_step: plan?.step ?? null,
    plan_until: plan?.until ?? null,
    sweep_id: sweep ?? null,
    error: refused?.error ?? null,
    error_code: refused?.code ?? null,
    created_at: now,
    updated_at: now,
  }
}
