import { AccountRole, type Address, getAddressEncoder, type Instruction } from '@solana/kit'
import { assetKey, type Effects, factsOf, type Network, nativeAsset, parseBase, tokenAsset } from '@waiaas/contract'
import type { Message } from './message.ts'
import { holdingOf, tokenAccountOwner } from './mint.ts'
import { lighthouseProgram, systemProgram } from './programs.ts'
import { paysItself } from './read/system.ts'
import { type Change, closerOf, delegateOf } from './simulate/things.ts'

/** By asset, what else of an account is on its way, or done before. */
export type Promised = ReadonlyMap<string, bigint>

type Floored = {
  readonly network: Network
  readonly sender: Address
  /** Accounts before and after a run, as one endpoint or two have seen it. */
  readonly seen: readonly (readonly Change[])[]
  /** Lamports that the run paid as its fee, and that the transaction can pay at most. */
  readonly paid: bigint
  readonly fee: bigint
  readonly promised: Promised
}

/**
 * Instructions that fail a transaction which would take more from its sender than it was seen to take, or give its token
 * accounts to others. Lamports are held by a payment of the wallet to itself, so that no program is given its signature;
 * token accounts by Lighthouse.
 */
export function floorsOf(floored: Floored): Instruction[] {
  const [first = [], ...others] = floored.seen
  const all = first.map((change) => [
    change,
    ...others.flatMap((seen) => seen.filter(({ address }) => address === change.address)),
  ])
  return [...all.flatMap((changes) => tokenFloor(floored, changes)), ...lamportFloor(floored, all)]
}

/** With what is done before it. */
export function withTaken(promised: Promised, after: readonly Effects[]): Promised {
  const sums = new Map(promised)
  const take = (asset: string, amount: bigint) => sums.set(assetKey(asset), (sums.get(assetKey(asset)) ?? 0n) + amount)
  for (const effects of after) {
    const { pays, spenders, deposits } = factsOf(effects)
    for (const { asset, amount } of [...pays, ...spenders, ...deposits]) take(asset, amount)
    take(effects.fee.asset, parseBase(effects.fee.max))
  }
  return sums
}

/** Whether it was a floor that failed a run, by what a node says of it. */
export function isFloor({ instructions, signers }: Pick<Message, 'instructions' | 'signers'>, err: unknown): boolean {
  const failed = typeof err === 'object' && err !== null && 'InstructionError' in err ? err.InstructionError : undefined
  const instruction = Array.isArray(failed) ? instructions[Number(failed[0])] : undefined
  return instruction?.program === lighthouseProgram || (!!instruction && paysItself(instruction, signers[0]!))
}

/** Why what runs into one is not sent. */
export const BELOW_FLOOR = 'it would leave the wallet less than what has to stay, or its token accounts to others'

function lamportFloor({ network, sender, paid, fee, promised }: Floored, all: readonly (readonly Change[])[]) {
  const own = all.find(([change]) => change?.address === sender) ?? []
  const asset = nativeAsset(network)
  const least = lowest(own.flatMap(({ before, after }) => [before?.lamports ?? 0n, (after?.lamports ?? 0n) + paid]))
  const floor = least - fee - (promised.get(assetKey(asset)) ?? 0n)
  return floor > 0n ? [payItself(sender, floor)] : []
}

/** Of what was seen before and after, the least. */
const lowest = (amounts: readonly bigint[]): bigint => amounts.toSorted((one, other) => (one < other ? -1 : 1))[0] ?? 0n

function payItself(sender: Address, lamports: bigint): Instruction {
  const data = Buffer.alloc(12)
  data.writeUInt32LE(2)
  data.writeBigUInt64LE(lamports, 4)
  const accounts = [
    { address: sender, role: AccountRole.WRITABLE_SIGNER },
    { address: sender, role: AccountRole.WRITABLE },
  ]
  return { programAddress: systemProgram, accounts, data: new Uint8Array(data) }
}

/** Of an account that is the sender's before and after; what is closed or given away was seen, and counts as that. */
function tokenFloor({ network, sender, promised }: Floored, changes: readonly Change[]): Instruction[] {
  const states = changes.flatMap(({ before, after }) => [before, after])
  const held = states.flatMap((state) => (state && tokenAccountOwner(state) === sender ? [state] : []))
  const [first] = changes
  if (!first?.after || held.length < states.length) return []
  const amounts = held.map(({ data }) => BigInt(holdingOf(data).amount))
  const asset = tokenAsset(network, holdingOf(first.after.data).mint)
  const floor = lowest(amounts) - (promised.get(assetKey(asset)) ?? 0n)
  const delegate = delegateOf(first.after)
  return [
    assertAll(first.address as Address, [
      [FIELDS.owner, ...bytesOf(sender), EQUAL],
      ...(floor > 0n ? [[FIELDS.amount, ...u64(floor), AT_LEAST]] : []),
      [FIELDS.delegate, ...optional(delegate?.spender), EQUAL],
      ...(delegate ? [[FIELDS.delegated, ...u64(delegate.amount), AT_MOST]] : []),
      [FIELDS.closer, ...optional(closerOf(first.after)), EQUAL],
    ]),
  ]
}

// Borsh, as in https://github.com/Jac0xb/lighthouse/tree/main/programs/lighthouse/src: AssertTokenAccountMulti, its level of
// logs, how many fields are looked at in LEB128, then of each its kind, its value and how the account's is to compare.
const ASSERT_ALL = 10
const SILENT = 0
const FIELDS = { owner: 1, amount: 2, delegate: 3, delegated: 6, closer: 7 } as const
const [EQUAL, AT_LEAST, AT_MOST] = [0, 4, 5]

const assertAll = (account: Address, fields: readonly (readonly number[])[]): Instruction => ({
  programAddress: lighthouseProgram,
  accounts: [{ address: account, role: AccountRole.READONLY }],
  data: Uint8Array.from([ASSERT_ALL, SILENT, fields.length, ...fields.flat()]),
})

const encoder = getAddressEncoder()
const bytesOf = (address: string): number[] => [...encoder.encode(address as Address)]
const optional = (address: string | undefined): number[] => (address === undefined ? [0] : [1, ...bytesOf(address)])
const u64 = (value: bigint): number[] => [...new Uint8Array(BigUint64Array.of(value).buffer)]
