import {
  add,
  type Base,
  integerOf,
  parseBase,
  parseMicros,
  shareUp,
  toBase,
  toUsd,
  type Usd,
  ZERO_USD,
} from '@waiaas/contract'
import { type Handle, perGroup } from '../platform/db/database.ts'
import { type Counter, DAY_WINDOW, ledgerStore, SPANS, type SpendRow } from './store.ts'

export { pruning } from './pruning.ts'
export { DAY_WINDOW, MONTH_WINDOW } from './store.ts'

/** One part of a spend. `usd` is micro-dollars at its last judgement, null when no price was ever known. */
export type SpendItem = { part: 'value' | 'fee'; asset: string; amount: Base; usd: Usd | null }
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
/**
 * What counts in a rolling window: all that is open, and what became final within it, by the start of its minute or hour.
 * `fullUntil` is there while it reaches back to a time of which not all is known.
 */
export type Window = {
  open: Usd
  final: readonly { until: number; usd: Usd }[]
  total: Usd
  fullUntil?: number
}

const [MINUTE, HOUR] = SPANS
const FOREVER = 8_640_000_000_000_000
/** Parts whose price was ever known count in micro-dollars; one without is held in its own unit. */
const USD = 'usd'

const accountScope = (account: string) => `wallet:${account}`
const networkScope = (account: string, network: string) => `wallet:${account}@${network}`
/** A lane is an address on a network. */
const reserveScope = (account: string, network: string) => `${networkScope(account, network)}/reserve`
const sessionScope = (sessionId: string) => `session:${sessionId}`
type Counted = Pick<SpendRow, 'account' | 'session_id' | 'network' | 'from_reserve'>
const scopesOf = (spend: Counted) => [
  accountScope(spend.account),
  networkScope(spend.account, spend.network),
  ...(spend.session_id ? [sessionScope(spend.session_id)] : []),
]

const total = (items: readonly SpendItem[]) => items.reduce((sum, { usd }) => add(sum, usd ?? ZERO_USD), ZERO_USD)
const encode = (items: readonly SpendItem[]) =>
  JSON.stringify(
    items.map((item) => ({ ...item, amount: String(item.amount), usd: item.usd === null ? null : String(item.usd) })),
  )
const decode = (text: string): SpendItem[] =>
  (JSON.parse(text) as { part: 'value' | 'fee'; asset: string; amount: string; usd: string | null }[]).map((item) => ({
    ...item,
    amount: parseBase(item.amount),
    usd: item.usd === null ? null : parseMicros(item.usd),
  }))

/** What a set of items adds to the counter of each unit, in that unit. */
function byUnit(items: readonly SpendItem[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { asset, amount, usd } of items) {
    const unit = usd === null ? asset : USD
    sums.set(unit, (sums.get(unit) ?? 0n) + integerOf(usd ?? amount))
  }
  return sums
}

/** What a counter in some unit comes to in micro-dollars. */
const usdIn = (unit: string, amount: bigint, worth: Worth): Usd =>
  unit === USD ? toUsd(amount) : (worth(unit, toBase(amount)) ?? ZERO_USD)

/** So much of one counter, in its own unit. */
type Part = Counter & { amount: bigint }

function partsOf(spend: Counted, items: readonly SpendItem[]): Part[] {
  const { account, network, from_reserve } = spend
  const parts = [...byUnit(items)].flatMap(([unit, amount]) =>
    scopesOf(spend).map((scope) => ({ scope, unit, amount })),
  )
  if (from_reserve === null) return parts
  return [...parts, { scope: reserveScope(account, network), unit: USD, amount: BigInt(from_reserve) }]
}
const reserveText = (usd: Usd): string | null => (usd === ZERO_USD ? null : String(usd))

async function hold(db: Handle, spend: Counted, items: readonly SpendItem[]): Promise<void> {
  for (const part of partsOf(spend, items)) await raise(db, part)
}

async function free(db: Handle, spend: Counted, items: readonly SpendItem[]): Promise<void> {
  for (const part of partsOf(spend, items)) await lower(db, part)
}

const lower = (db: Handle, part: Part): Promise<void> => raise(db, { ...part, amount: -part.amount })

