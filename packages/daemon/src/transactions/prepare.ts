import { isFailure } from '@waiaas/contract'
import type { Draft, Promised } from '../chains/chain.ts'
import { intentOf } from './intent.ts'
import type { LaneContext } from './issue.ts'
import { type Parts, scopeOf } from './parts.ts'
import { type Ending, endUnsent } from './stops.ts'
import type { TransactionRow } from './store.ts'

type Place = Pick<LaneContext, 'id' | 'chain' | 'wallet'>

/** Drafts that would succeed now. What cannot be paid for ends here, before anything is signed. */
export async function prepare(
  parts: Parts,
  lane: Place,
  rows: readonly TransactionRow[],
  promised: readonly Promised[],
): Promise<Map<string, Draft>> {
  const built = await Promise.allSettled(rows.map((row) => currentDraft(lane, row)))
  const drafted: { row: TransactionRow; draft: Draft }[] = []
  const unbuilt: unknown[] = []
  for (const [index, result] of built.entries()) {
    const row = rows[index]!
    if (result.status === 'fulfilled') drafted.push({ row, draft: result.value })
    else if (isFailure(result.reason) && result.reason.code !== 'CHAIN_ERROR') await fail(parts, row, result.reason)
    else unbuilt.push(result.reason)
  }
  // Those that no node can build now wait; the others go on without them.
  if (unbuilt.length === rows.length) throw unbuilt[0]
  if (unbuilt.length > 0) parts.log.warn({ lane: lane.id, err: unbuilt[0] }, 'a request cannot be built now')
  const drafts = drafted.map(({ draft }) => draft)
  const faults = await lane.chain.precheck(lane.wallet.address, drafts, promised)
  const fresh = new Map<string, Draft>()
  for (const [index, { row, draft }] of drafted.entries()) {
    const fault = faults[index]
    if (fault) await fail(parts, row, fault)
    else fresh.set(row.id, draft)
  }
  return fresh
}

async function fail(parts: Parts, row: TransactionRow, { code, message }: { code: string; message: string }) {
  const ending: Ending = { to: 'FAILED', code, error: message, actor: 'system' }
  await parts.database.work(scopeOf(row.wallet_id, [row]), (db) => endUnsent(parts, db, row, ending))
}

/** What waited may have been priced long ago; an approval keeps the highest fee that was shown. */
async function currentDraft({ chain, wallet }: Place, row: TransactionRow): Promise<Draft> {
  const stored: Draft = { body: row.draft!, maxFee: BigInt(row.max_fee!) }
  // Without a nonce there is no replacing, and accounts that appear meanwhile would change the effects.
  if (!chain.sequenced || (row.served_delay === 0 && row.approved_at === null)) return stored
  const fresh = await chain.draft(wallet.address, intentOf(row))
  return row.approved_at !== null && fresh.maxFee > stored.maxFee ? stored : fresh
}
