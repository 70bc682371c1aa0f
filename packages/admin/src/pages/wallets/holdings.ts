import type { Balances } from '@waiaas/contract'
import { type Answered, useRead } from '../../data/use.ts'

/** One wallet, as the operator sees it. */
export type Wallet = Answered<'getWallet'>
type Holding = Balances['networks'][number]['holdings'][number]
/** One asset of a wallet on one network. */
export type Asset = Holding & { readonly network: string }

/** What one wallet holds on its networks, also one that has ended. */
export function useHoldings(walletId: string) {
  const { data, error, isPending } = useRead('listBalances', { walletId })
  return { held: data?.items[0], error, isPending }
}

/** What is there, network by network. */
export const assetsOf = ({ networks }: Balances): Asset[] =>
  networks.flatMap(({ network, holdings }) => holdings.map((one) => ({ ...one, network })))
