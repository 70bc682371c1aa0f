import { type Effects, nativeAsset, newId } from '@waiaas/contract'
import type { Chain, Intent } from '../chains/chain.ts'
import { type AttemptRow, attemptStore } from './attempt-store.ts'
import { encodeRequest } from './intent.ts'
import { reserve } from './ledger.ts'
import type { Parts } from './parts.ts'
import { transactionStore } from './store.ts'

/**
 * A nonce that became free below signed attempts would hold them up for ever. When no request takes it, a transfer of
 * nothing to the own address does; its fee is reserved like any other. True when one was made.
 */
export async function fillGaps(
  parts: Parts,
  chain: Chain,
  lane: { id: string; wallet: { id: string; address: string } },
  live: readonly AttemptRow[],
): Promise<boolean> {
  const highest = Math.max(-1, ...live.map((row) => (row.state === 'recorded' ? (row.nonce ?? -1) : -1)))
  if (!chain.sequenced || highest < 0) return false
  const free = await parts.database.read((db) => attemptStore.inState(db, lane.id, 'dropped'))
  if (!free.some((row) => row.nonce !== null && row.nonce < highest)) return false
  const intent: Intent = { kind: 'lane', purpose: 'gap-fill' }
  const draft = await chain.draft(lane.wallet.address, intent)
  const { digest } = chain.decode(lane.wallet.address, chain.bytes(lane.wallet.address, draft, { nonce: 0 }), {})
  const effects: Effects = {
    network: chain.network.id,
    sender: lane.wallet.address,
    effects: [{ kind: 'lane', purpose: 'gap-fill' }],
    fee: { asset: nativeAsset(chain.network), max: String(draft.maxFee) },
  }
  return parts.database.work({ shared: ['system'], exclusive: [`wallet:${lane.wallet.id}`] }, async (db) => {
    const wallet = await parts.switches.wallet(db, lane.wallet.id)
    const { state } = await parts.switches.killSwitch(db)
    if (wallet?.status !== 'ACTIVE' || state !== 'ACTIVE') return false
    const verdict = await parts.judge.of(db, {
      wallet,
      session: null,
      network: chain.network,
      type: 'TRANSFER',
      intent,
      effects,
    })
    if (verdict.status !== 'PENDING')
      throw new Error(
        `the gap-fill of ${lane.id} was not allowed to run: ${verdict.decision.reasons.map(({ message }) => message).join('; ')}`,
      )
    const now = parts.clock.now()
    const text = encodeRequest({ type: 'TRANSFER', network: chain.network.id, intent })
    const id = newId(now)
    await transactionStore.insert(db, {
      id,
      wallet_id: wallet.id,
      session_id: null,
      type: 'TRANSFER',
      status: 'PENDING',
      tier: verdict.decision.tier,
      network: chain.network.id,
      lane: lane.id,
      request: text,
      request_hash: text,
      to_address: wallet.address,
      asset: nativeAsset(chain.network),
      amount: '0',
      decimals: chain.network.native.decimals,
      symbol: chain.network.native.symbol,
      draft: draft.body,
      max_fee: String(draft.maxFee),
      hints: null,
      effects: JSON.stringify(effects),
      digest,
      decision: JSON.stringify(verdict.decision),
      policy_version: verdict.policyVersion,
      amount_usd: '0',
      served_delay: 0,
      due_at: null,
      approval_expires_at: null,
      approved_at: null,
      approved_by: null,
      approved_usd: null,
      tx_hash: null,
      block_height: null,
      error: null,
      error_code: null,
      created_at: now,
      updated_at: now,
    })
    await reserve(
      db,
      { transactionId: id, walletId: wallet.id, sessionId: null, network: chain.network.id, items: verdict.reserve },
      now,
    )
    await parts.audit.record(db, {
      event: 'LANE_GAP_FILLED',
      severity: 'warning',
      actor: 'system',
      walletId: wallet.id,
      txId: id,
      details: { lane: lane.id },
    })
    return true
  })
}
