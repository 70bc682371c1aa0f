import { add, assetKey, integerOf, remaining, toUsd, type Usd, ZERO_USD } from '@waiaas/contract'
import { type Handle, perGroup } from '../platform/db/database.ts'
import {
  accountScope,
  byUnit,
  decode,
  lockAccount,
  networkScope,
  type Reservation,
  reserveScope,
  sessionScope,
  USD,
  usdIn,
  type Worth,
} from './counted.ts'
import { type Held, heldOf } from './standing.ts'
import { type Counter, DAY_WINDOW, ledgerStore, SPANS } from './store.ts'

// What counts now, read from the counters and buckets.

const [MINUTE, HOUR] = SPANS
const FOREVER = 8_640_000_000_000_000
/**
 * What counts in a rolling window: all that is open, and what became final within it, by the start of its minute or hour.
 * `fullUntil` is there while it reaches back to a time of which not all is known.
 */
type Window = {
  open: Usd
  final: readonly { until: number; usd: Usd }[]
  total: Usd
  fullUntil?: number
  /** What of it open allowances hold. */
  allowed?: Held
}

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
  { account, network, ...query }: WindowQuery,
  lengths: readonly number[],
): Promise<Window[]> {
  // What is open and what is final are of one moment.
  await lockAccount(db, { account })
  const scope = network ? networkScope(account, network) : accountScope(account)
  return windowsOf(db, { ...query, scope, held: await heldOf(db, { account, network, worth: query.worth }) }, lengths)
}

/** The same of a session, with all its wallets and networks. The job holds the session's lock. */
export async function sessionWindows(
  db: Handle,
  { sessionId, ...query }: Omit<WindowQuery, 'account' | 'network'> & { sessionId: string },
  lengths: readonly number[],
): Promise<Window[]> {
  const held = await heldOf(db, { sessionId, worth: query.worth })
  return windowsOf(db, { ...query, scope: sessionScope(sessionId), held }, lengths)
}

async function windowsOf(
  db: Handle,
  {
    scope,
    held,
    now,
    without,
    worth,
    unknownBefore,
    finals = finalsReader(db, now),
  }: Omit<WindowQuery, 'account' | 'network'> & { scope: string; held: Held },
  lengths: readonly number[],
): Promise<Window[]> {
  const opens = await openOthers(db, scope, without)
  const windows: Window[] = lengths.map((length) => ({
    open: held.usd,
    final: [],
    total: held.usd,
    ...(held.usd > ZERO_USD && { allowed: held }),
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

type FinalsQuery = Pick<WindowQuery, 'now' | 'worth'> & {
  of: { account: string; network?: string } | { sessionId: string }
  length: number
}
/** Beyond so much of a window what is final is read by the hour. */
const BY_MINUTE = 25 * HOUR

/**
 * What is final in a window that ends now, with the first moment at which it counts no more: to the minute in its oldest day,
 * then to the hour and rather too early. The job holds the lock of the account or session.
 */
export async function finalsWithin(db: Handle, { of, now, worth, length }: FinalsQuery) {
  const scope = scopeOf(of)
  const from = now - length
  const edge = length > BY_MINUTE ? hourAfter(from + BY_MINUTE) : FOREVER
  const all: { until: number; usd: Usd }[] = []
  for (const unit of (await ledgerStore.openOfAll(db, scope)).keys()) {
    const read = (span: number, range: { from: number; to: number }) =>
      ledgerStore.buckets(db, { scope, unit, span }, range)
    const minutes = await read(MINUTE, { from: from - (from % MINUTE), to: edge })
    const hours = edge === FOREVER ? [] : await read(HOUR, { from: edge, to: FOREVER })
    for (const { start, amount } of [...minutes, ...hours])
      all.push({ until: start + MINUTE + length, usd: usdIn(unit, BigInt(amount), worth) })
  }
  return all
}

function scopeOf(of: FinalsQuery['of']): string {
  if ('sessionId' in of) return sessionScope(of.sessionId)
  return of.network ? networkScope(of.account, of.network) : accountScope(of.account)
}

type Final = { until: number; amount: bigint; isHour: boolean }
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
  return [...minutes, ...hours].map((bucket) => finalOf(bucket, length))
}

const finalOf = ({ start, span, amount }: { start: number; span: number; amount: string }, length: number): Final => ({
  until: start + span + length,
  amount: BigInt(amount),
  isHour: span === HOUR,
})

/** The same with the hours that end to count at these times read by their minutes, as they will be when it is so far. */
export const byTheMinute =
  (db: Handle, finals: FinalsReader, ends: ReadonlySet<number>): FinalsReader =>
  async (counter, length) => {
    const found: Final[] = []
    for (const one of await finals(counter, length)) {
      if (!one.isHour || !ends.has(one.until)) found.push(one)
      else {
        const to = one.until - length
        const minutes = await ledgerStore.buckets(db, { ...counter, span: MINUTE }, { from: to - HOUR, to })
        found.push(...minutes.map((bucket) => finalOf(bucket, length)))
      }
    }
    return found
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
  let sum = (await heldOf(db, { sessionId, worth })).usd
  for (const [unit, open] of await openOthers(db, scope, without)) {
    const amount = open + (await ledgerStore.bucket(db, { scope, unit, span: 0, start: 0 }))
    sum = add(sum, usdIn(unit, amount, worth))
  }
  return sum
}

/** The part of it that is final. */
export async function sessionFinal(
  db: Handle,
  { sessionId, worth }: Pick<WindowQuery, 'worth'> & { sessionId: string },
): Promise<Usd> {
  const scope = sessionScope(sessionId)
  let sum = ZERO_USD
  for (const unit of (await ledgerStore.openOfAll(db, scope)).keys())
    sum = add(sum, usdIn(unit, await ledgerStore.bucket(db, { scope, unit, span: 0, start: 0 }), worth))
  return sum
}

/** What an account has open, of each transaction; `isOut`: signed, and perhaps on its way. */
export async function openSpendsOf(db: Handle, account: string) {
  const rows = await ledgerStore.openOfAccount(db, account)
  return rows.map(({ transaction_id, network, state, items }) => ({
    ...{ transactionId: transaction_id, network, isOut: state === 'out', items: decode(items) },
  }))
}

/** USD of a wallet that is not final yet: of one session, and of all others. */
export async function openNow(
  db: Handle,
  { account, sessionId, worth }: { account: string; sessionId: string; worth: Worth },
): Promise<{ session: Usd; others: Usd; allowed: Usd }> {
  const dollars = (sums: Iterable<[string, bigint]>): Usd =>
    [...sums].reduce((sum, [unit, amount]) => add(sum, usdIn(unit, amount, worth)), ZERO_USD)
  const own = await ledgerStore.openOfSession(db, { account, session: sessionId })
  const session = dollars(byUnit(own.flatMap(({ items }) => decode(items))))
  const all = dollars(await ledgerStore.openOfAll(db, accountScope(account)))
  const allowed = (await heldOf(db, { account, worth })).usd
  return { session, others: remaining(all, session), allowed }
}

/** Base units by asset, in its key, of what a wallet has on its way on a network. */
export async function openAssets(
  db: Handle,
  { account, network }: { account: string; network: string },
): Promise<ReadonlyMap<string, bigint>> {
  const sums = new Map<string, bigint>()
  for (const spend of await ledgerStore.openOfAccount(db, account))
    for (const { asset, amount } of spend.network === network ? decode(spend.items) : [])
      sums.set(assetKey(asset), (sums.get(assetKey(asset)) ?? 0n) + integerOf(amount))
  return sums
}
