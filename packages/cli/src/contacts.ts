import {
  type ChainName,
  type Command,
  type Contact,
  findNetwork,
  isContactName,
  LOCAL_NETWORKS,
  NETWORKS,
  nameKey,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { allWallets, isLive } from './wallets.ts'

type Input = Record<string, unknown>
type Asking = {
  /** As whom the command goes on. */
  readonly api: WAIaaSClient
  /** The operator, who alone knows the address book. */
  readonly operator: () => Promise<WAIaaSClient>
  readonly tell: (text: string) => void
}

export const CONTACT_HELP = 'also the name of a contact: waiaas contact list'

/** Does a command send to somebody? */
export const takesContacts = ({ flags }: Pick<Command, 'flags'>): boolean =>
  flags.some(({ field, kind }) => field === 'to' && kind === 'text')

/**
 * The input with an address in place of the name of a contact, which is told. The daemon sees the address alone, so that what
 * is decided, shown and approved is that. CommandError where the contact has several and nobody can tell which is meant.
 */
export async function withContacts(command: Command, input: Input, asking: Asking): Promise<Input> {
  const { to } = input
  if (!takesContacts(command) || typeof to !== 'string' || !isContactName(to)) return input
  const { name, addresses } = await (await asking.operator()).showContact({ name: to })
  const { address } = await meant({ name, addresses }, asking.api, input)
  asking.tell(`${name} is ${address}`)
  return { ...input, to: address }
}

async function meant({ name, addresses }: { name: string; addresses: Contact[] }, api: WAIaaSClient, input: Input) {
  const [only, another] = addresses
  if (only && !another) return only
  const chains = await chainsOf(api, input)
  const [match, other] = addresses.filter(({ chain }) => chains.has(chain))
  if (match && !other) return match
  const all = addresses.map(({ chain, address }) => `${address} on ${chain}`).join(', ')
  throw new CommandError(`${name} has ${addresses.length} addresses: ${all}`, 'give the address that you mean')
}

/** The families of chains that the input can mean: that of its network, or of its wallet, or of every wallet. */
async function chainsOf(api: WAIaaSClient, input: Input): Promise<ReadonlySet<ChainName>> {
  const network = findNetwork([...NETWORKS, ...LOCAL_NETWORKS], String(input.network ?? ''))
  if (network) return new Set([network.chain])
  const named = input.walletId ?? input.wallet_id ?? input.id
  const isMeant = ({ id, name }: { id: string; name: string }) =>
    named === undefined || id === named || nameKey(name) === nameKey(String(named))
  const wallets = (await allWallets(api)).filter((one) => isLive(one) && isMeant(one))
  return new Set(wallets.map(({ chain }) => chain))
}
