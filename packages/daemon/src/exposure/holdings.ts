import { assetKey, type Base, Failure, isFailure, type Network, nativeAsset } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import { type Patience, within } from '../platform/patience.ts'

/** What a wallet has of an asset; null: nobody could say. */
type Held = {
  readonly asset: string
  readonly symbol: string
  readonly decimals: number
  readonly balance: Base | null
}
export type HeldOn = {
  readonly network: Network
  readonly assets: readonly Held[]
  readonly isOutbid: boolean
  readonly error?: string
}
type Chains = { get(id: string): Promise<Reader & { readonly order?: unknown }> }
export type Asked = {
  readonly network: Network
  readonly address: string
  readonly tokens: readonly Token[]
  readonly named: readonly string[]
}

/** Of one network: one that does not answer at all is no longer waited for than a slow one. */
const PATIENCE: Patience = { firstMs: 4_000, allMs: 10_000 }

const nativeOf = ({ native, ...network }: Network) => ({
  asset: nativeAsset({ native, ...network }),
  symbol: native.symbol,
  decimals: native.decimals,
})
const tokenOf = ({ asset, symbol, decimals }: Token) => ({ asset: assetKey(asset), symbol, decimals })

/** What is there on one network, of the tokens that are known or named; a network that does not answer bounds nothing. */
export async function heldOn(chains: Chains, asked: Asked): Promise<HeldOn> {
  const { network } = asked
  const late = (ms: number) =>
    new Failure('CHAIN_ERROR', `no endpoint of ${network.id} has answered within ${ms / 1_000} seconds`)
  try {
    return await within(PATIENCE, (heard) => read(chains, asked, heard), late)
  } catch (error) {
    if (!isFailure(error)) throw error
    return unreadOn(chains, asked, error)
  }
}

/** A network that did not answer. */
export const unreadOn = async (chains: Chains, { network, tokens }: Asked, { message }: Failure): Promise<HeldOn> => ({
  ...{ ...unread(network, tokens), isOutbid: await isOutbid(chains, network), error: message },
})

/** Known tokens in amounts that nobody knows. */
export const unread = (network: Network, tokens: readonly Token[]): HeldOn => ({
  ...{ network, isOutbid: true },
  assets: [nativeOf(network), ...tokens.map(tokenOf)].map((asset) => ({ ...asset, balance: null })),
})

/** Whether its nonces can be used again; where even that is not known, they can. */
async function isOutbid(chains: Chains, { id }: Network): Promise<boolean> {
  try {
    return (await chains.get(id)).order !== undefined
  } catch (error) {
    if (!isFailure(error)) throw error
    return true
  }
}

async function read(chains: Chains, { network, address, tokens, named }: Asked, heard: () => void): Promise<HeldOn> {
  const chain = await chains.get(network.id)
  const known = new Set(tokens.map((token) => token.address.toLowerCase()))
  const tokensFound = async () => {
    const unknown = named.filter((one) => !known.has(one.toLowerCase()))
    const more = await Promise.all(unknown.map((one) => chain.token(one).catch(unlessFailure)))
    return chain.tokenBalances(address, [...tokens, ...more.filter((token) => token !== undefined)])
  }
  const [native, found] = await Promise.all([chain.balance(address).finally(heard), tokensFound()])
  return {
    ...{ network, isOutbid: chain.order !== undefined },
    assets: [
      { ...nativeOf(network), balance: native },
      ...found.map(({ token, amount }) => ({ ...tokenOf(token), balance: amount })),
    ],
  }
}

/** What is named and is no token there has nothing to lose. */
function unlessFailure(error: unknown): undefined {
  if (isFailure(error) && error.code === 'TOKEN_NOT_FOUND') return undefined
  throw error
}
