import { findNetwork, formatUnits, LOCAL_NETWORKS, NETWORKS } from '@waiaas/contract'
import type { Detailed } from './types.ts'

type About = Pick<Detailed, 'network' | 'fee'>

/** In how many digits the native currency of its network is counted; undefined where the table does not have the network. */
export const feeDecimals = ({ network }: About): number | undefined =>
  findNetwork([...NETWORKS, ...LOCAL_NETWORKS], network ?? '')?.native.decimals

/** A fee in whole units, as far as its network is known here. */
export function feeText(one: About, amount: string): string {
  const decimals = feeDecimals(one)
  const symbol = one.fee?.symbol ?? ''
  return decimals === undefined ? `${amount} base units` : `${formatUnits(BigInt(amount), decimals)} ${symbol}`
}