async function raise(db: Handle, part: Part): Promise<void> {
  const open = (await ledgerStore.open(db, part)) + part.amount
  if (open < 0n) throw new Error(`the open counter of ${part.scope} in ${part.unit} would fall below zero`)
  await ledgerStore.setOpen(db, part, open)
}

type Held = { spend: Counted; items: readonly SpendItem[] }
/** By how much each counter changes when a spend gets other contents; of those that do. */
function changesOf(before: Held, after: Held): Part[] {
  const changes = new Map<string, Part>()
  addUp(changes, after.spend, after.items)
  const left = new Map<string, Part>()
  addUp(left, before.spend, before.items)
  for (const [key, part] of left) changes.set(key, { ...part, amount: (changes.get(key)?.amount ?? 0n) - part.amount })
  return [...changes.values()].filter(({ amount }) => amount !== 0n)
}

/** Holds the spend against every scope it counts in. The job holds the locks of wallet and session. */
export async function reserve(db: Handle, spend: Spend, at: number): Promise<void> {
  const row: SpendRow = {
    transaction_id: spend.transactionId,
    account: spend.account,
    session_id: spend.sessionId,
    network: spend.network,
    state: 'reserved',
    items: encode(spend.items),
    usd: String(total(spend.items)),
    from_reserve: reserveText(spend.fromReserve ?? ZERO_USD),
    created_at: at,
    updated_at: at,
  }
  await lockAccount(db, row)
  await ledgerStore.insertSpend(db, row)
  await hold(db, row, spend.items)
}

/** Gives a reservation, as it was read in this job, other contents: judged again, or a higher fee on the same nonce. */
export async function replaceReservation(
  db: Handle,
  before: Reservation,
  { items, fromReserve = ZERO_USD, at }: Pick<Spend, 'items' | 'fromReserve'> & { at: number },
): Promise<void> {
  const { spend: row } = before
  const held = { items: encode(items), usd: String(total(items)), from_reserve: reserveText(fromReserve) }
  if (held.items === row.items && held.from_reserve === row.from_reserve) return
  for (const part of changesOf(before, { spend: { ...row, ...held }, items })) await raise(db, part)
  await ledgerStore.changeSpend(db, { id: row.transaction_id, state: row.state, ...held, at })
}

/** The signed bytes are about to leave. */
export async function markOut(db: Handle, ids: readonly string[], at: number): Promise<void> {
  const changes = await ledgerStore.moveOut(db, ids, at)
  if (changes !== ids.length) throw new Error(`one of the transactions ${ids.join(', ')} has no spend`)
}

/** The bytes that left are proven void and new ones may follow. */
export const markReserved = (db: Handle, id: string, at: number) =>
  ledgerStore.moveSpend(db, { id, state: 'reserved', at })

/** Frees everything: nothing was signed, or what was signed is proven never to land. */
export async function release(db: Handle, id: string, at: number): Promise<void> {
  const row = await openSpend(db, id)
  await free(db, row, decode(row.items))
  await ledgerStore.moveSpend(db, { id, state: 'void', at })
}

/** What became of a spend on chain, finally. A revert keeps the fee alone; a cancelled attempt is its fee alone. */
type Outcome = { succeeded: boolean; fee: Base }

export type Finished = { transactionId: string; outcome: Outcome }

/** Books what the chain finally shows; it counts for one full window from now. Each counter is read and written once. */
export async function finish(db: Handle, finished: readonly Finished[], at: number): Promise<void> {
  const freed = new Map<string, Part>()
  const booked = new Map<string, Part>()
  const rows = await openSpends(
    db,
    finished.map(({ transactionId }) => transactionId),
  )
  const final: SpendRow[] = []
  for (const { transactionId, outcome } of finished) {
    const row = rows.get(transactionId)!
    const reserved = decode(row.items)
    const paid = reserved.flatMap((item) => landed(item, outcome))
    addUp(freed, row, reserved)
    addUp(booked, row, paid)
    final.push({ ...row, state: 'final', items: encode(paid), usd: String(total(paid)), updated_at: at })
  }
  await ledgerStore.rewrite(db, final)
  for (const part of freed.values()) await lower(db, part)
  for (const part of booked.values()) await book(db, part, at)
}

