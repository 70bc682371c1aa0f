import { beyond, type Effect, type Network, nativeAsset } from '@waiaas/contract'
import { bordered } from './border.ts'
import type { Landing } from './follow.ts'
import type { Rpc } from './rpc.ts'
import { ofTwo, wordsOfTwo } from './two-endpoints.ts'

type Read = (rpc: Rpc, landing: Landing) => Promise<readonly Effect[] | undefined>

/**
 * What bytes in a block did to the things of their sender, as two endpoints tell it where two are configured: what any of
 * them tells counts, and one alone only where that is said to be enough. Undefined where a node cannot tell; throws where too
 * few tell, or remember it.
 */
export function landingsOfTwo(network: Network, singles: readonly Rpc[], read: Read) {
  // One that has forgotten the block tells nothing: the next is asked.
  const tell = bordered(network)(read)
  return async (landing: Landing): Promise<readonly Effect[] | undefined> => {
    const ask = async (rpc: Rpc) => ({ effects: await tell(rpc, landing) })
    const said = landing.alone ? (await wordsOfTwo(singles, ask)).said : await ofTwo(singles, ask)
    const told = said.flatMap(({ effects }) => (effects ? [effects] : []))
    const [first, second = first] = told
    if (!first || !second || (!landing.alone && told.length < said.length)) return undefined
    return [...first, ...beyond(first, second, nativeAsset(network))]
  }
}
