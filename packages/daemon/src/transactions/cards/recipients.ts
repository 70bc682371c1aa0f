import type { Card } from '@waiaas/contract'
import { addressKey, looksOf, parseMicros, toUsd } from '@waiaas/contract'
import { seconds } from '../../platform/clock.ts'
import type { KnownAlike } from '../deciding/known-recipients.ts'

export type Recipient = Card['recipients'][number]

/** A cent: less than that makes nobody known. */
const OF_WORTH = toUsd(10_000n)

/**
 * What a wallet knows of whom it would pay. Known is who has had something of worth in a payment that is final: nothing
 * that others send, and no payment of nothing, makes anybody known. Whoever looks like one that is known is a look-alike,
 * whatever else it has had.
 */
export async function recipientsOf(known: KnownAlike, receivers: readonly string[]): Promise<Recipient[]> {
  const unique = new Map(receivers.map((one) => [addressKey(one), one]))
  const found: Recipient[] = []
  for (const [key, address] of unique) {
    const alike = await known(looksOf(address))
    const ofWorth = alike.filter((row) => row.first_final_at !== null && parseMicros(row.paid_usd ?? '0') >= OF_WORTH)
    const own = ofWorth.filter((row) => addressKey(row.address) === key)
    const others = (own.length > 0 ? ofWorth : alike).filter((row) => addressKey(row.address) !== key)
    const [other] = others
    const since = own.length > 0 ? Math.min(...own.map((row) => row.first_final_at!)) : null
    found.push({
      address,
      standing: other ? 'look-alike' : since === null ? 'new' : 'known',
      since: since === null ? null : seconds(since),
      looksLike: other?.address ?? null,
    })
  }
  return found
}
