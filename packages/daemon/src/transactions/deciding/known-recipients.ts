import { add, addressKey, looksOf, parseMicros, type Usd, ZERO_USD } from '@waiaas/contract'
import { groupReader, type Handle, statement } from '../../platform/db/database.ts'
import { once } from '../../platform/once.ts'

type KnownRecipient = {
  wallet_id: string
  looks: string
  address: string
  /** When a payment to it first was final, in milliseconds; null: none is, or none since this is kept. */
  first_final_at: number | null
  /** Micro-dollars that it has had in all payments that are final. */
  paid_usd: string | null
}
type Named = Pick<KnownRecipient, 'wallet_id' | 'looks' | 'address'>

declare module '../../platform/db/tables.ts' {
  interface Tables {
    known_recipients: KnownRecipient
  }
}

const remember = statement<Named>((db, p) =>
  db
    .insertInto('known_recipients')
    .values({ wallet_id: p('wallet_id'), looks: p('looks'), address: p('address') })
    .onConflict((on) => on.doNothing()),
)
const pay = statement<KnownRecipient>((db, p) =>
  db
    .insertInto('known_recipients')
    .values({
      ...{ wallet_id: p('wallet_id'), looks: p('looks'), address: p('address') },
      ...{ first_final_at: p('first_final_at'), paid_usd: p('paid_usd') },
    })
    .onConflict((on) =>
      on
        .columns(['wallet_id', 'looks', 'address'])
        .doUpdateSet({ first_final_at: p('first_final_at'), paid_usd: p('paid_usd') }),
    ),
)
type Alike = Pick<KnownRecipient, 'address' | 'first_final_at' | 'paid_usd'>
const alike = statement<{ wallet: string; looks: string }, Alike>((db, p) =>
  db
    .selectFrom('known_recipients')
    .select(['address', 'first_final_at', 'paid_usd'])
    .where('wallet_id', '=', p('wallet'))
    .where('looks', '=', p('looks')),
)

/** Payments of a wallet are in a block: whom they paid is known from now on. */
export const rememberRecipients = (db: Handle, wallet: string, addresses: ReadonlySet<string>) =>
  db.many(
    remember,
    [...addresses].map((address) => ({ wallet_id: wallet, looks: looksOf(address), address })),
  )

/** Payments of a wallet are final: since when each recipient is known, and what it has had. The job holds the wallet's lock. */
export async function rememberPaid(
  db: Handle,
  wallet: string,
  { paid, at }: { paid: Paid; at: number },
): Promise<void> {
  const named = [...paid.keys()].map((address) => ({ wallet_id: wallet, looks: looksOf(address), address }))
  if (named.length === 0) return
  const looks = [...new Set(named.map((one) => one.looks))]
  const rows = await db.query<Alike>((kysely) =>
    kysely
      .selectFrom('known_recipients')
      .select(['address', 'first_final_at', 'paid_usd'])
      .where('wallet_id', '=', wallet)
      .where('looks', 'in', looks),
  )
  const before = new Map(rows.map((row) => [row.address, row]))
  const after = named.map((one) => {
    const known = before.get(one.address)
    const usd = add(usdPaid(known), paid.get(one.address)!)
    return { ...one, first_final_at: known?.first_final_at ?? at, paid_usd: String(usd) }
  })
  await db.many(pay, after)
}
/** By address, in micro-dollars. */
export type Paid = ReadonlyMap<string, Usd>
const usdPaid = (row: Alike | undefined): Usd => parseMicros(row?.paid_usd ?? '0')

/** By their looks, those that a wallet has paid. */
export type KnownAlike = (looks: string) => Promise<readonly Alike[]>
export const knownAlike = (db: Handle, wallet: string): KnownAlike =>
  once((looks) => readAlike(db, `${wallet} ${looks}`))

const readAlike = groupReader((db, both) => {
  const end = both.indexOf(' ')
  return db.all(alike, { wallet: both.slice(0, end), looks: both.slice(end + 1) })
})

/** By recipient, as `addressKey` has it, since when it is known and what it has had in all. */
export async function knownFor(
  known: KnownAlike,
  receivers: readonly string[],
): Promise<Record<string, { since: number; usd: Usd }>> {
  const found: Record<string, { since: number; usd: Usd }> = {}
  for (const address of new Map(receivers.map((one) => [addressKey(one), one])).values()) {
    const key = addressKey(address)
    // One address may be there in several ways of writing it.
    for (const row of await known(looksOf(address))) {
      if (addressKey(row.address) !== key || row.first_final_at === null) continue
      const { since, usd } = found[key] ?? { since: row.first_final_at, usd: ZERO_USD }
      found[key] = { since: Math.min(since, row.first_final_at), usd: add(usd, usdPaid(row)) }
    }
  }
  return found
}

/** Those that the wallet never paid. */
export async function strangersAmong(known: KnownAlike, receivers: readonly string[]): Promise<string[]> {
  const strangers = new Set<string>()
  for (const address of receivers) {
    const key = addressKey(address)
    if (!(await known(looksOf(address))).some((row) => addressKey(row.address) === key)) strangers.add(key)
  }
  return [...strangers]
}

/** By recipient that the wallet never paid, one that it paid and that looks the same; undefined when there is none. */
export async function lookalikes(
  known: KnownAlike,
  receivers: readonly string[],
): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {}
  for (const address of new Set(receivers)) {
    const similar = (await known(looksOf(address))).map((row) => row.address)
    const isKnown = similar.some((one) => addressKey(one) === addressKey(address))
    if (!isKnown && similar[0] !== undefined) found[address] = similar[0]
  }
  return Object.keys(found).length > 0 ? found : undefined
}
