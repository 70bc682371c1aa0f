import { type Command, DEFAULT_TYPE, findNetwork, NETWORKS, symbolAmount, TOKEN_TYPE } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError, UsageError } from './errors.ts'
import { allWallets, isLive } from './wallets.ts'

type Input = Record<string, unknown>

export const SYMBOL_HELP = 'also whole units with a symbol: "2 USDC", "0.1 ETH"'

/** Does a command send whichever asset is named? */
export const takesSymbols = ({ flags }: Pick<Command, 'flags'>): boolean =>
  ['type', 'amount', 'humanAmount', 'token'].every((field) => flags.some((flag) => flag.field === field))

/**
 * The input with `amount: "2 USDC"` as its whole units and asset. Where the currency of every network that can be meant is
 * called so, it is that; where that of none is, a token; where that of some is, nobody can tell: UsageError.
 */
export async function withSymbols(command: Command, api: WAIaaSClient, input: Input): Promise<Input> {
  const said = takesSymbols(command) && typeof input.amount === 'string' ? symbolAmount(input.amount) : undefined
  if (!said) return input
  for (const field of ['token', 'humanAmount', 'type'] as const)
    if (input[field] !== undefined)
      throw new UsageError(`"${input.amount}" says all of an asset: leave ${flagOf(command, field)} out`)
  const { amount: _, ...rest } = input
  const asset = await assetCalled(said.symbol, api, input)
  return { ...rest, humanAmount: said.humanAmount, ...asset }
}

const flagOf = ({ flags }: Command, field: string) => flags.find((flag) => flag.field === field)?.name ?? field

async function assetCalled(symbol: string, api: WAIaaSClient, input: Input) {
  const networks = await meant(api, input)
  const native = networks.filter((one) => one.symbol === symbol)
  if (native.length === 0) return { type: TOKEN_TYPE, token: symbol }
  if (native.length === networks.length) return { type: DEFAULT_TYPE }
  const names = [...new Set(native.map(({ network }) => network))].join(', ')
  throw new CommandError(
    `${symbol} is the currency of ${names}, and not of each network that can be meant`,
    'give --network',
  )
}

/** The networks that the input can mean: the one that it names, or all of its wallet, or of every wallet. */
async function meant(api: WAIaaSClient, { walletId, wallet_id: older, network }: Input) {
  const named = walletId ?? older
  const ids = named === undefined ? (await allWallets(api)).filter(isLive).map(({ id }) => id) : [String(named)]
  const networks = (await Promise.all(ids.map((id) => api.listWalletNetworks({ id })))).flatMap((one) => one.networks)
  if (network === undefined) return networks
  const id = findNetwork(NETWORKS, String(network))?.id ?? network
  const same = networks.filter((one) => [one.network, one.chainId].includes(String(id)))
  // The daemon knows more names, and says what is wrong with one that it does not.
  return same.length > 0 ? same : networks
}
