import type { ChainName, Network } from '@waiaas/contract'
import type { Chain } from './chain.ts'
import { parseSelector } from './evm/abi.ts'
import { parseAddress } from './evm/address.ts'
import { evmOwner } from './evm/owner.ts'
import type { OwnerForm } from './owner-form.ts'
import { parseDiscriminator } from './solana/discriminator.ts'
import { solanaOwner } from './solana/owner.ts'

export { isAssociatedAccount } from './solana/associated-account.ts'

type Opening = {
  readonly network: Network
  /** Endpoints in order of preference. */
  readonly urls: readonly string[]
  /** Lets a development node stand in for a main network. */
  readonly allowForeignGenesis: boolean
  /** Milliseconds of any epoch. */
  readonly clock: () => number
  /** The tokens that an account is meant to hold, by address. */
  readonly watched: (account: string) => Promise<readonly string[]>
  /** By asset, what of an account is on its way, where its calls are to have floors; else undefined. */
  readonly promised: (account: string) => Promise<ReadonlyMap<string, bigint> | undefined>
  /** Hears of what the operator should look after. */
  readonly warn: (message: string) => void
  /** Hears of a hash of which endpoints contradict each other. */
  readonly disputed: (hash: string) => void
}
type Family = {
  /** One network of the family. Its code is loaded by this. */
  open(opening: Opening): Promise<Chain>
  /** Of addresses that carry a checksum: Failure INVALID_ADDRESS where it is wrong. */
  requireChecksum?(address: string): void
  /** What calls a function of a contract, by itself or by its signature; undefined where the text is neither. Calls that begin with it are meant. */
  selector?(method: string): string | undefined
  /** How a person with a wallet of the family signs what is asked of an owner. */
  readonly owner: OwnerForm
}

/** What is known of each chain family here; null: this release has no networks of it. */
export const families: Readonly<Record<ChainName, Family | null>> = {
  solana: {
    open: async (opening) => (await import('./solana/chain.ts')).solanaChain(opening),
    selector: parseDiscriminator,
    owner: solanaOwner,
  },
  ethereum: {
    open: async (opening) => (await import('./evm/chain.ts')).evmChain(opening),
    requireChecksum: parseAddress,
    selector: parseSelector,
    owner: evmOwner,
  },
  ripple: null,
}