/** Sums by counter. */
function addUp(sums: Map<string, Part>, spend: Counted, items: readonly SpendItem[]): void {
  for (const part of partsOf(spend, items)) {
    const key = `${part.scope} ${part.unit}`
    const sum = sums.get(key)
    if (sum) sum.amount += part.amount
    else sums.set(key, part)
  }
}

function landed(item: SpendItem, { succeeded, fee }: Outcome): SpendItem[] {
  if (item.part === 'value') return succeeded ? [item] : []
  const usd =
    item.usd === null ? null : item.amount === 0n ? ZERO_USD : shareUp(item.usd, { part: fee, whole: item.amount })
  return [{ ...item, amount: fee, usd }]
}

async function book(db: Handle, { scope, unit, amount }: Part, at: number): Promise<void> {
  const spans = scope.startsWith('session:') ? [0] : SPANS
  for (const span of spans) {
    const key = { scope, unit, span, start: span === 0 ? 0 : at - (at % span) }
    await ledgerStore.setBucket(db, { ...key, amount: String((await ledgerStore.bucket(db, key)) + amount) })
  }
}

/** The lock of the wallet that had the address first; a job of a later one holds its own alone. */
const lockAccount = (db: Handle, { account }: Pick<Counted, 'account'>) => db.lock(accountScope(account))

const openSpend = async (db: Handle, id: string): Promise<SpendRow> => (await openSpends(db, [id])).get(id)!

/** Each of these spends, by its transaction, read under the lock of its account. */
async function openSpends(db: Handle, ids: readonly string[]): Promise<Map<string, SpendRow>> {
  let rows = await ledgerStore.spends(db, ids)
  const accounts = new Set([...rows.values()].map(({ account }) => account))
  let isLate = false
  for (const account of accounts) if (await lockAccount(db, { account })) isLate = true
  if (isLate) rows = await ledgerStore.spends(db, ids)
  for (const id of ids) {
    const row = rows.get(id)
    if (!row) throw new Error(`transaction ${id} has no spend`)
    if (row.state !== 'reserved' && row.state !== 'out') throw new Error(`the spend of ${id} is already ${row.state}`)
  }
  return rows
}

export type Reservation = { spend: SpendRow; items: SpendItem[]; fromReserve: Usd; usd: Usd }
/** The reservation of a transaction while it is open. */
export async function reservation(db: Handle, id: string): Promise<Reservation> {
  const spend = await openSpend(db, id)
  const { items, from_reserve, usd } = spend
  return { spend, items: decode(items), fromReserve: parseMicros(from_reserve ?? '0'), usd: parseMicros(usd) }
}

/** Micro-dollars of an amount in base units at the last known price, rounded up; null without one. */
export type Worth = (asset: string, amount: Base) => Usd | null
type WindowQuery = {
  account: string
  network?: string
  now: number
  /** What does not count: the own part of what is judged again. */
  without?: Reservation | undefined
  worth: Worth
  /** Until then (unix milliseconds) the wallet may have spent what is not in the ledger. */
  unknownBefore?: number | null | undefined
  /** Of a job that asks for windows more than once. */
  finals?: FinalsReader
}

/**
 * USD that counts for a wallet now, on one network or on all, in windows of some lengths. What was held in its own unit,
 * for want of a price, counts at the price of now.
 */
export async function walletWindows(
  db: Handle,
  { account, network, now, without, worth, unknownBefore, finals = finalsReader(db, now) }: WindowQuery,
  lengths: readonly number[],
): Promise<Window[]> {
  const scope = network ? networkScope(account, network) : accountScope(account)
  // What is open and what is final are of one moment.
  await lockAccount(db, { account })
  const opens = await openOthers(db, scope, without)
  const windows: Window[] = lengths.map((length) => ({
    open: ZERO_USD,
    final: [],
    total: ZERO_USD,
    ...(unknownBefore && now < unknownBefore + length && { fullUntil: unknownBefore + length }),
  }))
  for (const [unit, open] of opens) {
    for (const [index, length] of lengths.entries()) {
      const found = await finals({ scope, unit }, length)
      const final = found.map(({ until, amount }) => ({ until, usd: usdIn(unit, amount, worth) }))
      windows[index] = sumOf(windows[index]!, { open: usdIn(unit, open, worth), final })
    }
  }
  return windows
}

