import { add, addressKey, type Effects, parseMicros, remaining, type Usd, ZERO_USD } from '@waiaas/contract'
import { type SpendItem, spendItems } from '../../ledger/service.ts'
import type { Database } from '../../platform/db/database.ts'
import { payments } from '../lanes/paid.ts'
import { type PaidRequest, replayStore } from './replay-store.ts'

type Known = { readonly since: number; readonly usd: Usd }
/** What somebody has had along the history, and what is to become final later. */
type Person = { known: Known | undefined; later: { readonly at: number; readonly usd: Usd }[] }

const PIECE = 500

/**
 * Whom wallets know along a history that is gone through in its order: those whom they had paid before its beginning, and then
 * whom it lets them pay.
 */
export async function knownAlong(database: Database, walletId: string | undefined, from: FromRequest) {
  const people = await knownBefore(database, walletId, from)
  const personOf = (wallet: string, address: string): Person => {
    const name = nameOf(wallet, address)
    const person = people.get(name) ?? { known: undefined, later: [] }
    people.set(name, person)
    return person
  }
  return {
    /** What a payment gives to each, once it is final. */
    pay({ wallet, effects, items, at }: Payment): void {
      if (effects === null) return
      for (const { to, usd } of payments(JSON.parse(effects) as Effects, items))
        personOf(wallet, to).later.push({ at, usd })
    },
    /** By `addressKey`, those of these who are known by then. */
    at(wallet: string, receivers: readonly string[], now: number): Record<string, Known> {
      const found: Record<string, Known> = {}
      for (const address of receivers) {
        const person = personOf(wallet, address)
        const due = person.later.filter(({ at }) => at <= now)
        person.later = person.later.filter(({ at }) => at > now)
        for (const payment of due) person.known = withPayment(person.known, payment)
        if (person.known) found[addressKey(address)] = person.known
      }
      return found
    },
  }
}
type Payment = { wallet: string; effects: string | null; items: readonly SpendItem[]; at: number }
/** When the history begins, and the last id before that. */
type FromRequest = { readonly at: number; readonly after: string }

const nameOf = (wallet: string, address: string): string => `${wallet} ${addressKey(address)}`

const withPayment = (known: Known | undefined, { at, usd }: { at: number; usd: Usd }): Known =>
  known ? { since: Math.min(known.since, at), usd: add(known.usd, usd) } : { since: at, usd }

/** As of its beginning: what is known now, without what has become final of it. */
async function knownBefore(database: Database, walletId: string | undefined, { at, after }: FromRequest) {
  const since = new Map<string, Usd>()
  for await (const row of paidSince(database, walletId, after))
    for (const { to, usd } of row.effects === null ? [] : payments(JSON.parse(row.effects) as Effects, itemsOf(row))) {
      const name = nameOf(row.wallet_id, to)
      since.set(name, add(since.get(name) ?? ZERO_USD, usd))
    }
  const people = new Map<string, Person>()
  for (const row of await database.read((db) => replayStore.known(db, walletId))) {
    if (row.first_final_at >= at) continue
    const name = nameOf(row.wallet_id, row.address)
    // One address may be there in several ways of writing it.
    const before = people.get(name)?.known
    const usd = add(before?.usd ?? ZERO_USD, parseMicros(row.paid_usd ?? '0'))
    people.set(name, { known: { since: Math.min(before?.since ?? at, row.first_final_at), usd }, later: [] })
  }
  for (const [name, { known }] of people)
    people.set(name, {
      known: known && { ...known, usd: remaining(known.usd, since.get(name) ?? ZERO_USD) },
      later: [],
    })
  return people
}

/** What a request holds, by its parts. */
export const itemsOf = ({ spend_items }: Pick<PaidRequest, 'spend_items'>): readonly SpendItem[] =>
  spend_items === null ? [] : spendItems(spend_items)

async function* paidSince(database: Database, walletId: string | undefined, from: string) {
  for (let after = from; ; ) {
    const piece = await database.read((db) => replayStore.paid(db, { walletId, after, count: PIECE }))
    yield* piece
    if (piece.length < PIECE) return
    after = piece.at(-1)!.id
  }
}
