import { type ceilingOperations, formatUnits, type Network, type Output, signedChain } from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import { accountKey, type Ceiling, type ChainCeiling, type CountText, type KnownOwners } from '../keys/service.ts'

type Answer = Output<typeof ceilingOperations.getWalletCeiling>
type Listed = { network: Network; tokens: readonly Token[] }
type Known = { ceiling: Ceiling; own: readonly Listed[]; counts: readonly { text: string }[] }

const DAY_HOURS = 24

/** A ceiling in whole units, with what the signer has counted. */
export function ceilingView(id: string, { ceiling, own, counts }: Known): Answer {
  const texts = counts.map(({ text }) => JSON.parse(text) as CountText)
  const networks = Object.entries(ceiling.chains).flatMap(([chain, limits]) => {
    const listed = own.filter(({ network }) => signedChain(network) === chain)
    const [first] = listed
    if (!first) return []
    const tokens = listed.flatMap((one) => one.tokens)
    return [networkView(first.network, limits, { tokens, counts: texts.filter((text) => text.chain === chain) })]
  })
  return { id, networks, recipients: [...ceiling.recipients], owners: ownersView(ceiling.owners) }
}

/** As answers say it. */
export const ownersView = (known: KnownOwners | undefined): Answer['owners'] =>
  known ? { threshold: known.threshold, owners: known.owners.map((one) => [...one]) } : null

type Counted = { tokens: readonly Token[]; counts: readonly CountText[] }

function networkView(network: Network, limits: ChainCeiling, { tokens, counts }: Counted): Answer['networks'][number] {
  const { symbol, decimals } = network.native
  return {
    network: network.id,
    symbol,
    ...amountsView(limits.native, decimals, usedOf(counts, 'native')),
    fee: formatUnits(BigInt(limits.fee), decimals),
    tokens: Object.entries(limits.tokens).map(([address, amounts]) => {
      const token = tokens.find((one) => one.address === address)
      const used = usedOf(counts, address)
      // Of one that is not registered the decimals are not known here.
      return { address, symbol: token?.symbol ?? null, ...amountsView(amounts, token?.decimals ?? 0, used) }
    }),
    otherTokens: limits.otherTokens,
    deploys: limits.deploys ?? false,
    contracts: [...limits.contracts],
  }
}

const amountsView = ({ transaction, day }: ChainCeiling['native'], decimals: number, used: bigint) => ({
  transaction: formatUnits(BigInt(transaction), decimals),
  day: formatUnits(BigInt(day), decimals),
  used: formatUnits(used, decimals),
})

/** Lanes that count together each know the whole, or less of it. */
export function usedOf(counts: readonly CountText[], named: string): bigint {
  const asset = accountKey(named) ?? named
  const since = Math.floor(Date.now() / 3_600_000) - DAY_HOURS
  const sums = counts.map(({ spent }) =>
    Object.entries(spent[asset] ?? {}).reduce(
      (sum, [hour, amount]) => (Number(hour) < since ? sum : sum + BigInt(amount)),
      0n,
    ),
  )
  return sums.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n
}
