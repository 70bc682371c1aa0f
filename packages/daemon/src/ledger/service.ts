import { type Base, integerOf, parseMicros, shareUp, type Usd, ZERO_USD } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { addUp, book, type Part, partsOf } from './buckets.ts'
import {
  byUnit,
  type Counted,
  decode,
  encode,
  lockAccount,
  type Reservation,
  reserveScope,
  type Spend,
  type SpendItem,
  scopesOf,
  sessionScope,
  total,
  USD,
} from './counted.ts'
import { stand } from './standing.ts'
import { standingStore } from './standing-store.ts'
import { ledgerStore, type SpendRow } from './store.ts'

export type { Reservation, Spend, SpendItem, Worth } from './counted.ts'
export { decode as spendItems, lockAccount } from './counted.ts'
export { pruning } from './pruning.ts'
export { type Drift, driftsOf, recount } from './recount.ts'
export { bookStanding, heldAssets, type StandingSeen, standingBeside } from './standing.ts'
export { DAY_WINDOW, MONTH_WINDOW } from './store.ts'
export {
  byTheMinute,
  type FinalsReader,
  finalsReader,
  finalsWithin,
  openAssets,
  openNow,
  openSpendsOf,
  reserveWindow,
  sessionFinal,
  sessionTotal,
  sessionWindows,
  walletWindow,
  walletWindows,
} from './windows.ts'

const reserveText = (usd: Usd): string | null => (usd === ZERO_USD ? null : String(usd))

async function hold(db: Handle, spend: Counted, items: readonly SpendItem[]): Promise<void> {
  for (const part of partsOf(spend, items)) await raise(db, part)
}

async function free(db: Handle, spend: Counted, items: readonly SpendItem[]): Promise<void> {
  for (const part of partsOf(spend, items)) await lower(db, part)
}

const lower = (db: Handle, part: Part): Promise<void> => raise(db, { ...part, amount: -part.amount })

const raise = (db: Handle, part: Part): Promise<void> => ledgerStore.raise(db, part, part.amount)

/** By how much each counter changes when a spend gets other contents; of those that do. */
function changesOf(before: Reservation, after: Required<Pick<Spend, 'items' | 'fromReserve'>>): Part[] {
  const changes = byUnit(after.items)
  for (const [unit, amount] of byUnit(before.items)) changes.set(unit, (changes.get(unit) ?? 0n) - amount)
  const { spend } = before
  const parts = [...changes].flatMap(([unit, amount]) => scopesOf(spend).map((scope) => ({ scope, unit, amount })))
  const taken = integerOf(after.fromReserve) - integerOf(before.fromReserve)
  parts.push({ scope: reserveScope(spend.account, spend.network), unit: USD, amount: taken })
  return parts.filter(({ amount }) => amount !== 0n)
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
  for (const part of changesOf(before, { items, fromReserve })) await raise(db, part)
  ledgerStore.refill(db, { ...row, ...held, updated_at: at })
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

/** What became of a spend on chain, finally. A revert keeps the fee alone; a cancelled attempt is its fee alone. What it allowed stands. */
type Outcome = { succeeded: boolean; fee: Base }

export type Finished = { transactionId: string; outcome: Outcome }

/**
 * Books what the chain finally shows; it counts for one full window from now. Each counter is read and written once. By
 * transaction, what was paid.
 */
export async function finish(
  db: Handle,
  finished: readonly Finished[],
  at: number,
): Promise<ReadonlyMap<string, readonly SpendItem[]>> {
  const all = new Map<string, readonly SpendItem[]>()
  const freed = new Map<string, Part>()
  const booked = new Map<string, Part>()
  const rows = await openSpends(
    db,
    finished.map(({ transactionId }) => transactionId),
  )
  const final: SpendRow[] = []
  for (const { transactionId, outcome } of finished) {
    if (all.has(transactionId)) throw new Error(`transaction ${transactionId} cannot become final twice`)
    const row = rows.get(transactionId)!
    const reserved = decode(row.items)
    const paid = reserved.flatMap((item) => landed(item, outcome))
    addUp(freed, row, reserved)
    addUp(booked, row, paid)
    all.set(transactionId, paid)
    const allowed = reserved.filter(({ part }) => part === 'allowed' && outcome.succeeded)
    await stand(db, { spend: row, items: allowed, at })
    const usd = String(total([...paid, ...allowed]))
    final.push({ ...row, state: 'final', items: encode(paid), usd, updated_at: at })
  }
  await ledgerStore.rewrite(db, final)
  for (const part of freed.values()) await lower(db, part)
  for (const part of booked.values()) await book(db, part, at)
  return all
}

function landed(item: SpendItem, { succeeded, fee }: Outcome): SpendItem[] {
  if (item.part === 'allowed') return []
  if (item.part === 'value') return succeeded ? [item] : []
  const usd =
    item.usd === null ? null : item.amount === 0n ? ZERO_USD : shareUp(item.usd, { part: fee, whole: item.amount })
  return [{ ...item, amount: fee, usd }]
}

const openSpend = async (db: Handle, id: string): Promise<SpendRow> => (await openSpends(db, [id])).get(id)!

/** Reads the spends of transactions together that a job will ask for one by one. */
export async function readAhead(db: Handle, ids: readonly string[]): Promise<void> {
  let rows = await ledgerStore.storedSpends(db, ids)
  const accounts = new Set([...rows.values()].map(({ account }) => account))
  let isLate = false
  for (const account of accounts) if (await lockAccount(db, { account })) isLate = true
  if (isLate) rows = await ledgerStore.storedSpends(db, ids)
  ledgerStore.know(db, rows.values())
}

/** Each of these spends, by its transaction, read under the lock of its account. */
async function openSpends(db: Handle, ids: readonly string[]): Promise<ReadonlyMap<string, SpendRow>> {
  const known = ledgerStore.knownSpends(db)
  const unread = ids.filter((id) => !known.has(id))
  if (unread.length > 0) await readAhead(db, unread)
  for (const id of ids) {
    const row = known.get(id)
    if (!row) throw new Error(`transaction ${id} has no spend`)
    if (row.state !== 'reserved' && row.state !== 'out') throw new Error(`the spend of ${id} is already ${row.state}`)
  }
  return known
}

/** The reservation of a transaction while it is open. */
export async function reservation(db: Handle, id: string): Promise<Reservation> {
  const spend = await openSpend(db, id)
  const { items, from_reserve, usd } = spend
  return { spend, items: decode(items), fromReserve: parseMicros(from_reserve ?? '0'), usd: parseMicros(usd) }
}

/** Forgets what an ended session has spent; false while something of it is open. */
export async function forgetSession(db: Handle, sessionId: string): Promise<boolean> {
  const scope = sessionScope(sessionId)
  for (const open of (await ledgerStore.openOfAll(db, scope)).values()) if (open !== 0n) return false
  await ledgerStore.removeScope(db, scope)
  await standingStore.leaveSession(db, sessionId)
  return true
}
