import { addressKey, type Effects } from '@waiaas/contract'
import { type Expression, sql } from 'kysely'
import { type Handle, statement } from '../platform/db/database.ts'

type KnownRecipient = { wallet_id: string; looks: string; address: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    known_recipients: KnownRecipient
  }
}

/**
 * What people, and agents, compare of an address: the first and the last four characters, in one case. Somebody who
 * wants to be paid by mistake makes an address that agrees in those, and sends dust from it to be found in a history.
 */
const looks = (address: Expression<string>) =>
  sql<string>`lower(substr(${address}, 1, case when substr(${address}, 1, 2) = '0x' then 6 else 4 end) || substr(${address}, length(${address}) - 3))`

const remember = statement<{ transaction: string }>((db, p) =>
  db
    .insertInto('known_recipients')
    .columns(['wallet_id', 'looks', 'address'])
    .expression((eb) =>
      eb
        .selectFrom('transactions')
        .select(['wallet_id', looks(sql.ref('to_address')).as('looks'), sql<string>`to_address`.as('address')])
        .where('id', '=', p('transaction'))
        .where('to_address', 'is not', null),
    )
    .onConflict((on) => on.doNothing()),
)
const alike = statement<{ wallet: string; address: string }, { address: string }>((db, p) =>
  db
    .selectFrom('known_recipients')
    .select('address')
    .where('wallet_id', '=', p('wallet'))
    .where('looks', '=', looks(sql`cast(${p('address')} as text)`)),
)

/** A payment is in a block: whom it paid is known from now on. */
export const rememberRecipient = (db: Handle, transaction: string) => db.run(remember, { transaction })

/** By recipient that the wallet never paid, one that it paid and that looks the same; undefined when there is none. */
export async function lookalikes(
  db: Handle,
  wallet: string,
  { effects }: Effects,
): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {}
  const recipients = new Set(effects.flatMap((effect) => (effect.kind === 'outflow' ? [effect.to] : [])))
  for (const address of recipients) {
    const known = (await db.all(alike, { wallet, address })).map((row) => row.address)
    const isKnown = known.some((one) => addressKey(one) === addressKey(address))
    if (!isKnown && known[0] !== undefined) found[address] = known[0]
  }
  return Object.keys(found).length > 0 ? found : undefined
}