const sumOf = (window: Window, { open, final }: Pick<Window, 'open' | 'final'>): Window => ({
  ...window,
  open: add(window.open, open),
  final: [...window.final, ...final],
  total: final.reduce((sum, { usd }) => add(sum, usd), add(window.total, open)),
})

/** What is open in each unit, without one transaction's own part. */
async function openOthers(db: Handle, scope: string, without: Reservation | undefined): Promise<Map<string, bigint>> {
  const opens = await ledgerStore.openOfAll(db, scope)
  for (const [unit, amount] of byUnit(without?.items ?? [])) opens.set(unit, (opens.get(unit) ?? 0n) - amount)
  return opens
}

type Final = { until: number; amount: bigint }
/** What is final in a window that ends now. */
export type FinalsReader = (counter: Counter, length: number) => Promise<Final[]>

const readFinals = perGroup(() => new Map<string, Promise<Final[]>>())

/** Reads each counter's once: nothing becomes final while a job decides, which holds the lock of the account. */
export function finalsReader(db: Handle, now: number): FinalsReader {
  // Jobs of a group are of different moments: what is read is the same within a minute.
  const known = db.group ? readFinals(db) : new Map<string, Promise<Final[]>>()
  const minute = now - (now % MINUTE)
  return ({ scope, unit }, length) => {
    const key = `${minute} ${length} ${scope} ${unit}`
    const found = known.get(key) ?? finalsOf(db, { scope, unit }, { from: now - length, length })
    known.set(key, found)
    return found
  }
}

/** Minutes at the old edge of the window, hours from there on. */
async function finalsOf(
  db: Handle,
  { scope, unit }: Counter,
  { from, length }: { from: number; length: number },
): Promise<Final[]> {
  const edge = hourAfter(from)
  const minutes = await ledgerStore.buckets(
    db,
    { scope, unit, span: MINUTE },
    { from: from - (from % MINUTE), to: edge },
  )
  const hours = await ledgerStore.buckets(db, { scope, unit, span: HOUR }, { from: edge, to: FOREVER })
  return [...minutes, ...hours].map(({ start, span, amount }) => ({
    until: start + span + length,
    amount: BigInt(amount),
  }))
}
const hourAfter = (at: number): number => at - (at % HOUR) + HOUR

/** What an account's lane on a network has taken from its reserve within a day. */
export async function reserveWindow(
  db: Handle,
  { account, network, now, without }: Pick<WindowQuery, 'account' | 'now' | 'without'> & { network: string },
): Promise<Window> {
  const scope = reserveScope(account, network)
  await lockAccount(db, { account })
  const own = integerOf(without?.fromReserve ?? ZERO_USD)
  const open = toUsd((await ledgerStore.open(db, { scope, unit: USD })) - own)
  const found = await finalsReader(db, now)({ scope, unit: USD }, DAY_WINDOW)
  const final = found.map(({ until, amount }) => ({ until, usd: toUsd(amount) }))
  return sumOf({ open: ZERO_USD, final: [], total: ZERO_USD }, { open, final })
}

/** One such window. */
export const walletWindow = async (db: Handle, { lengthMs, ...query }: WindowQuery & { lengthMs: number }) =>
  (await walletWindows(db, query, [lengthMs]))[0]!

/** USD a session has spent in its whole life, open and final; what has no price of its own counts at that of now. */
export async function sessionTotal(
  db: Handle,
  { sessionId, without, worth }: { sessionId: string } & Pick<WindowQuery, 'without' | 'worth'>,
): Promise<Usd> {
  const scope = sessionScope(sessionId)
  let sum = ZERO_USD
  for (const [unit, open] of await openOthers(db, scope, without)) {
    const amount = open + (await ledgerStore.bucket(db, { scope, unit, span: 0, start: 0 }))
    sum = add(sum, usdIn(unit, amount, worth))
  }
  return sum
}

/** Forgets what an ended session has spent; false while something of it is open. */
export async function forgetSession(db: Handle, sessionId: string): Promise<boolean> {
  const scope = sessionScope(sessionId)
  for (const open of (await ledgerStore.openOfAll(db, scope)).values()) if (open !== 0n) return false
  await ledgerStore.removeScope(db, scope)
  return true
}
