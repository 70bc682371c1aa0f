import { type Base, type Network, signedChain, toBase } from '@waiaas/contract'
import { accountKey, type Ceiling, type CeilingText, type CountText } from '../keys/service.ts'
import type { Handle } from '../platform/db/database.ts'
import { type Rolling, stepsThrough, sumOf } from '../policies/service.ts'
import { ceilingStore } from './ceiling-store.ts'
import type { WalletRow } from './store.ts'

/** The most that the signer signs for of an asset in some time from now on: of a token by its address, or of native money. Null: any amount. */
export type SignerReach = (network: Network, asset: string | 'native', forMs: number) => Base | null

const HOUR = 3_600_000
/** What was signed for counts for 24 hours, and the hour in which they began counts whole. */
const freeAt = (at: number): number => (Math.floor(at / HOUR) + 25) * HOUR

/** What the ceiling of a wallet leaves, whatever the daemon asks for. Without one nothing is signed. */
export async function signerReach(
  db: Handle,
  { id, address }: Pick<WalletRow, 'id' | 'address'>,
  now: number,
): Promise<SignerReach> {
  const sealed = await ceilingStore.byWallet(db, id)
  const counts = (await ceilingStore.counts(db, address)).map(({ text }) => JSON.parse(text) as CountText)
  const { chains }: Pick<Ceiling, 'chains'> = sealed ? (JSON.parse(sealed.text) as CeilingText).ceiling : { chains: {} }
  return (network, asset, forMs) => {
    const chain = signedChain(network)
    const limits = chains[chain]
    if (!limits) return toBase(0n)
    // What it cannot read may move any token; on a family whose networks count as one, programs act for the wallet in all.
    const isUnread = limits.contracts.length > 0
    if (isUnread && (asset !== 'native' || chain !== network.caip2)) return null
    const amounts = asset === 'native' ? limits.native : tokenIn(limits.tokens, asset)
    if (!amounts) return limits.otherTokens ? null : toBase(0n)
    if (BigInt(amounts.transaction) === 0n) return toBase(0n)
    const used = usedByHour(
      counts.filter((count) => count.chain === chain),
      asset,
    )
    const rolling: Rolling = { limit: BigInt(amounts.day), used, freeAt }
    return toBase(sumOf(stepsThrough([rolling], { now, end: now + forMs })) ?? 0n)
  }
}

const keyOf = (asset: string): string => accountKey(asset) ?? asset
const tokenIn = <T>(tokens: Readonly<Record<string, T>>, asset: string): T | undefined =>
  Object.entries(tokens).find(([address]) => keyOf(address) === keyOf(asset))?.[1]

/** Lanes that count together each know the whole, or less of it: what the least of them know is the most that may still go. */
function usedByHour(counts: readonly CountText[], asset: string): Rolling['used'] {
  const hours = new Map<number, bigint>()
  for (const { spent } of counts)
    for (const [hour, amount] of Object.entries(spent[keyOf(asset)] ?? {}))
      if (BigInt(amount) > (hours.get(Number(hour)) ?? 0n)) hours.set(Number(hour), BigInt(amount))
  return [...hours].map(([hour, amount]) => ({ until: (hour + 25) * HOUR, amount }))
}
