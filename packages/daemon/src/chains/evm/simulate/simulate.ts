import { beyond, type Effect, type Network, nativeAsset } from '@waiaas/contract'
import { isUnsupported } from '../../refusals.ts'
import { type Rpc, RpcError } from '../../rpc.ts'
import { byBlocks } from './by-blocks.ts'
import { byTrace } from './by-trace.ts'
import { contractsIn, questions } from './questions.ts'
import { effectsSeen } from './seen.ts'
import type { Asking, Planned, Sight, Way } from './way.ts'

/** What a call does to its sender, as two endpoints see it where two are configured; undefined: they cannot tell all of it. */
export type Simulate = (planned: Planned) => Promise<readonly Effect[] | undefined>

/** The first that an endpoint offers. What it does not offer it is not asked for again at once. */
const WAYS: readonly Way[] = [byBlocks, byTrace]

/** What any of them sees counts; what one of them cannot tell, nobody has seen. */
export const simulator =
  (network: Network, singles: readonly Rpc[]): Simulate =>
  async (planned) => {
    try {
      const seen = await Promise.all(singles.slice(0, 2).map((rpc) => seenBy(network, rpc, planned)))
      const [first, second] = seen
      if (!first || seen.includes(undefined)) return undefined
      return second ? [...first, ...beyond(first, second, nativeAsset(network))] : first
    } catch {
      // Whatever keeps a node from telling: what it does is unknown then, and a human decides.
      return undefined
    }
  }

async function seenBy(network: Network, rpc: Rpc, planned: Planned): Promise<Effect[] | undefined> {
  const [me, to] = [planned.from.toLowerCase(), planned.to]
  const asking: Asking = (all) => questions(me, contractsIn(to, all), all)
  const sight = await sightOf(rpc, { ...planned, from: me }, asking)
  return sight && effectsSeen({ ...sight, network, me, to })
}

async function sightOf(rpc: Rpc, planned: Planned, asking: Asking): Promise<Sight | undefined> {
  for (const way of WAYS) {
    try {
      return await way(rpc, planned, asking)
    } catch (error) {
      if (!(error instanceof RpcError && isUnsupported(error))) throw error
    }
  }
  return undefined
}
