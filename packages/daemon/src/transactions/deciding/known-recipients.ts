import { addressKey, looksOf } from '@waiaas/contract'
import { groupReader, type Handle, statement } from '../../platform/db/database.ts'
import { once } from '../../platform/once.ts'

type KnownRecipient = { wallet_id: string; looks: string; address: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    known_recipients: KnownRecipient
  }
}

const remember = statement<KnownRecipient>((db, p) =>
  db
    .insertInto('known_recipients')
    .values({ wallet_id: p('wallet_id'), looks: p('looks'), address: p('address') })
    .onConflict((on) => on.doNothing()),
)
const alike = statement<{ wallet: string; looks: string }, { address: string }>((db, p) =>
  db
    .selectFrom('known_recipients')
    .select('address')
    .where('wallet_id', '=', p('wallet'))
    .where('looks', '=', p('looks')),
)

/** Payments of a wallet are in a block: whom they paid is known from now on. */
export const rememberRecipients = (db: Handle, wallet: string, addresses: ReadonlySet<string>) =>
  db.many(
    remember,
    [...addresses].map((address) => ({ wallet_id: wallet, looks: looksOf(address), address })),
  )

/** By their looks, those that a wallet has paid. */
export type KnownAlike = (looks: string) => Promise<readonly string[]>
export const knownAlike = (db: Handle, wallet: string): KnownAlike =>
  once((looks) => readAlike(db, `${wallet} ${looks}`))

const readAlike = groupReader(async (db, both) => {
  const end = both.indexOf(' ')
  const found = await db.all(alike, { wallet: both.slice(0, end), looks: both.slice(end + 1) })
  return found.map(({ address }) => address)
})

/** By recipient that the wallet never paid, one that it paid and that looks the same; undefined when there is none. */
export async function lookalikes(
  known: KnownAlike,
  receivers: readonly string[],
): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {}
  for (const address of new Set(receivers)) {
    const similar = await known(looksOf(address))
    const isKnown = similar.some((one) => addressKey(one) === addressKey(address))
    if (!isKnown && similar[0] !== undefined) found[address] = similar[0]
  }
  return Object.keys(found).length > 0 ? found : undefined
}
