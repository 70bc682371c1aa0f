import { assetKey, isFailure, type Network } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import type { Token } from '../chains/intent.ts'
import { seenAs } from '../platform/look-alike.ts'

type FindToken = (chain: Reader, choice: { readonly assetId: string }) => Promise<Token>
type Known = {
  /** The tokens that a list has. */
  listed(network: Network): Promise<readonly Token[]>
  readonly findToken: FindToken
}

/** What is looked at of one request. */
const MOST_TOKENS = 16

/** By asset that no list has: which token of the list, or which native currency, it calls itself like. */
export const impostorsAmong =
  ({ listed: listedOn, findToken }: Known) =>
  async (chain: Reader, assets: readonly string[]): Promise<Readonly<Record<string, string>>> => {
    const { network } = chain
    const listed = await listedOn(network)
    const known = new Set(listed.map(({ asset }) => assetKey(asset)))
    const others = assets.filter((asset) => asset.startsWith(`${network.caip2}/`) && !known.has(assetKey(asset)))
    const found = await Promise.all(others.slice(0, MOST_TOKENS).map((asset) => readOf(findToken, chain, asset)))
    return Object.fromEntries(
      found.flatMap((token) => {
        const like = token && likeOf(token, listed, network)
        return token && like ? [[assetKey(token.asset), like]] : []
      }),
    )
  }

async function readOf(findToken: FindToken, chain: Reader, asset: string): Promise<Token | undefined> {
  try {
    return await findToken(chain, { assetId: asset })
  } catch (error) {
    // What is no token, such as native currency, has no name of its own.
    if (isFailure(error, 'TOKEN_NOT_FOUND') || isFailure(error, 'TOKEN_UNSUPPORTED')) return undefined
    throw error
  }
}

function likeOf({ symbol, name }: Token, listed: readonly Token[], { native }: Network): string | undefined {
  const own = [symbol, name].map(seenAs).filter((one) => one !== '')
  const isLike = (names: readonly string[]) => names.map(seenAs).some((one) => own.includes(one))
  const token = listed.find((one) => isLike([one.symbol, one.name]))
  if (token) return `${token.symbol} (${token.address})`
  return isLike([native.symbol]) ? native.symbol : undefined
}
