import type { Address } from '@solana/kit'
import { type Effect, Failure, type Network, nativeAsset } from '@waiaas/contract'
import type { Message, ReadInstruction } from '../message.ts'
import { systemProgram } from '../programs.ts'
import { addressAt, type FormReader, handedOver, type InstructionReader, u64, unread, view } from './instruction.ts'

// Numbers: https://docs.rs/solana-system-interface/latest/solana_system_interface/instruction/enum.SystemInstruction.html
const CREATE_ACCOUNT = 0
const ASSIGN = 1
const PAY = 2
const CREATE_WITH_SEED = 3
const ALLOCATE = 8
const PAY_WITH_SEED = 11
/** Advance, withdraw, initialise, authorise and upgrade. */
const NONCES: readonly number[] = [4, 5, 6, 7, 12]
/** What an address is derived with is no longer. */
const MOST_SEED = 32

/** Where a form of an instruction has what, behind the number that names it. */
type Moved = { readonly from: Address; readonly to: Address; readonly amount: bigint }

/** Lamports that leave an account of the sender: its own, or one that is derived from it. */
export const readSystem: InstructionReader = (instruction, context) =>
  forms[kindOf(instruction)]?.(instruction, context) ??
  unread(instruction, `instruction ${kindOf(instruction)} of the system program`)

const outflow =
  (moved: (instruction: ReadInstruction, sender: Address) => Moved | undefined): FormReader =>
  (instruction, { network, sender }) => {
    const found = moved(instruction, sender)
    return found && [paid(network, found)]
  }

const paid = (network: Network, moved: Moved): Effect => ({
  ...{ kind: 'outflow', asset: nativeAsset(network), amount: `${leaves(moved)}`, to: moved.to },
})

/** What goes from an account to itself stays there; it fails where there is less. */
const leaves = ({ from, to, amount }: Moved): bigint => (from === to ? 0n : amount)

function transferOf({ accounts, data }: ReadInstruction, sender: Address): Moved | undefined {
  const [from, to] = accounts
  if (data.length !== 12 || accounts.length !== 2 || from?.address !== sender || !to) return undefined
  return { from: sender, to: to.address, amount: u64(data, 4) }
}

/** That the sender pays itself, which moves nothing and fails where it has less. */
export const paysItself = (instruction: ReadInstruction, sender: Address): boolean =>
  instruction.program === systemProgram && kindOf(instruction) === PAY && transferOf(instruction, sender)?.to === sender

/** The new account signs too, unless it is derived; who signs beside the sender is told by the message. */
function creationOf({ accounts, data }: ReadInstruction, sender: Address): Moved | undefined {
  const [from, to] = accounts
  if (data.length !== 52 || accounts.length !== 2 || from?.address !== sender || !to) return undefined
  return { from: sender, to: to.address, amount: u64(data, 4) }
}

function derivedCreationOf({ accounts, data }: ReadInstruction, sender: Address): Moved | undefined {
  const [from, to] = accounts
  const seed = seedAt(data, 36)
  if (seed === undefined || data.length !== 44 + seed + 48 || from?.address !== sender || !to) return undefined
  const isOwn = addressAt(data, 4) === sender
  if (!isOwn || accounts.length > 3 || accounts.slice(2).some(({ address }) => address !== sender)) return undefined
  return { from: sender, to: to.address, amount: u64(data, 44 + seed) }
}

function derivedTransferOf({ accounts, data }: ReadInstruction, sender: Address): Moved | undefined {
  const [from, base, to] = accounts
  const seed = seedAt(data, 12)
  if (seed === undefined || data.length !== 20 + seed + 32 || accounts.length !== 3) return undefined
  if (!from || base?.address !== sender || !to) return undefined
  return { from: from.address, to: to.address, amount: u64(data, 4) }
}

/** How long the seed is that begins here with its length. */
function seedAt(data: Uint8Array, at: number): number | undefined {
  if (data.length < at + 8) return undefined
  const length = u64(data, at)
  return length <= BigInt(MOST_SEED) ? Number(length) : undefined
}

const moves = {
  [CREATE_ACCOUNT]: creationOf,
  [PAY]: transferOf,
  [CREATE_WITH_SEED]: derivedCreationOf,
  [PAY_WITH_SEED]: derivedTransferOf,
} as const
const ASSIGN_WITH_SEED = 10
const ALLOCATE_WITH_SEED = 9

