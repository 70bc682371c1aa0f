import type { UnitPrice } from '../../chains/build.ts'
import { type Parts, scopeOf } from '../job.ts'
import { type LaneContext, requireLease } from '../lanes/round.ts'
import type { TransactionRow } from '../rows/store.ts'
import { conditionOf, isMet, type StoredCondition } from './condition.ts'
import { gasStore } from './store.ts'

/** Of requests that are next in their lane those that gas is cheap enough for; the others leave the line until it is. */
export async function withoutDear(
  parts: Parts,
  lane: LaneContext,
  rows: readonly TransactionRow[],
): Promise<readonly TransactionRow[]> {
  if (rows.every((row) => row.gas_condition === null)) return rows
  const price = await lane.chain.unitPrice()
  const dear = rows.filter((row) => row.gas_condition !== null && !isMetBy(row, price))
  if (dear.length === 0) return rows
  await parts.database.work(scopeOf(lane.wallet.id, dear), async (db) => {
    await requireLease({ parts, lane, db })
    const at = parts.clock.now()
    for (const row of dear) {
      const condition = readable(row)
      const until = row.gas_until ?? at + (condition?.timeoutSeconds ?? 0) * 1000
      if (!(await gasStore.hold(db, { id: row.id, until, at })) || row.gas_until !== null) continue
      await parts.audit.record(db, {
        event: 'TX_GAS_WAITING',
        actor: 'system',
        walletId: row.wallet_id,
        sessionId: row.session_id ?? undefined,
        txId: row.id,
        details: { asked: String(price.asked), tip: String(price.tip), until },
      })
    }
  })
  return rows.filter((row) => !dear.includes(row))
}

/** One that cannot be read is met by no price, and ends when its time is over. */
function readable(row: TransactionRow): StoredCondition | null {
  try {
    return conditionOf(row)
  } catch {
    return null
  }
}

function isMetBy(row: TransactionRow, price: UnitPrice): boolean {
  const condition = readable(row)
  return condition !== null && isMet(condition, price)
}
