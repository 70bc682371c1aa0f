import { formatUnits, isFailure } from '@waiaas/contract'
import { type Loop, loop } from '../platform/jobs.ts'
import { type Parts, scopeOf } from './job.ts'
import type { AttemptRow } from './rows/attempt-store.ts'
import { type LowBalanceRow, lowBalanceStore } from './rows/low-balance-store.ts'

/** Fewer payments of gas than this are told of, and once as many again as that are there, it has recovered. */
const FEW = 10n
const ENOUGH = 20n
/** One lane is looked at no more often than this. */
const LOOK_MS = 60_000
const SOON_MS = 1_000

type Paid = Omit<LowBalanceRow, 'created_at'>

/** Tells once, by LOW_BALANCE, when what a wallet has on a network pays for few more transactions like its last one. */
export function lowBalances(parts: Parts) {
  const { database, clock } = parts
  /** What was paid and not looked at yet, and when each lane was looked at. */
  const paid = new Map<string, Paid>()
  const looked = new Map<string, number>()
  let running: Loop | undefined

  async function look(one: Paid): Promise<void> {
    const { network, balance } = await (async () => {
      const chain = await parts.chain(one.network)
      return { network: chain.network, balance: await chain.balance(one.address) }
    })()
    const left = balance / BigInt(one.fee)
    if (left >= ENOUGH) await database.work({}, (db) => lowBalanceStore.remove(db, one.lane))
    if (left >= FEW) return
    await database.work(scopeOf(one.wallet_id, []), async (db) => {
      if (!(await lowBalanceStore.insert(db, { ...one, created_at: clock.now() }))) return
      const { symbol, decimals } = network.native
      const details = {
        network: network.id,
        balance: `${formatUnits(balance, decimals)} ${symbol}`,
        payments: Number(left),
      }
      await parts.audit.record(db, { event: 'LOW_BALANCE', actor: 'system', walletId: one.wallet_id, details })
    })
  }

  async function run(): Promise<number> {
    const now = clock.now()
    const known = await database.read((db) => lowBalanceStore.all(db))
    const all = new Map([...known.map((row) => [row.lane, row] as const), ...paid])
    for (const [lane, one] of all) {
      const last = looked.get(lane)
      if (last !== undefined && now < last + LOOK_MS) continue
      looked.set(lane, now)
      paid.delete(lane)
      try {
        await look(one)
      } catch (error) {
        // It is looked at again when it pays again; one that is known to have little, in a minute.
        if (!isFailure(error)) throw error
      }
    }
    return all.size > 0 ? SOON_MS : LOOK_MS
  }

  return {
    start() {
      running = loop('low balances', parts.log, run)
    },
    /** What a block has charged a wallet. */
    paid(walletId: string, { lane, network, sender, fee }: AttemptRow) {
      if (fee === null || BigInt(fee) === 0n) return
      paid.set(lane, { lane, wallet_id: walletId, network, address: sender, fee })
      running?.wake()
    },
    stop: async () => running?.stop(),
  }
}