/** An account that is derived from the sender goes to a program, with all that is in it. */
const derivedGift =
  (behindSeed: number): FormReader =>
  ({ accounts, data }, { sender }) => {
    const [account, base] = accounts
    const seed = seedAt(data, 36)
    if (seed === undefined || accounts.length !== 2 || !account || base?.address !== sender) return undefined
    if (data.length !== 44 + seed + behindSeed + 32 || addressAt(data, 4) !== sender) return undefined
    return [handedOver(account.address, addressAt(data, 44 + seed + behindSeed))]
  }

const forms: Readonly<Record<number, FormReader>> = {
  ...Object.fromEntries(Object.entries(moves).map(([kind, moved]) => [kind, outflow(moved)])),
  [ASSIGN_WITH_SEED]: derivedGift(0),
  [ALLOCATE_WITH_SEED]: derivedGift(8),
}

/** Lamports that system instructions of a message take from the sender's own account. */
export const lamportsFrom = (sender: Address, { instructions }: Pick<Message, 'instructions'>): bigint =>
  instructions.reduce((sum, instruction) => {
    if (instruction.program !== systemProgram) return sum
    const moved = (moves as Partial<Record<number, typeof transferOf>>)[kindOf(instruction)]?.(instruction, sender)
    return moved?.from === sender ? sum + leaves(moved) : sum
  }, 0n)

/** Accounts that are derived from the sender, as instructions of a message prove that use them: they fail for others. */
export const derivedIn = (sender: Address, { instructions }: Pick<Message, 'instructions'>): string[] =>
  instructions.flatMap((instruction) => {
    const [account, base] = instruction.accounts
    const isDerived = [PAY_WITH_SEED, ASSIGN_WITH_SEED, ALLOCATE_WITH_SEED].includes(kindOf(instruction))
    return instruction.program === systemProgram && isDerived && account && base?.address === sender
      ? [account.address]
      : []
  })

/** Of those the ones that no program can ever be given: what they are derived for is the system program. */
export const derivedForNobody = (sender: Address, { instructions }: Pick<Message, 'instructions'>): string[] =>
  instructions.flatMap((instruction) => {
    const isPaying = instruction.program === systemProgram && kindOf(instruction) === PAY_WITH_SEED
    const moved = isPaying ? derivedTransferOf(instruction, sender) : undefined
    return moved && addressAt(instruction.data, instruction.data.length - 32) === systemProgram ? [moved.from] : []
  })

/** That a program has the wallet's account given away, or made one that pays nothing, by the wallet's own authority. */
export function handedInside(instruction: ReadInstruction, sender: Address): Effect[] {
  const isGiven = [ASSIGN, ALLOCATE, ASSIGN_WITH_SEED, ALLOCATE_WITH_SEED].includes(kindOf(instruction))
  const isOwn = instruction.program === systemProgram && instruction.accounts[0]?.address === sender
  return isGiven && isOwn ? [handedOver(sender, 'a program')] : []
}

/**
 * Failure INVALID_TRANSACTION of what nobody can want: a durable nonce keeps bytes valid for ever, so that they could never
 * be proven void; and an account that is given to a program, or holds data, pays nothing any more.
 */
export function refuseRuinous({ instructions }: Pick<Message, 'instructions'>, sender: Address): void {
  for (const instruction of instructions) {
    if (instruction.program !== systemProgram) continue
    const kind = kindOf(instruction)
    if (NONCES.includes(kind))
      throw new Failure(
        'INVALID_TRANSACTION',
        'durable nonces are refused, because the transaction would never expire; build it with a recent blockhash',
      )
    if ((kind === ASSIGN || kind === ALLOCATE) && instruction.accounts[0]?.address === sender)
      throw new Failure(
        'INVALID_TRANSACTION',
        `the transaction would ${kind === ASSIGN ? 'give' : 'turn'} the account of the wallet itself ${kind === ASSIGN ? 'to a program' : 'into one that holds data'}, after which it can pay nothing any more`,
      )
  }
}

const kindOf = ({ data }: ReadInstruction): number => (data.length >= 4 ? view(data).getUint32(0, true) : -1)
