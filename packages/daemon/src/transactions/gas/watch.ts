import { isFailure } from '@waiaas/contract'
import type { UnitPrice } from '../../chains/build.ts'
import { type Loop, loop } from '../../platform/jobs.ts'
import { type Parts, scopeOf } from '../job.ts'
import type { Lanes } from '../lanes/lanes.ts'
import { endUnsent } from '../rows/ending.ts'
import { transactionStore } from '../rows/store.ts'
import { conditionOf, isMet } from './condition.ts'
import { type GasWaiting, gasStore } from './store.ts'

const EVERY_MS = 2_000
const PAGE = 500

/** Lets requests go on for which gas has become cheap enough, and ends those whose time is over. */
export function gasWatch(parts: Parts, lanes: Pick<Lanes, 'kick'>): Loop {
  const { database, clock, log } = parts
  return loop('gas conditions', log, async () => {
    const prices = new Map<string, Promise<UnitPrice | undefined>>()
    const priceOf = (network: string) => {
      const price = prices.get(network) ?? unitPrice(parts, network)
      prices.set(network, price)
      return price
    }
    for (let after = ''; ; ) {
      const rows = await database.read((db) => gasStore.waiting(db, { after, count: PAGE }))
      for (const row of rows)
        await look(row).catch((error) => log.error({ transaction: row.id, err: error }, 'its gas cannot be watched'))
      const last = rows.at(-1)
      if (!last || rows.length < PAGE) return EVERY_MS
      after = last.id
    }

    async function look(row: GasWaiting): Promise<void> {
      if (row.gas_until !== null && row.gas_until <= clock.latest()) return lapse(parts, row)
      const price = await priceOf(row.network)
      const condition = conditionOf(row)
      if (!price || !condition || !isMet(condition, price)) return
      if (await goOn(parts, row, price)) lanes.kick(row)
    }
  })
}

/** Undefined where no node tells it now. */
async function unitPrice(parts: Parts, network: string): Promise<UnitPrice | undefined> {
  try {
    return await (await parts.chain(network)).unitPrice()
  } catch (error) {
    if (isFailure(error)) return undefined
    throw error
  }
}

const goOn = (parts: Parts, row: GasWaiting, price: UnitPrice): Promise<boolean> =>
  parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const change = { id: row.id, from: 'GAS_WAITING', to: 'PENDING', at: parts.clock.now() } as const
    if (!(await transactionStore.move(db, change))) return false
    await parts.audit.record(db, {
      event: 'TX_GAS_CONDITION_MET',
      actor: 'system',
      walletId: row.wallet_id,
      sessionId: row.session_id ?? undefined,
      txId: row.id,
      details: { asked: String(price.asked), tip: String(price.tip) },
    })
    return true
  })

const lapse = (parts: Parts, row: GasWaiting): Promise<void> =>
  parts.database.work(scopeOf(row.wallet_id, [row]), async (db) => {
    const current = await transactionStore.byId(db, row.id)
    if (current?.status !== 'GAS_WAITING') return
    await endUnsent({ parts, db }, current, {
      to: 'CANCELLED',
      code: 'GAS_CONDITION_TIMEOUT',
      error: 'gas did not become cheap enough in its time',
      actor: 'system',
    })
  })
