import { addressKey, assetKey, Failure, familiesOf, isFailure, type Network, nativeAsset } from '@waiaas/contract'
import type { Reader } from '../chains/chain.ts'
import { within } from '../platform/patience.ts'
import type { Policy } from '../policies/service.ts'
import type { HeldOn } from './holdings.ts'
import type { OpenAllowance } from './types.ts'

/** Pairs of a token and who may take it that are looked at on one network; of more, those of the spenders that come first. */
const MOST_PAIRS = 400
/** Of one network, which has answered a moment ago. */
const PATIENCE = { firstMs: 4_000, allMs: 4_000 }
const late = () => new Failure('CHAIN_ERROR', 'no endpoint has told in time what others may take')
/** More than anybody has. */
const ENDLESS = 2n ** 256n - 1n

type Looked = {
  readonly network: Network
  readonly address: string
  readonly on: HeldOn
  readonly policies: readonly Policy[]
  /** What was granted here, which is known already. */
  readonly known: readonly OpenAllowance[]
}

/**
 * What a key has allowed without this daemon, such as before it was imported: of the tokens that it holds, to those whom
 * policies or earlier allowances name. Nothing where no node tells it.
 */
export async function elsewhere(chain: Pick<Reader, 'allowances'>, looked: Looked): Promise<OpenAllowance[]> {
  const { network, address, on, policies, known } = looked
  const spenders = new Map(
    [
      ...policies.flatMap((policy) => [...policy.spenders, ...(policy.allows(network).contracts ?? [])]),
      ...known.filter((one) => one.network === network.id).map(({ spender }) => spender),
    ]
      .filter((spender) => familiesOf(spender).includes(network.chain))
      .map((spender) => [addressKey(spender), spender]),
  )
  const native = assetKey(nativeAsset(network))
  const tokens = on.assets.filter(({ asset, balance }) => balance !== null && balance > 0n && asset !== native)
  const granted = new Set(known.map((one) => `${assetKey(one.assetId)} ${addressKey(one.spender)}`))
  const asked = [...spenders.values()]
    .flatMap((spender) =>
      tokens.map(({ asset }) => ({ asset, spender, token: asset.slice(asset.lastIndexOf(':') + 1) })),
    )
    .filter(({ asset, spender }) => !granted.has(`${assetKey(asset)} ${addressKey(spender)}`))
    .slice(0, MOST_PAIRS)
  if (asked.length === 0) return []
  try {
    const found = await within(PATIENCE, () => chain.allowances(address, asked), late)
    return asked.flatMap(({ asset, spender }, at): OpenAllowance[] => {
      const amount = BigInt(found[at]?.open ?? 0n)
      if (amount === 0n) return []
      return [{ network: network.id, spender, assetId: assetKey(asset), amount, isEndless: amount >= ENDLESS }]
    })
  } catch (error) {
    if (!isFailure(error)) throw error
    return []
  }
}
