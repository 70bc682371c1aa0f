import { formatUnits, type Network } from '@waiaas/contract'
import type { Token } from '../chains/intent.ts'
import type { Above } from '../gate/service.ts'

type Unit = { readonly symbol: string; readonly decimals: number; readonly address: string | null }

/** In what an asset is counted that the signer names. `tokens` are those that the request is about. */
export function unitOf({ native }: Network, asset: string, tokens: readonly Token[]): Unit {
  if (asset === 'native') return { ...native, address: null }
  const [token, another] = tokens
  // Of a token that the request does not name the decimals are not known here.
  return token && !another ? token : { symbol: `base units of ${asset}`, decimals: 0, address: asset }
}

/** An amount of an asset in whole units. */
export const shown = (amount: string, { symbol, decimals }: Unit): string =>
  `${formatUnits(BigInt(amount), decimals)} ${symbol}`

const PER = { transaction: ' a payment', day: ' in 24 hours', fee: ' for a fee' } as const

/** Why a request waits for the operator's password, for a person. */
export function aboveText({ why, excess }: Above, network: Network, tokens: readonly Token[]): string {
  if (!excess) return `above the wallet's ceiling: ${why}`
  const { of, asset, most, left } = excess
  const unit = unitOf(network, asset, tokens)
  const remains = left === undefined ? '' : `, of which ${shown(left, unit)} is left now`
  return `above the wallet's ceiling of ${shown(most, unit)}${PER[of]}${remains}`
}
