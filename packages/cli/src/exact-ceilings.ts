import {
  type AllOperations,
  type ExactCeilingChange,
  findNetwork,
  type Input,
  LOCAL_NETWORKS,
  NETWORKS,
  type Network,
  parseUnits,
  signedChain,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { proposalText } from './proposed-ceilings.ts'
import { ownersText } from './views.ts'

type Change = Input<AllOperations['changeWalletCeiling']>
/** `agree` goes on only when a person who saw the text says yes. */
export type Asking = { api: WAIaaSClient; tell(text: string): void; agree(text: string): Promise<void> }
type Unit = { readonly decimals: number }
/** Of a network, as far as an amount on it takes it. */
type Place = { readonly id: string; readonly caip2: string; readonly native: Unit }

/** A client that says in base units how a ceiling changes: the sealed password is for that, and the daemon adds nothing. */
export function exactCeilings({ api, ...asking }: Asking): WAIaaSClient {
  const change = api.changeWalletCeiling
  return Object.assign(api, {
    changeWalletCeiling: async (input: Change) => {
      const { id, network, recipients, fromPolicies, owners, ...more } = input
      if (owners !== undefined) {
        requireAlone(
          { network, recipients, fromPolicies, ...more },
          '--owners changes by itself whom the signer asks, without other parts of a ceiling',
        )
        return change({ id, exact: await withOwners({ api, ...asking }, { id, owners }) })
      }
      if (fromPolicies) {
        requireAlone({ network, recipients, ...more }, '--from-policies proposes all amounts')
        return change({ id, exact: await proposed({ api, ...asking }, id) })
      }
      if (network === undefined && recipients === undefined) return change({ id })
      const { publicKey: address } = await api.getWallet({ id })
      asking.tell(`the signer is asked about ${address}`)
      const on =
        network === undefined
          ? {}
          : await changeOn({ api, ...asking }, await placeOf({ api, ...asking }, { id, name: network }), input)
      return change({ id, exact: { address, ...on, ...(recipients && { recipients }) } })
    },
  })
}

function requireAlone(others: Record<string, unknown>, why: string): void {
  const [given] = Object.entries(others).find(([, value]) => value !== undefined) ?? []
  if (given === undefined) return
  throw new CommandError(
    `${why}, and ${given} is one of them`,
    'change single amounts by a command of their own behind it',
  )
}

/** Who has verified is the daemon's word: it is shown, and the password is given for just these. */
async function withOwners(
  { api, agree }: Asking,
  { id, owners }: Pick<Change, 'id'> & { owners: 'verified' | 'none' },
): Promise<ExactCeilingChange> {
  const { address, owners: verified } = await api.proposeWalletCeiling({ id })
  if (owners === 'none') {
    await agree(
      `The signer of ${address} will ask for the master password again, and no owner, for what is above its ceiling.`,
    )
    return { address, owners: null }
  }
  if (!verified)
    throw new CommandError(
      'no owner of this wallet has verified with the key of an address or a passkey',
      'contracts cannot be asked by the signer; above the ceiling the master password stays',
    )
  await agree(
    `For what is above its ceiling the signer of ${address} will take ${ownersText(verified)}, and the master password no more.\nCompare the addresses with those that your owners gave you, and the keys of passkeys with what they signed to add them.`,
  )
  return { address, owners: verified }
}

/** What the daemon works out is shown, and the password is given for just that. */
async function proposed({ api, agree }: Asking, id: string): Promise<ExactCeilingChange> {
  const { address, chains } = await api.proposeWalletCeiling({ id })
  await agree(await proposalText(api, { id, address, chains }))
  return { address, chains }
}

const BUILT_IN: readonly Network[] = [...NETWORKS, ...LOCAL_NETWORKS]

/** A network by its name. What one means that was added is the daemon's word, which is shown; never a built-in one. */
async function placeOf({ api, tell }: Asking, { id, name }: { id: string; name: string }): Promise<Place> {
  const known = findNetwork(BUILT_IN, name)
  if (known) return known
  const { networks } = await api.listWalletNetworks({ id })
  const added = networks.find(({ network, chainId }) => network === name || chainId === name)
  if (!added) throw new CommandError(`the wallet has no network ${name}`, `waiaas wallet networks ${id} lists them`)
  const { chainId: caip2, symbol, decimals } = added
  const builtIn = BUILT_IN.find((network) => network.caip2 === caip2)
  if (builtIn)
    throw new CommandError(`the daemon says that ${name} is ${builtIn.id}`, `name ${builtIn.id} if you mean it`)
  tell(`${name} is ${caip2}, and ${symbol} has ${decimals} decimals there, as the daemon says`)
  return { id: added.network, caip2, native: { decimals } }
}

async function changeOn(asking: Asking, network: Place, input: Change): Promise<Omit<ExactCeilingChange, 'address'>> {
  const token = input.token === undefined ? undefined : await tokenOf(asking, network, input.token)
  const { transaction, day, fee, otherTokens, deploys, contracts } = input
  const unit = token ?? network.native
  return {
    chain: signedChain(network),
    ...(token && { token: token.address }),
    transaction: base(transaction, unit),
    day: base(day, unit),
    fee: base(fee, network.native),
    ...{ otherTokens, deploys, contracts },
  }
}

const base = (text: string | undefined, { decimals }: Unit): string | undefined =>
  text === undefined ? undefined : String(parseUnits(text, decimals))

/** What a symbol means and how a token divides is the daemon's word, which is shown. */
async function tokenOf({ api, tell }: Asking, network: Place, name: string): Promise<Unit & { address: string }> {
  const { tokens } = await api.listTokens({ network: network.id })
  const isSame = (one: string) => one.toLowerCase() === name.toLowerCase()
  const found = tokens.filter(({ address, symbol }) => isSame(address) || isSame(symbol))
  const [listed, another] = found
  if (another) throw new CommandError(`${name} means ${found.length} tokens of ${network.id}`, 'give the address')
  const { address, symbol, decimals } = listed ?? (await api.resolveToken({ network: network.id, address: name }))
  tell(`${symbol} is ${address} with ${decimals} decimals, as the daemon says`)
  return { address, decimals }
}
