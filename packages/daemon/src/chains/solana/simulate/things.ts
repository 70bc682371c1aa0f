import { getAddressDecoder } from '@solana/kit'
import { type Effect, type Network, tokenAsset } from '@waiaas/contract'
import type { ReadAccount } from '../accounts.ts'
import { holdingOf, isMint, tokenAccountOwner } from '../mint.ts'
import { stakeProgram, systemProgram } from '../programs.ts'
import { handedOver } from '../read/instruction.ts'
import { left } from './left.ts'

/** What an account holds at one moment; null where there is none. */
export type State = (ReadAccount & { readonly lamports: bigint }) | null
/** One account before and after. */
export type Change = { readonly address: string; readonly before: State; readonly after: State }
type Seen = {
  readonly network: Network
  readonly sender: string
  /** Accounts that are derived from it, whose lamports it can move. */
  readonly derived: readonly string[]
  readonly changes: readonly Change[]
  /** Lamports that leave as is told elsewhere: the fee, and deposits for others. */
  readonly told: bigint
  /** Who is paid where no account tells. */
  readonly program: string
}

/** What a transaction does to the things of its sender: all that its lamports and tokens are less, and who may take the rest. */
export function effectsSeen(seen: Seen): Effect[] {
  const { network, sender, derived, changes } = seen
  const part = (address: string, state: State) => ({
    lamports: state?.lamports ?? 0n,
    holder: holderOf(address, state),
    isOwn: derived.includes(address) ? isPlain(state) : isOwn(sender, address, state),
    ...(state && tokenAccountOwner(state) !== null && holdingOf(state.data)),
  })
  const places = changes.map(({ address, before, after }) => ({
    before: part(address, before),
    after: part(address, after),
  }))
  return [...left({ ...seen, places }), ...changes.flatMap((change) => grantsIn(network, sender, change))]
}

/** Whose an account is: a token account its owner's. */
const holderOf = (address: string, state: State): string => (state && tokenAccountOwner(state)) ?? address

const isOwn = (sender: string, address: string, state: State): boolean =>
  address === sender
    ? isPlain(state)
    : state !== null && (tokenAccountOwner(state) === sender || (withdrawerOf(state) === sender && !isLocked(state)))

/** A wallet's account pays only as long as the system program has it, and it holds no data. */
const isPlain = (state: State): boolean => state === null || (state.owner === systemProgram && state.data.length === 0)

// https://docs.rs/solana-stake-interface/latest/solana_stake_interface/state/enum.StakeStateV2.html
const STAKE_SIZE = 200
const STAKER_AT = 12
const WITHDRAWER_AT = 44
const LOCKUP_AT = 76
// A time and an epoch.
const LOCKUP_SIZE = 16
// https://github.com/solana-program/token/blob/main/interface/src/state.rs
const DELEGATE_AT = 72
const DELEGATED_AT = 121
const CLOSER_AT = 129
const MAX_U64 = 2n ** 64n - 1n
const addresses = getAddressDecoder()

const isStake = ({ owner, data }: ReadAccount): boolean =>
  owner === stakeProgram && data.length === STAKE_SIZE && [1, 2].includes(data[0]!)
const addressIn = (data: Uint8Array, at: number): string => addresses.decode(data.subarray(at, at + 32))
const withdrawerOf = (state: ReadAccount): string | null =>
  isStake(state) ? addressIn(state.data, WITHDRAWER_AT) : null
/** A stake that is locked up is nobody's to withdraw. */
const isLocked = ({ data }: ReadAccount): boolean =>
  data.subarray(LOCKUP_AT, LOCKUP_AT + LOCKUP_SIZE).some((byte) => byte !== 0)

/** An optional address: a number that is 1 where there is one, then the address. */
const optional = (data: Uint8Array, at: number): string | null =>
  Buffer.from(data).readUInt32LE(at) === 1 ? addressIn(data, at + 4) : null

/** Who may do what with an account that is the sender's, as names of roles and who has them. */
function authorities(sender: string, address: string, state: State): ReadonlyMap<string, string> {
  const roles = new Map<string, string | null>()
  if (state === null) return new Map()
  if (address === sender) roles.set('program', isPlain(state) ? sender : state.owner)
  if (isStake(state)) {
    roles.set('staker', addressIn(state.data, STAKER_AT))
    roles.set('withdrawer', withdrawerOf(state))
  }
  if (tokenAccountOwner(state) !== null) {
    roles.set('owner', tokenAccountOwner(state))
    roles.set('closer', closerOf(state) ?? null)
  } else if (isMint(state)) {
    roles.set('minter', optional(state.data, 0))
    roles.set('freezer', optional(state.data, 46))
  }
  return new Map([...roles].filter((one): one is [string, string] => one[1] !== null))
}

function grantsIn(network: Network, sender: string, { address, before, after }: Change): Effect[] {
  const [had, has] = [authorities(sender, address, before), authorities(sender, address, after)]
  const owned = [...had.values(), ...(isOwn(sender, address, after) ? [sender] : [])].includes(sender)
  const strangers = [...has].filter(([role, who]) => who !== sender && had.get(role) !== who).map(([, who]) => who)
  const given = owned ? [...new Set(strangers)].map((who) => handedOver(address, who)) : []
  return [...given, ...delegatesIn(network, sender, { address, before, after })]
}

function delegatesIn(network: Network, sender: string, { before, after }: Change): Effect[] {
  if (!after || tokenAccountOwner(after) !== sender) return []
  const [was, is] = [delegateOf(before), delegateOf(after)]
  if (!is || is.amount === 0n || (was?.spender === is.spender && was.amount >= is.amount)) return []
  const { spender, amount } = is
  const asset = tokenAsset(network, holdingOf(after.data).mint)
  return [{ kind: 'approval', asset, amount: `${amount}`, spender, unlimited: amount === MAX_U64 }]
}

/** Who else may close a token account, once it is empty. */
export const closerOf = ({ data }: ReadAccount): string | undefined => optional(data, CLOSER_AT) ?? undefined

/** Who may take of a token account, and how much. */
export function delegateOf(state: State): { spender: string; amount: bigint } | undefined {
  if (!state || tokenAccountOwner(state) === null) return undefined
  const spender = optional(state.data, DELEGATE_AT)
  return spender === null ? undefined : { spender, amount: Buffer.from(state.data).readBigUInt64LE(DELEGATED_AT) }
}
