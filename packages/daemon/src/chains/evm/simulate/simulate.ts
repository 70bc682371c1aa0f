import { beyond, type Effect, isFailure, type Network, nativeAsset } from '@waiaas/contract'
import { isUnsupported } from '../../refusals.ts'
import { type Rpc, RpcError } from '../../rpc.ts'
import { byBlocks } from './by-blocks.ts'
import { byTrace } from './by-trace.ts'
import { contractsIn, loggedOut, questions } from './questions.ts'
import { effectsSeen, type LeftOf } from './seen.ts'
import type { Asking, Planned, Sight, Way } from './way.ts'

/** What a call does to its sender, as two endpoints see it where two are configured; undefined: they cannot tell all of it. Failure INVALID_TRANSACTION where it never ends. */
export type Simulate = (planned: Planned) => Promise<readonly Effect[] | undefined>

/** The first that an endpoint offers. What it does not offer it is not asked for again at once. */
const WAYS: readonly Way[] = [byBlocks, byTrace]

/** Addresses of tokens that an account is meant to hold, which are looked at whatever a call says of them. */
export type Watched = (account: string) => Promise<readonly string[]>

/** What any of them sees counts; what one of them cannot tell, nobody has seen. */
export const simulator =
  (network: Network, singles: readonly Rpc[], watched: Watched): Simulate =>
  async (planned) => {
    try {
      const tokens = await watched(planned.from)
      const seen = await Promise.all(singles.slice(0, 2).map((rpc) => seenBy({ network, tokens }, rpc, planned)))
      const [first, second] = seen
      if (!first || seen.includes(undefined)) return undefined
      return second ? [...first, ...beyond(first, second, nativeAsset(network))] : first
    } catch (error) {
      if (isFailure(error, 'INVALID_TRANSACTION')) throw error
      // Whatever keeps a node from telling: what it does is unknown then, and a human decides.
      return undefined
    }
  }

type Looking = { readonly network: Network; readonly tokens: readonly string[] }

async function seenBy(looking: Looking, rpc: Rpc, planned: Planned): Promise<Effect[] | undefined> {
  const me = planned.from.toLowerCase()
  const { asking, effects } = lookAt(looking, { me, to: planned.to })
  const sight = await sightOf(rpc, { ...planned, from: me }, asking)
  return sight && effects(sight)
}

type Called = { readonly me: string; readonly to: string }
/** What is asked about a call of an account, and what its answers mean. `tokens` are those that the account is meant to hold. */
export function lookAt({ network, tokens }: Looking, { me, to }: Called) {
  const asking: Asking = (all, touched) => questions({ me, contracts: contractsIn(to, all), tokens, touched, all })
  const effects = (sight: Sight): Effect[] => {
    const logged = loggedOut(sight.logs, me)
    // The logs of a token that is meant to be there count too: what it tells of balances may please whoever asks.
    const leftOf: LeftOf = (token, less) => (tokens.includes(token) ? most(less, logged(token)) : less)
    return effectsSeen({ ...sight, network, me, to, leftOf })
  }
  return { asking, effects }
}

const most = (one: bigint, other: bigint): bigint => (one > other ? one : other)

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
