import { addressKey, type Effects, factsOf, looksOf } from '@waiaas/contract'
import { type Handle, statement } from '../../platform/db/database.ts'

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

/** By recipient that the wallet never paid, one that it paid and that looks the same; undefined when there is none. */
export async function lookalikes(
  db: Handle,
  wallet: string,
  effects: Effects,
): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {}
  const recipients = new Set(factsOf(effects).pays.map(({ to }) => to))
  for (const address of recipients) {
    const known = (await db.all(alike, { wallet, looks: looksOf(address) })).map((row) => row.address)
    const isKnown = known.some((one) => addressKey(one) === addressKey(address))
    if (!isKnown && known[0] !== undefined) found[address] = known[0]
  }
  return Object.keys(found).length > 0 ? found : undefined
}
