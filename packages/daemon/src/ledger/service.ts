import { divideUp } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { ledgerStore, SPANS, type SpendRow } from './store.ts'

export { pruning } from './pruning.ts'
export { DAY_WINDOW, MONTH_WINDOW } from './store.ts'

/** One part of a spend. `usd` is micro-dollars at its last judgement, null when no price was ever known. */
export type SpendItem = { part: 'value' | 'fee'; asset: string; amount: bigint; usd: bigint | null }
export type Spend = {
  transactionId: string
  walletId: string
  sessionId: string | null
  network: string
  items: readonly SpendItem[]
}
/**
 * What counts in a rolling window: all that is open, and what became final within it, by the start of its minute or hour.
 * `fullUntil` is there while it reaches back to a time of which not all is known.
 */
export type Window = {
  open: bigint
  final: readonly { until: number; usd: bigint }[]
  total: bigint
  fullUntil?: number
}

const [MINUTE, HOUR] = SPANS
const FOREVER = 8_640_000_000_000_000
/** Parts whose price was ever known count in micro-dollars; one without is held in its own unit. */
const USD = 'usd'

const walletScope = (walletId: string) => `wallet:${walletId}`
const networkScope = (walletId: string, network: string) => `wallet:${walletId}@${network}`
const sessionScope = (sessionId: string) => `session:${sessionId}`
type Counted = { wallet_id: string; session_id: string | null; network: string }
const scopesOf = (spend: Counted) => [
  walletScope(spend.wallet_id),
  networkScope(spend.wallet_id, spend.network),
  ...(spend.session_id ? [sessionScope(spend.session_id)] : []),
]

const total = (items: readonly SpendItem[]) => items.reduce((sum, item) => sum + (item.usd ?? 0n), 0n)
const encode = (items: readonly SpendItem[]) =>
  JSON.stringify(
    items.map((item) => ({ ...item, amount: String(item.amount), usd: item.usd === null ? null : String(item.usd) })),
  )
const decode = (text: string): SpendItem[] =>
  (JSON.parse(text) as { part: 'value' | 'fee'; asset: string; amount: string; usd: string | null }[]).map((item) => ({
    ...item,
    amount: BigInt(item.amount),
    usd: item.usd === null ? null : BigInt(item.usd),
  }))

/** What a set of items adds to each unit's counter. */
function byUnit(items: readonly SpendItem[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const item of items) {
    const [unit, amount] = item.usd === null ? [item.asset, item.amount] : [USD, item.usd]
    sums.set(unit, (sums.get(unit) ?? 0n) + amount)
  }
  return sums
}

async function shiftOpen(db: Handle, spend: Counted, items: readonly SpendItem[], sign: 1n | -1n): Promise<void> {
  for (const [unit, amount] of byUnit(items)) {
    for (const scope of scopesOf(spend)) await lower(db, scope, unit, -sign * amount)
  }
}

async function lower(db: Handle, scope: string, unit: string, amount: bigint): Promise<void> {
  const open = (await ledgerStore.open(db, scope, unit)) - amount
  if (open < 0n) throw new Error(`the open counter of ${scope} in ${unit} would fall below zero`)
  await ledgerStore.setOpen(db, scope, unit, open)
}

/** Holds the spend against every scope it counts in. The job holds the locks of wallet and session. */
export async function reserve(db: Handle, spend: Spend, at: number): Promise<void> {
  const row: SpendRow = {
    transaction_id: spend.transactionId,
    wallet_id: spend.walletId,
    session_id: spend.sessionId,
    network: spend.network,
    state: 'reserved',
    items: encode(spend.items),
    usd: String(total(spend.items)),
    created_at: at,
    updated_at: at,
  }
  await ledgerStore.insertSpend(db, row)
  await shiftOpen(db, row, spend.items, 1n)
}

