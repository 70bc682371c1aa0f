import { type ChainName, type Environment, Failure, findNetwork, type Network, unknownNetwork } from '@waiaas/contract'

export type WalletPlace = { readonly chain: ChainName; readonly environment: Environment }

/** Which network a request means that names none, where the environment of a chain has several. */
const PICKED: Partial<Record<`${ChainName}/${Environment}`, string>> = {
  'solana/mainnet': 'solana-mainnet',
  'solana/testnet': 'solana-devnet',
  'ripple/mainnet': 'xrpl-mainnet',
}

/** The networks on which a wallet can act, in the order of `networks`. */
export const networksOf = (networks: readonly Network[], { chain, environment }: WalletPlace): Network[] =>
  networks.filter((network) => network.chain === chain && network.environment === environment)

/** Whether a wallet acts on the network that a request names: on any where it names none, or all. */
export const actsOn =
  (networks: readonly Network[], name: string | undefined) =>
  (wallet: WalletPlace): boolean => {
    const network = name === undefined || name === 'all' ? undefined : findNetwork(networks, name)
    return network === undefined || networksOf(networks, wallet).includes(network)
  }

/** The network of a request that names none; undefined where the caller has to choose. */
function pickedNetwork(networks: readonly Network[], wallet: WalletPlace): Network | undefined {
  const own = networksOf(networks, wallet)
  if (own.length === 1) return own[0]
  const picked = PICKED[`${wallet.chain}/${wallet.environment}`]
  return own.find(({ id }) => id === picked)
}

/** The network that stands in answers about a wallet as a whole: the picked one, else the first. */
export const shownNetwork = (networks: readonly Network[], wallet: WalletPlace): string =>
  (pickedNetwork(networks, wallet) ?? networksOf(networks, wallet)[0])?.id ?? wallet.chain

/**
 * The wallet's network by id, CAIP-2 name or older alias, or the one that needs no name.
 * Failure NETWORK_REQUIRED or ENVIRONMENT_NETWORK_MISMATCH with `details.networks`, the ids to choose from.
 */
export function resolveNetwork(networks: readonly Network[], wallet: WalletPlace, name?: string): Network {
  const own = networksOf(networks, wallet)
  const details = { networks: own.map(({ id }) => id) }
  if (name === undefined) {
    const picked = pickedNetwork(networks, wallet)
    if (picked) return picked
    throw new Failure('NETWORK_REQUIRED', `expected a network: this ${wallet.chain} wallet has ${own.length}`, {
      details,
    })
  }
  const network = findNetwork(networks, name)
  if (network && own.includes(network)) return network
  const got = network ? `${network.id}, which is ${network.chain} ${network.environment}` : unknownNetwork(own, name)
  const expected = `expected a network of ${wallet.chain} ${wallet.environment}, got ${got}`
  throw new Failure('ENVIRONMENT_NETWORK_MISMATCH', expected, { details })
}
