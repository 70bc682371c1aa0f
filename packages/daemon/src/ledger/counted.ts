import { add, type Base, integerOf, parseBase, parseMicros, toBase, toUsd, type Usd, ZERO_USD } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import type { SpendRow } from './store.ts'

// What a spend is made of, and where and in which unit it counts.

/** Who may take something, and whether nothing bounds it. */
type Grant = { spender: string; unlimited: boolean }
/**
 * One part of a spend. `usd` is micro-dollars at its last judgement, null when no price was ever known. What is `allowed` to
 * somebody counts from then on for as long as it is open.
 */
export type SpendItem = { asset: string; amount: Base; usd: Usd | null } & (
  | { part: 'value' | 'fee' }
  | ({ part: 'allowed' } & Grant)
)
export type Spend = {
  transactionId: string
  /** Under which the wallet's money counts: one for each address, however often its key comes in. */
  account: string
  sessionId: string | null
  network: string
  items: readonly SpendItem[]
  /** What of it is paid from the reserve of its lane. */
  fromReserve?: Usd
}
export type Reservation = { spend: SpendRow; items: SpendItem[]; fromReserve: Usd; usd: Usd }
/** Micro-dollars of an amount in base units at the last known price, rounded up; null without one. */
export type Worth = (asset: string, amount: Base) => Usd | null
/** Parts whose price was ever known count in micro-dollars; one without is held in its own unit. */
export const USD = 'usd'

export const accountScope = (account: string) => `wallet:${account}`
export const networkScope = (account: string, network: string) => `wallet:${account}@${network}`
/** A lane is an address on a network. */
export const reserveScope = (account: string, network: string) => `${networkScope(account, network)}/reserve`
export const sessionScope = (sessionId: string) => `session:${sessionId}`
export type Counted = Pick<SpendRow, 'account' | 'session_id' | 'network' | 'from_reserve'>
export const scopesOf = (spend: Counted) => [
  accountScope(spend.account),
  networkScope(spend.account, spend.network),
  ...(spend.session_id ? [sessionScope(spend.session_id)] : []),
]

export const total = (items: readonly SpendItem[]) =>
  items.reduce((sum, { usd }) => add(sum, usd ?? ZERO_USD), ZERO_USD)
export const encode = (items: readonly SpendItem[]) =>
  JSON.stringify(
    items.map((item) => ({ ...item, amount: String(item.amount), usd: item.usd === null ? null : String(item.usd) })),
  )
export const decode = (text: string): SpendItem[] =>
  // Written by `encode`.
  (JSON.parse(text) as Stored[]).map(
    ({ amount, usd, ...item }): SpendItem => ({
      ...item,
      amount: parseBase(amount),
      usd: usd === null ? null : parseMicros(usd),
    }),
  )
type Stored = { asset: string; amount: string; usd: string | null } & (
  | { part: 'value' | 'fee' }
  | ({ part: 'allowed' } & Grant)
)

/** What a set of items adds to the counter of each unit, in that unit. */
export function byUnit(items: readonly SpendItem[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { asset, amount, usd } of items) {
    const unit = usd === null ? asset : USD
    sums.set(unit, (sums.get(unit) ?? 0n) + integerOf(usd ?? amount))
  }
  return sums
}

/** What a counter in some unit comes to in micro-dollars. */
export const usdIn = (unit: string, amount: bigint, worth: Worth): Usd =>
  unit === USD ? toUsd(amount) : (worth(unit, toBase(amount)) ?? ZERO_USD)

/** The lock of the wallet that had the address first; a job of a later one holds its own alone. */
export const lockAccount = (db: Handle, { account }: Pick<Counted, 'account'>) => db.lock(accountScope(account))
