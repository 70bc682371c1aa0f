import {
  type AllOperations,
  type ExactCeilingChange,
  findNetwork,
  type Input,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  parseUnits,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'

type Change = Input<AllOperations['changeWalletCeiling']>
type Tell = (text: string) => void
type Asking = { api: WAIaaSClient; tell: Tell }
type Unit = { readonly decimals: number }

/** A client that says in base units how a ceiling changes: the sealed password is for that, and the daemon adds nothing. */
export function exactCeilings(api: WAIaaSClient, tell: Tell): WAIaaSClient {
  const change = api.changeWalletCeiling
  return Object.assign(api, {
    changeWalletCeiling: async (input: Change) => {
      const { id, network, recipients, fromPolicies } = input
      if (fromPolicies)
        throw new CommandError(
          'what the policies propose is worked out by the daemon, and cannot be sealed',
          'name the amounts; or, if you trust the running daemon, give --plain-password',
        )
      if (network === undefined && recipients === undefined) return change({ id })
      const { publicKey: address } = await api.getWallet({ id })
      tell(`the signer is asked about ${address}`)
      const on = network === undefined ? {} : await changeOn({ api, tell }, builtIn(network), input)
      return change({ id, exact: { address, ...on, ...(recipients && { recipients }) } })
    },
  })
}

function builtIn(name: string): Network {
  const network = findNetwork([...NETWORKS, ...LOCAL_NETWORKS], name)
  if (network) return network
  throw new CommandError(
    `${name} is no built-in network, and what its units are is the daemon's word`,
    'if you trust the running daemon, give --plain-password',
  )
}

async function changeOn(asking: Asking, network: Network, input: Change): Promise<Omit<ExactCeilingChange, 'address'>> {
  const token = input.token === undefined ? undefined : await tokenOf(asking, network, input.token)
  const { transaction, day, fee, otherTokens, deploys, contracts } = input
  const unit = token ?? network.native
  return {
    chain: chainName(network),
    ...(token && { token: token.address }),
    transaction: base(transaction, unit),
    day: base(day, unit),
    fee: base(fee, network.native),
    ...{ otherTokens, deploys, contracts },
  }
}

/** What the signer calls a network: some bytes do not name theirs among several. */
export const chainName = ({ caip2 }: Network): string => (caip2.startsWith('eip155:') ? caip2 : caip2.split(':')[0]!)

const base = (text: string | undefined, { decimals }: Unit): string | undefined =>
  text === undefined ? undefined : String(parseUnits(text, decimals))

/** What a symbol means and how a token divides is the daemon's word, which is shown. */
async function tokenOf({ api, tell }: Asking, network: Network, name: string): Promise<Unit & { address: string }> {
  const { tokens } = await api.listTokens({ network: network.id })
  const isSame = (one: string) => one.toLowerCase() === name.toLowerCase()
  const found = tokens.filter(({ address, symbol }) => isSame(address) || isSame(symbol))
  const [listed, another] = found
  if (another) throw new CommandError(`${name} means ${found.length} tokens of ${network.id}`, 'give the address')
  const { address, symbol, decimals } = listed ?? (await api.resolveToken({ network: network.id, address: name }))
  tell(`${symbol} is ${address} with ${decimals} decimals, as the daemon says`)
  return { address, decimals }
}
