import { isAddress } from '@solana/kit'
import { Failure, type Network } from '@waiaas/contract'
import { OddAnswer, shown, wholeOr } from '../answers.ts'
import { minimumBalance } from './fees.ts'

type Call = <T>(method: string, params: readonly unknown[]) => Promise<T>

/**
 * Establishes that an endpoint serves this network: by its genesis hash, which a local network takes from the first
 * endpoint that answers, and by rents no higher than the daemon reserves.
 */
export function identity(network: Network): (call: Call) => Promise<void> {
  let expected = network.genesis
  return async (call) => {
    const genesis = await call<unknown>('getGenesisHash', [])
    if (typeof genesis !== 'string' || !isAddress(genesis)) throw new OddAnswer('a genesis hash', genesis)
    if (!expected && network.local) expected = genesis
    if (genesis !== expected)
      throw new Failure('CHAIN_ERROR', `expected genesis hash ${expected} of ${network.id}, got ${genesis}`)
    const least = await call<unknown>('getMinimumBalanceForRentExemption', [0])
    const lamports = wholeOr(least)
    if (lamports === undefined || lamports > minimumBalance)
      throw new Failure('CHAIN_ERROR', `expected a minimum balance of at most ${minimumBalance}, got ${shown(least)}`)
  }
}