/** Gives a reservation other contents: judged again, or a higher fee on the same nonce. */
export async function replaceReservation(
  db: Handle,
  id: string,
  items: readonly SpendItem[],
  at: number,
): Promise<void> {
  const row = await openSpend(db, id)
  await shiftOpen(db, row, decode(row.items), -1n)
  await shiftOpen(db, row, items, 1n)
  await ledgerStore.changeSpend(db, id, { state: row.state, items: encode(items), usd: String(total(items)) }, at)
}

/** The signed bytes are about to leave. */
export const markOut = (db: Handle, id: string, at: number) => ledgerStore.moveSpend(db, id, 'out', at)

/** The bytes that left are proven void and new ones may follow. */
export const markReserved = (db: Handle, id: string, at: number) => ledgerStore.moveSpend(db, id, 'reserved', at)

/** Frees everything: nothing was signed, or what was signed is proven never to land. */
export async function release(db: Handle, id: string, at: number): Promise<void> {
  const row = await openSpend(db, id)
  await shiftOpen(db, row, decode(row.items), -1n)
  await ledgerStore.moveSpend(db, id, 'void', at)
}

/** What became of a spend on chain, finally. A revert keeps the fee alone; a cancelled attempt is its fee alone. */
type Outcome = { succeeded: boolean; fee: bigint }

export type Finished = { transactionId: string; outcome: Outcome }

/** Books what the chain finally shows; it counts for one full window from now. Each counter is read and written once. */
export async function finish(db: Handle, finished: readonly Finished[], at: number): Promise<void> {
  const freed = new Map<string, bigint>()
  const booked = new Map<string, bigint>()
  for (const { transactionId, outcome } of finished) {
    const row = await openSpend(db, transactionId)
    const reserved = decode(row.items)
    const paid = reserved.flatMap((item) => landed(item, outcome))
    addUp(freed, row, reserved)
    addUp(booked, row, paid)
    await ledgerStore.changeSpend(
      db,
      transactionId,
      { state: 'final', items: encode(paid), usd: String(total(paid)) },
      at,
    )
  }
  for (const [key, amount] of freed) await lower(db, ...counterOf(key), amount)
  for (const [key, amount] of booked) await book(db, ...counterOf(key), amount, at)
}

/** Sums by counter: scope and unit, neither of which holds a space. */
function addUp(sums: Map<string, bigint>, spend: Counted, items: readonly SpendItem[]): void {
  for (const [unit, amount] of byUnit(items)) {
    for (const scope of scopesOf(spend)) sums.set(`${scope} ${unit}`, (sums.get(`${scope} ${unit}`) ?? 0n) + amount)
  }
}
// addUp made the key of exactly two parts.
const counterOf = (key: string) => key.split(' ') as [scope: string, unit: string]

function landed(item: SpendItem, { succeeded, fee }: Outcome): SpendItem[] {
  if (item.part === 'value') return succeeded ? [item] : []
  const usd = item.usd === null ? null : item.amount === 0n ? 0n : divideUp(item.usd * fee, item.amount)
  return [{ ...item, amount: fee, usd }]
}

async function book(db: Handle, scope: string, unit: string, amount: bigint, at: number): Promise<void> {
  const spans = scope.startsWith('session:') ? [0] : SPANS
  for (const span of spans) {
    const key = { scope, unit, span, start: span === 0 ? 0 : at - (at % span) }
    await ledgerStore.setBucket(db, { ...key, amount: String((await ledgerStore.bucket(db, key)) + amount) })
  }
}

async function openSpend(db: Handle, id: string): Promise<SpendRow> {
  const row = await ledgerStore.spend(db, id)
  if (!row) throw new Error(`transaction ${id} has no spend`)
  if (row.state !== 'reserved' && row.state !== 'out') throw new Error(`the spend of ${id} is already ${row.state}`)
  return row
}

/** The reservation of a transaction while it is open. */
export async function reservedItems(db: Handle, id: string): Promise<SpendItem[]> {
  return decode((await openSpend(db, id)).items)
}

