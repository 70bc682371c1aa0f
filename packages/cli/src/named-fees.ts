import {
  amountFor,
  assetKey,
  findNetwork,
  formatUnits,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  nativeAsset,
  parseUnits,
  parseUsd,
  toUnitPrice,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'

type Asking = { api: WAIaaSClient; tell(text: string): void }
type Native = { readonly symbol: string; readonly decimals: number }

const NAMED = /^(\d{1,40}(?:\.\d{1,36})?) ?([A-Za-z][A-Za-z0-9]{0,15})$/
const BUILT_IN: readonly Network[] = [...NETWORKS, ...LOCAL_NETWORKS]

/** A client that takes a fee as people say it (0.02ETH, 40USD) and sends it in base units. */
export function namedFees({ api, tell }: Asking): WAIaaSClient {
  const { adminApproveTransaction: approve, replaceTransaction: replace } = api
  const named = async <Input extends { id: string; maxFee?: string | undefined }>(input: Input): Promise<Input> =>
    input.maxFee === undefined ? input : { ...input, maxFee: await unitsOf({ api, tell }, input.id, input.maxFee) }
  return Object.assign(api, {
    adminApproveTransaction: async (input: Parameters<typeof approve>[0]) => approve(await named(input)),
    replaceTransaction: async (input: Parameters<typeof replace>[0]) => replace(await named(input)),
  })
}

async function unitsOf({ api, tell }: Asking, id: string, text: string): Promise<string> {
  const [, amount, symbol] = NAMED.exec(text.trim()) ?? []
  if (amount === undefined || symbol === undefined) return text
  const { walletId, network, decision } = await api.getTransaction({ id })
  const known = network === null ? undefined : findNetwork(BUILT_IN, network)
  const native = known?.native ?? (await nativeAsTold(api, { walletId, network }))
  const show = (units: string) => `${formatUnits(BigInt(units), native.decimals)} ${native.symbol}`
  if (symbol.toUpperCase() === native.symbol.toUpperCase()) {
    const units = String(parseUnits(amount, native.decimals))
    if (!known) tell(`${show(units)} is ${units} base units, as the daemon says`)
    return units
  }
  if (symbol.toUpperCase() !== 'USD')
    throw new CommandError(`a fee on ${network} is paid in ${native.symbol}, not in ${symbol}`, hint(native))
  const price = known && decision?.inputs?.prices[assetKey(nativeAsset(known))]
  if (!price) throw new CommandError(`no price of ${native.symbol} is known of this transaction`, hint(native))
  // Rounded down: it comes to no more than was said.
  const usdMicros = toUnitPrice(BigInt(price.usdMicros))
  const units = String(amountFor(parseUsd(amount), { usdMicros, decimals: native.decimals }))
  tell(`${amount} USD is ${show(units)}, at the price that the daemon says it was judged at`)
  return units
}

const hint = ({ symbol }: Native): string => `name it as 0.02${symbol}, as 40USD, or in base units`

/** What the currency of a network is that was added, the daemon says. */
async function nativeAsTold(
  api: WAIaaSClient,
  { walletId, network }: { walletId: string; network: string | null },
): Promise<Native> {
  const { networks } = await api.listWalletNetworks({ id: walletId })
  const found = networks.find((one) => one.network === network)
  if (!found) throw new CommandError(`${network} is no network of the wallet`, 'name the fee in base units')
  return found
}
