import {
  add,
  assetKey,
  type Base,
  newId,
  parseMicros,
  shareUp,
  toBase,
  type Usd,
  ZERO_BASE,
  ZERO_USD,
} from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import { unleased } from '../platform/due-rows.ts'
import { book, countersOf } from './buckets.ts'
import { type Counted, lockAccount, type SpendItem, type Worth } from './counted.ts'
import { type StandingRow, standingStore } from './standing-store.ts'
import { ledgerStore } from './store.ts'

// What an allowance lets somebody take counts as long as it is open: in every window, up to what the account has of the asset.
// What is taken is final from the look that shows it, which is later than the taking and never earlier.

/** So long after it was taken back or used up it is looked at still: blocks may leave the chain. */
const KEPT_MS = 1_800_000

/** What open allowances hold in a window, and for whom, the most first. */
export type Held = { readonly usd: Usd; readonly spenders: readonly string[] }

type Granted = { readonly spend: Counted; readonly items: readonly SpendItem[]; readonly at: number }

/** What a final transaction, or a signature that was used, has let others take. */
export const stand = (db: Handle, { spend: { account, network, session_id }, items, at }: Granted): Promise<void> =>
  standingStore.insert(
    db,
    items.flatMap((item) => {
      if (item.part !== 'allowed') return []
      const { asset, spender, amount, usd, unlimited } = item
      return {
        ...{ ...unleased, id: newId(), account, network, session_id, asset, spender },
        ...{ amount: String(amount), usd: microsOf(usd), unlimited: unlimited ? 1 : 0 },
        ...{ balance: null, balance_before: null, changed_at: at, due_at: at },
      }
    }),
  )

type Share = { readonly row: StandingRow; readonly amount: bigint }

/** What each of such rows, the newest first, holds: of each asset no more than the account has of it, where that is known. */
function sharesOf(rows: readonly StandingRow[]): Share[] {
  const left = new Map<string, bigint>()
  // Two looks may be told by nodes of which one is behind.
  for (const { asset, account, balance, balance_before: before } of rows)
    for (const known of balance === null ? [] : [balance, before ?? '0'])
      left.set(`${account} ${asset}`, most(left.get(`${account} ${asset}`) ?? 0n, BigInt(known)))
  return rows.map((row) => {
    const key = `${row.account} ${row.asset}`
    const room = left.get(key)
    const amount = room === undefined ? BigInt(row.amount) : least(BigInt(row.amount), room)
    if (room !== undefined) left.set(key, room - amount)
    return { row, amount }
  })
}

/** Base units by network and asset, in its key, that open allowances of an account hold. */
export async function heldAssets(db: Handle, account: string): Promise<ReadonlyMap<string, Base>> {
  const sums = new Map<string, Base>()
  for (const { row, amount } of sharesOf(await standingStore.ofAccount(db, account))) {
    const key = `${row.network} ${assetKey(row.asset)}`
    sums.set(key, add(sums.get(key) ?? ZERO_BASE, toBase(amount)))
  }
  return sums
}

/** The same in dollars. */
function heldBy(rows: readonly StandingRow[], worth: Worth): Held {
  const spenders = new Map<string, Usd>()
  for (const { row, amount } of sharesOf(rows)) {
    const usd = usdOf(row, amount) ?? worth(row.asset, toBase(amount)) ?? ZERO_USD
    if (usd > ZERO_USD) spenders.set(row.spender, add(spenders.get(row.spender) ?? ZERO_USD, usd))
  }
  const all = [...spenders].sort(([, a], [, b]) => (a < b ? 1 : -1))
  return {
    usd: all.reduce((sum, [, usd]) => add(sum, usd), ZERO_USD),
    spenders: all.map(([spender]) => spender),
  }
}

/** The same of an account, on one network or on all, or of a session. */
export async function heldOf(
  db: Handle,
  { worth, ...of }: ({ account: string; network?: string | undefined } | { sessionId: string }) & { worth: Worth },
): Promise<Held> {
  if ('sessionId' in of) return heldBy(await standingStore.ofSession(db, of.sessionId), worth)
  const rows = await standingStore.ofAccount(db, of.account)
  return heldBy(of.network === undefined ? rows : rows.filter(({ network }) => network === of.network), worth)
}

/** What the chain shows of an asset of an account at one moment, or of its balance a little earlier. */
export type StandingSeen = {
  /** Base units that each spender may take, and that he might have until his time was over. */
  readonly open: ReadonlyMap<string, bigint>
  readonly lapsed: ReadonlyMap<string, bigint>
  readonly balance: bigint | null
  /** At a trustworthy price of now; null without one. */
  readonly usd: (amount: Base) => Usd | null
}