/** Micro-dollars of an amount in base units at the last known price, rounded up; null without one. */
export type Worth = (asset: string, amount: bigint) => bigint | null
type WindowQuery = {
  walletId: string
  network?: string
  now: number
  without?: string
  worth: Worth
  /** Until then (unix milliseconds) the wallet may have spent what is not in the ledger. */
  unknownBefore?: number | null | undefined
}

/**
 * USD that counts for a wallet now, on one network or on all, in windows of some lengths. What was held in its own unit,
 * for want of a price, counts at the price of now; `without` leaves out a transaction's own reservation.
 */
export async function walletWindows(
  db: Handle,
  { walletId, network, now, without, worth, unknownBefore }: WindowQuery,
  lengths: readonly number[],
): Promise<Window[]> {
  const scope = network ? networkScope(walletId, network) : walletScope(walletId)
  const opens = await openOthers(db, scope, without)
  const windows: Window[] = lengths.map((length) => ({
    open: 0n,
    final: [],
    total: 0n,
    ...(unknownBefore && now < unknownBefore + length && { fullUntil: unknownBefore + length }),
  }))
  for (const [unit, open] of opens) {
    const usd = (amount: bigint) => (unit === USD ? amount : (worth(unit, amount) ?? 0n))
    const finals = await finalsOf(db, { scope, unit, now }, lengths)
    for (const [index, found] of finals.entries()) {
      const final = found.map(({ until, amount }) => ({ until, usd: usd(amount) }))
      windows[index] = sumOf(windows[index]!, { open: usd(open), final })
    }
  }
  return windows
}

const sumOf = (window: Window, { open, final }: Pick<Window, 'open' | 'final'>): Window => ({
  ...window,
  open: window.open + open,
  final: [...window.final, ...final],
  total: final.reduce((sum, { usd }) => sum + usd, window.total + open),
})

/** What is open in each unit, without one transaction's own part. */
async function openOthers(db: Handle, scope: string, without: string | undefined): Promise<Map<string, bigint>> {
  const opens = await ledgerStore.openOfAll(db, scope)
  for (const [unit, amount] of byUnit(without ? await reservedItems(db, without) : []))
    opens.set(unit, (opens.get(unit) ?? 0n) - amount)
  return opens
}

type Final = { until: number; amount: bigint }

/** What is final of one unit in each window: minutes at its old edge, hours from there on. */
async function finalsOf(
  db: Handle,
  { scope, unit, now }: { scope: string; unit: string; now: number },
  lengths: readonly number[],
): Promise<Final[][]> {
  const starts = lengths.map((length) => now - length)
  const hours = await ledgerStore.buckets(db, scope, unit, HOUR, hourAfter(Math.min(...starts)), FOREVER)
  const finals: Final[][] = []
  for (const [index, from] of starts.entries()) {
    const minutes = await ledgerStore.buckets(db, scope, unit, MINUTE, from - (from % MINUTE), hourAfter(from))
    const rows = [...minutes, ...hours.filter(({ start }) => start >= hourAfter(from))]
    finals.push(
      rows.map(({ start, span, amount }) => ({ until: start + span + lengths[index]!, amount: BigInt(amount) })),
    )
  }
  return finals
}
const hourAfter = (at: number): number => at - (at % HOUR) + HOUR

/** One such window. */
export const walletWindow = async (db: Handle, { lengthMs, ...query }: WindowQuery & { lengthMs: number }) =>
  (await walletWindows(db, query, [lengthMs]))[0]!

/** USD a session has spent in its whole life, open and final; what has no price of its own counts at that of now. */
export async function sessionTotal(
  db: Handle,
  { sessionId, without, worth }: { sessionId: string; without?: string | undefined; worth: Worth },
): Promise<bigint> {
  const scope = sessionScope(sessionId)
  let sum = 0n
  for (const [unit, open] of await openOthers(db, scope, without)) {
    const amount = open + (await ledgerStore.bucket(db, { scope, unit, span: 0, start: 0 }))
    sum += unit === USD ? amount : (worth(unit, amount) ?? 0n)
  }
  return sum
}
