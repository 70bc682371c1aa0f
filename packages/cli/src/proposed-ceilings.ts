import {
  type AllOperations,
  formatUnits,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  type Output,
  signedChain,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { printable } from './table.ts'

type Proposal = Output<AllOperations['proposeWalletCeiling']>
type Limits = Proposal['chains'][string]
type Unit = { readonly symbol: string; readonly decimals: number }
/** A chain in words; what one is that was added, the daemon says alone. */
type Place = { readonly name: string; readonly networks: readonly string[]; readonly native: Unit }

const BUILT_IN: readonly Network[] = [...NETWORKS, ...LOCAL_NETWORKS]
const AS_TOLD = ', as the daemon says'

/** A proposed ceiling in words, from the values that the password is given for. */
export async function proposalText(
  api: WAIaaSClient,
  { id, address, chains }: Omit<Proposal, 'owners'>,
): Promise<string> {
  const { networks } = await api.listWalletNetworks({ id })
  const lines = [`The signer of ${address} will sign at most, in one payment and in 24 hours:`]
  for (const [chain, limits] of Object.entries(chains)) {
    const added = networks.filter(({ chainId }) => signedChain({ caip2: chainId }) === chain)
    lines.push(...(await chainLines(api, placeOf(chain, added), limits)))
  }
  return lines.map(printable).join('\n')
}

type Added = Output<AllOperations['listWalletNetworks']>['networks']

function placeOf(chain: string, added: Added): Place | string {
  const known = BUILT_IN.filter((network) => signedChain(network) === chain)
  const networks = known.map(({ id }) => id)
  if (known[0]) return { name: networks.join(', '), networks, native: known[0].native }
  const [first] = added
  return first ? { name: `${first.network} (${chain})${AS_TOLD}`, networks: [first.network], native: first } : chain
}

async function chainLines(api: WAIaaSClient, place: Place | string, limits: Limits): Promise<string[]> {
  const { native, fee, tokens, otherTokens, deploys, contracts } = limits
  const isKnown = typeof place !== 'string'
  const amount = (units: string) => (isKnown ? textOf(units, place.native) : `${units} base units`)
  const symbols = isKnown ? await tokensOf(api, place) : new Map<string, Unit>()
  return [
    `${isKnown ? place.name : place}:`,
    `  ${both(native, amount)}, and fees of ${amount(fee)}`,
    ...Object.entries(tokens).map(([token, most]) => {
      const unit = symbols.get(token.toLowerCase())
      const words = unit ? `${both(most, (units) => textOf(units, unit))}${AS_TOLD}: ` : ''
      return `  ${words}${both(most, (units) => `${units} base units`)} of ${token}`
    }),
    ...(otherTokens ? ['  any amount of other tokens'] : []),
    ...(deploys ? ['  new contracts'] : []),
    ...contracts.map((contract) => `  any call of ${contract}`),
  ]
}

const both = ({ transaction, day }: Limits['native'], text: (units: string) => string): string =>
  transaction === day ? text(day) : `${text(transaction)} in one payment, ${text(day)} in 24 hours`

const textOf = (units: string, { symbol, decimals }: Unit): string =>
  `${formatUnits(BigInt(units), decimals)} ${symbol}`

async function tokensOf(api: WAIaaSClient, { networks }: Place): Promise<Map<string, Unit>> {
  const found = new Map<string, Unit>()
  for (const network of networks) {
    const { tokens } = await api.listTokens({ network })
    for (const { address, symbol, decimals } of tokens) found.set(address.toLowerCase(), { symbol, decimals })
  }
  return found
}
