import { assetKey, type Effect, type Network, tokenAsset } from '@waiaas/contract'
import { cache } from '../../platform/cache.ts'
import { type Rpc, RpcError } from '../rpc.ts'
import { ofTwo } from '../two-endpoints.ts'
import { abiFunction } from './abi.ts'
import { numberResult } from './erc20.ts'
import { revertOf } from './revert.ts'

const totalSupply = abiFunction('totalSupply()')
const SUPPLY_MS = 60_000
/** Of more tokens nothing is asked: all that is allowed of them counts as without a limit. */
const MOST_TOKENS = 16

/** By asset, how much there is of the tokens that effects let others take. Null: it tells none. */
type Supplies = Readonly<Record<string, bigint | null>>
export type SupplySource = (effects: readonly Effect[]) => Promise<Supplies>

/** From two endpoints where two are configured; the lower word counts. What is no token of amounts tells none. */
export function supplySource(network: Network, singles: readonly Rpc[], clock: () => number): SupplySource {
  const known = cache<bigint | null>({ freshMs: SUPPLY_MS, staleMs: SUPPLY_MS, clock })
  const read = (address: string) =>
    known.get(address, async () => {
      const [one, other = one] = await ofTwo(singles, (rpc) => supplyOn(rpc, address))
      return one === null || (other !== null && other < one) ? other : one
    })
  return async (effects) => {
    const allowed = effects.flatMap((effect) => (mayReach(effect) ? [assetKey(effect.asset)] : []))
    const found = [...new Set(allowed)].map(async (asset, at): Promise<[string, bigint | null]> => {
      if (at >= MOST_TOKENS) return [asset, 0n]
      const address = asset.slice(asset.lastIndexOf(':') + 1)
      return [asset, assetKey(tokenAsset(network, address)) === asset ? await read(address) : null]
    })
    return Object.fromEntries(await Promise.all(found))
  }
}

/** An allowance of nothing reaches no supply. */
const mayReach = (effect: Effect): effect is Effect & { kind: 'approval' } =>
  effect.kind === 'approval' && !effect.unlimited && effect.amount !== '0'

async function supplyOn(rpc: Rpc, address: string): Promise<bigint | null> {
  try {
    return numberResult(await rpc.call('eth_call', [{ to: address, data: totalSupply.selector }, 'latest'])) ?? null
  } catch (error) {
    if (error instanceof RpcError && revertOf(error)) return null
    throw error
  }
}
