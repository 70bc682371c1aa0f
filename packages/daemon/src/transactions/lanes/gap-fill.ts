import { type Effects, nativeAsset, newId } from '@waiaas/contract'
import type { Chain } from '../../chains/chain.ts'
import type { Intent } from '../../chains/intent.ts'
import { reserve } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { encodeRequest } from '../intent.ts'
import type { Parts } from '../parts.ts'
import { attemptStore } from '../rows/attempt-store.ts'
import { isOpen } from '../rows/ending.ts'
import { transactionStore, unjudged } from '../rows/store.ts'

/**
 * A nonce that became free below signed attempts would hold them up for ever. When no request takes it, a transfer of
 * nothing to the own address does; its fee is reserved like any other. True when one was made.
 */
export async function fillGaps(
  parts: Parts,
  chain: Chain,
  lane: { id: string; wallet: { id: string; address: string } },
): Promise<boolean> {
  if (!chain.order || !(await parts.database.read((db) => hasGap(db, lane.id)))) return false
  await parts.prices.refresh(chain.network, [nativeAsset(chain.network)])
  const made = await buildFill(chain, lane.wallet.address)
  return parts.database.work({ shared: ['system'], exclusive: [`wallet:${lane.wallet.id}`] }, (db) =>
    storeFill(parts, db, { chain, lane, ...made }),
  )
}

/** Asked of the database: a stop may have given up what this process still watches. */
async function hasGap(db: Handle, lane: string): Promise<boolean> {
  const free = await attemptStore.inState(db, lane, 'dropped')
  if (free.length === 0) return false
  const highest = Math.max(-1, ...(await attemptStore.inState(db, lane, 'recorded')).map(({ nonce }) => nonce ?? -1))
  return free.some(({ nonce }) => nonce !== null && nonce < highest)
}

type LaneOf = { id: string; wallet: { id: string; address: string } }
type Fill = Awaited<ReturnType<typeof buildFill>> & { chain: Chain; lane: LaneOf }

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
async function storeFill(
  parts: Parts,
  db: Handle,
  { chain, lane, intent, draft, digest, effects }: Fill,
): Promise<boolean> {
  const wallet = await parts.switches.wallet(db, lane.wallet.id)
  if (!wallet || !(await isOpen(parts, db, wallet.id))) return false
  const verdict = await parts.judge.of(db, {
    wallet,
    session: null,
    network: chain.network,
    type: 'TRANSFER',
    intent,
    effects,
  })
  if (verdict.status !== 'PENDING') {
    throw new Error(
      `the gap-fill of ${lane.id} may not run: ${verdict.decision.reasons.map(({ message }) => message).join('; ')}`,
    )
  }
  const { network } = chain
  const now = parts.clock.now()
  const text = encodeRequest({ type: 'TRANSFER', network: network.id, intent })
  const id = newId(now)
  await transactionStore.insert(db, {
    ...unjudged,
    id,
    wallet_id: wallet.id,
    session_id: null,
    type: 'TRANSFER',
    status: 'PENDING',
    tier: verdict.decision.tier,
    network: network.id,
    lane: lane.id,
    request: text,
    request_hash: text,
    to_address: wallet.address,
    asset: nativeAsset(network),
    amount: '0',
    decimals: network.native.decimals,
    symbol: network.native.symbol,
    draft: draft.body,
    max_fee: String(draft.maxFee),
    hints: null,
    effects: JSON.stringify(effects),
    digest,
    decision: JSON.stringify(verdict.decision),
    policy_version: verdict.policyVersion,
    amount_usd: '0',
    created_at: now,
    updated_at: now,
  })
  await reserve(
    db,
    { transactionId: id, walletId: wallet.id, sessionId: null, network: network.id, items: verdict.reserve },
    now,
  )
  const details = { lane: lane.id }
  await parts.audit.record(db, {
    event: 'LANE_GAP_FILLED',
    actor: 'system',
    walletId: wallet.id,
    txId: id,
    details,
  })
  return true
}