/** All for the same asset of an account, the newest first: what one takes another cannot. */
export async function standingBeside(db: Handle, id: string): Promise<readonly StandingRow[]> {
  const row = await standingStore.byId(db, id)
  if (!row) return []
  const all = await standingStore.ofAccount(db, row.account)
  return all.filter(({ network, asset }) => network === row.network && asset === row.asset)
}

type Looked = { readonly seen: StandingSeen; readonly at: number; readonly dueAt: (changedAt: number) => number }

/**
 * Books what was taken since the last look, and holds what is open from now on. Of what a newer one has replaced all may have
 * been taken before. False when others were granted meanwhile. The job holds the locks of the account and of the sessions.
 */
export async function bookStanding(
  db: Handle,
  known: readonly StandingRow[],
  { seen, at, dueAt }: Looked,
): Promise<boolean> {
  const [first] = known
  if (!first) return true
  await lockAccount(db, first)
  const rows = await standingBeside(db, first.id)
  if (rows.map(({ id }) => id).join() !== known.map(({ id }) => id).join()) return false
  const newest = new Map(rows.toReversed().map((row) => [row.spender, row]))
  const isChanged = rows.some((row) => newest.get(row.spender) !== row || isNews(row, seen))
  for (const row of rows) {
    if (newest.get(row.spender) === row) {
      await take(db, row, { amount: takenOf(row, seen), seen, at })
      await keep(db, row, { seen, at, changedAt: isChanged ? at : row.changed_at, dueAt })
    } else {
      await take(db, row, { amount: least(BigInt(row.amount), hadMost(row, seen)), seen, at })
      await standingStore.remove(db, row.id)
    }
  }
  return true
}

/** What is not told is nothing: who looks has asked for all of them. */
const openOf = ({ spender }: StandingRow, { open }: StandingSeen): bigint => open.get(spender) ?? 0n
const isNews = (row: StandingRow, seen: StandingSeen): boolean =>
  openOf(row, seen) !== BigInt(row.amount) || row.balance !== textOf(seen.balance)
const textOf = (amount: bigint | null): string | null => (amount === null ? null : String(amount))
const microsOf = (usd: Usd | null): string | null => (usd === null ? null : String(usd))

async function keep(
  db: Handle,
  row: StandingRow,
  { seen, at, changedAt, dueAt }: Looked & { changedAt: number },
): Promise<void> {
  const open = openOf(row, seen)
  if (open === 0n && BigInt(row.amount) === 0n && row.changed_at <= at - KEPT_MS)
    return standingStore.remove(db, row.id)
  await standingStore.see(db, {
    ...{ id: row.id, amount: String(open), usd: microsOf(seen.usd(toBase(open)) ?? usdOf(row, open)) },
    ...{ balance: textOf(seen.balance), balance_before: row.balance },
    ...{ changed_at: changedAt, due_at: dueAt(changedAt) },
  })
}

type Taking = Pick<Looked, 'seen' | 'at'> & { amount: bigint }

async function take(db: Handle, row: StandingRow, { amount, seen, at }: Taking): Promise<void> {
  if (amount <= 0n) return
  const usd = seen.usd(toBase(amount)) ?? usdOf(row, amount)
  const items: SpendItem[] = [{ part: 'value', asset: row.asset, amount: toBase(amount), usd }]
  for (const part of countersOf({ ...row, from_reserve: null }, items)) {
    // Every bucket has a counter.
    await ledgerStore.raise(db, part, 0n)
    await book(db, part, at)
  }
}

/**
 * What somebody may have taken since the last look. Where something is open still, and it has an end, it is what is missing.
 * What is gone was used up or taken back: then no more than there was. One without an end may not shrink: what the account has
 * less of was taken.
 */
function takenOf(row: StandingRow, seen: StandingSeen): bigint {
  const [before, open] = [BigInt(row.amount), openOf(row, seen)]
  if (row.unlimited === 0) {
    const left = open + (seen.lapsed.get(row.spender) ?? 0n)
    return left > 0n ? before - left : least(before, hadMost(row, seen))
  }
  const had = row.balance === null ? (seen.balance ?? 0n) : BigInt(row.balance)
  const has = least(open, seen.balance ?? had)
  return least(before, had) - has
}

/** What the account had of it at most, as far as two looks tell. */
function hadMost({ balance, amount, unlimited }: StandingRow, seen: StandingSeen): bigint {
  if (balance !== null && seen.balance !== null) return most(BigInt(balance), seen.balance)
  return unlimited === 1 ? BigInt(balance ?? seen.balance ?? 0n) : BigInt(amount)
}

const usdOf = ({ usd, amount }: StandingRow, part: bigint): Usd | null =>
  usd === null || BigInt(amount) === 0n ? null : shareUp(parseMicros(usd), { part, whole: BigInt(amount) })
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
