import { base58 } from '@scure/base'
import { hex } from './chains.ts'
import { type Move, NATIVE, type Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { parseSolanaMessage, type SolanaInstruction, type SolanaMessage } from './solana-message.ts'

/** What one instruction does for the wallet that signs alone; undefined: it is not understood whole. */
type Read = (instruction: SolanaInstruction, context: Context) => readonly Move[] | undefined
type Context = {
  sender: string
  /** Token accounts that the same message makes sure of, with the owner that the token program gives them. */
  owners: ReadonlyMap<string, string>
}

const key = (address: string): string => hex(base58.decode(address))
const SYSTEM = key('11111111111111111111111111111111')
const TOKEN = key('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA')
const TOKEN_2022 = key('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb')
const ASSOCIATED = key('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')
const LIGHTHOUSE = key('L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95')
const COMPUTE_BUDGET = key('ComputeBudget111111111111111111111111111111')

const MEMOS = ['MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo'].map(key)

/** The most rent of a token account in lamports, two years of (128 + size) bytes at 3,480 each. */
const RENT: Readonly<Record<string, bigint>> = { [TOKEN]: 2_039_280n, [TOKEN_2022]: 2_220_240n }
const SIGNATURE_FEE = 5_000n
const MOST_UNITS = 1_400_000n
const MICRO = 1_000_000n

const readers: Readonly<Record<string, Read>> = {
  [SYSTEM]: lamports,
  [TOKEN]: tokens,
  [TOKEN_2022]: tokens,
  [ASSOCIATED]: accountCreation,
  [LIGHTHOUSE]: look,
  ...Object.fromEntries(MEMOS.map((program) => [program, memo])),
}

/** Reads exactly one message that this wallet signs alone, and tells of which programs it cannot read an instruction whole. */
export function readSolanaTransaction(payload: Uint8Array, publicKey: Uint8Array): Reading {
  const message = parseSolanaMessage(payload)
  if (!message) return refuse('not exactly one Solana message (legacy, v0 or v1)')
  const sender = hex(publicKey)
  if (message.signers.length !== 1 || message.signers[0] !== sender)
    refuse('the transaction does not ask for the signature of this wallet alone')
  const acting = message.instructions.filter(({ program }) => program !== COMPUTE_BUDGET)
  for (const instruction of acting) requireHarmless(instruction, sender)
  const context: Context = { sender, owners: ownersIn(acting) }
  const moves: Move[] = []
  const unread: string[] = []
  for (const instruction of acting) {
    const read = movesOf(instruction, context)
    if (read) moves.push(...read)
    else unread.push(instruction.program)
  }
  const memos = acting.flatMap(({ program, data }) => (MEMOS.includes(program) ? [hex(data)] : []))
  return {
    ...{ chain: 'solana', nonce: null, moves, fee: feeOf(message) },
    calls: callsOf(unread, acting),
    ...(memos.length > 0 && { memos }),
  }
}

const movesOf = (instruction: SolanaInstruction, context: Context): readonly Move[] | undefined =>
  readerOf(instruction)?.(instruction, context)

const readerOf = ({ program }: SolanaInstruction): Read | undefined =>
  Object.hasOwn(readers, program) ? readers[program] : undefined

/** The programs that are told something unread; the data is all that the transaction does, because each part may need another. */
function callsOf([to, ...others]: readonly string[], acting: readonly SolanaInstruction[]): Reading['calls'] {
  if (to === undefined) return null
  const whole = acting.map(({ program, accounts, data }) => [
    program,
    accounts.map((account) => [account.key, account.isWritable, account.isSigner]),
    hex(data),
  ])
  return { to, others: [...new Set(others)], isText: false, data: Buffer.from(JSON.stringify(whole), 'utf8') }
}

// Numbers: https://docs.rs/solana-system-interface/latest/solana_system_interface/instruction/enum.SystemInstruction.html
const ASSIGN = 1
const PAY = 2
const CREATE_WITH_SEED = 3
const ALLOCATE = 8
const PAY_WITH_SEED = 11
const NONCES = [4, 5, 6, 7, 12]
const MOST_SEED = 32n

/**
 * What no ceiling lets pass: bytes that are valid for ever, an account that pays nothing any more, and what could be read if
 * its accounts did not come from a lookup table, of which the bytes show no key.
 */
function requireHarmless(instruction: SolanaInstruction, sender: string): void {
  const { program, accounts, data } = instruction
  if (readerOf(instruction) && accounts.some(({ isLookedUp }) => isLookedUp))
    refuse('a payment or another instruction that the signer reads has accounts from a lookup table')
  if (program !== SYSTEM || data.length < 4) return
  const kind = view(data).getUint32(0, true)
  if (NONCES.includes(kind)) refuse('transactions with a durable nonce are not signed')
  if ((kind === ASSIGN || kind === ALLOCATE) && accounts.some((account) => account.key === sender))
    refuse('it gives the account of the wallet itself to a program')
}

/** Lamports of the wallet's own account, and of one that is derived from it. */
function lamports({ accounts, data }: SolanaInstruction, { sender }: Context): Move[] | undefined {
  const [first, second, third] = accounts.map((account) => account.key)
  if (data.length < 12 || !second) return undefined
  const kind = view(data).getUint32(0, true)
  const paid = (at: number, to: string): Move[] => [{ asset: NATIVE, amount: view(data).getBigUint64(at, true), to }]
  // What goes from the wallet to itself stays there, and fails where there is less.
  if (kind === PAY && data.length === 12 && accounts.length === 2 && first === sender && second === sender) return []
  if (kind === PAY && data.length === 12 && accounts.length === 2 && first === sender) return paid(4, second)
  if (kind === PAY_WITH_SEED && accounts.length === 3 && second === sender)
    return data.length === 52 + seedLength(data, 12) ? paid(4, third!) : undefined
  if (kind !== CREATE_WITH_SEED || first !== sender || accounts.length > 3) return undefined
  const seed = seedLength(data, 36)
  const isOwn = data.length === 92 + seed && hex(data.subarray(4, 36)) === sender && (third ?? sender) === sender
  return isOwn ? paid(44 + seed, second) : undefined
}

/** Of a seed that begins here; out of reach of any data where it is none. */
function seedLength(data: Uint8Array, at: number): number {
  const length = data.length < at + 8 ? MOST_SEED + 1n : view(data).getBigUint64(at, true)
  return length > MOST_SEED ? Number.POSITIVE_INFINITY : Number(length)
}

type TokenForm = { length: number; accounts: number; amountAt: number; to: number; isGrant?: boolean }
/** What names the mint: transfers, allowances and burns, by their first byte. What is burnt goes to its mint. */
const TOKEN_FORMS: Readonly<Record<number, TokenForm>> = {
  12: { length: 10, accounts: 4, amountAt: 1, to: 2 },
  13: { length: 10, accounts: 4, amountAt: 1, to: 2, isGrant: true },
  15: { length: 10, accounts: 3, amountAt: 1, to: 1 },
  // Of Token-2022, where the second byte is 1: a transfer that names the fee, which is withheld from the amount.
  26: { length: 19, accounts: 4, amountAt: 2, to: 2 },
}
const WITH_FEE = 26

const CLOSE = 9

function tokens({ accounts, data }: SolanaInstruction, { sender, owners }: Context): Move[] | undefined {
  // The token program closes no account that holds tokens, and its rent comes back to the wallet.
  if (data[0] === CLOSE && data.length === 1 && accounts.length === 3)
    return accounts[1]!.key === sender && accounts[2]!.key === sender ? [] : undefined
  const form = TOKEN_FORMS[data[0] ?? 0]
  if (!form || data.length !== form.length || (data[0] === WITH_FEE && data[1] !== 1)) return undefined
  if (accounts.length !== form.accounts || accounts.at(-1)!.key !== sender) return undefined
  const { isGrant } = form
  // Nor does anything leave an account that pays itself.
  if (form.to === 2 && !isGrant && accounts[0]!.key === accounts[2]!.key) return []
  const [mint, to] = [accounts[1]!.key, accounts[form.to]!.key]
  const amount = view(data).getBigUint64(form.amountAt, true)
  return [{ asset: mint, amount, to: (isGrant ? undefined : owners.get(to)) ?? to, ...(isGrant && { isGrant }) }]
}

/** Creates the associated account of an owner, or sees that it is there: the rent may leave. */
function accountCreation(instruction: SolanaInstruction, { sender }: Context): Move[] | undefined {
  const { data } = instruction
  const [payer, , owner, , system, program] = instruction.accounts.map((account) => account.key)
  const isCreation = data.length === 0 || (data.length === 1 && data[0]! <= 1)
  const rent = RENT[program ?? '']
  if (!isCreation || instruction.accounts.length !== 6 || payer !== sender || system !== SYSTEM || !rent)
    return undefined
  return [{ asset: NATIVE, amount: rent, to: owner! }]
}

/** AssertTokenAccount and AssertTokenAccountMulti: https://github.com/Jac0xb/lighthouse */
const LOOKS = [9, 10]

/** Fails the transaction where a token account is not as it is said to be; it is given nobody's signature. */
function look({ accounts: [account, ...others], data }: SolanaInstruction, { sender }: Context): Move[] | undefined {
  const isLook = LOOKS.includes(data[0] ?? -1) && account !== undefined && others.length === 0
  return isLook && account.key !== sender ? [] : undefined
}

/** A text in the wallet's own name. */
function memo({ accounts }: SolanaInstruction, { sender }: Context): Move[] | undefined {
  return accounts.every((account) => account.key === sender) ? [] : undefined
}

/** The program makes no account but the owner's associated one: another address fails, and the message with it. */
const ownersIn = (instructions: readonly SolanaInstruction[]): Context['owners'] =>
  new Map(
    instructions.flatMap(({ program, data, accounts: [, account, owner] }) =>
      program === ASSOCIATED && (data[0] ?? 0) <= 1 && account && owner ? [[account.key, owner.key] as const] : [],
    ),
  )

/** Signature, and the most compute units at their price, or what version 1 pays whatever its instructions say. */
function feeOf({ instructions, priority }: SolanaMessage): bigint {
  if (priority !== undefined) return SIGNATURE_FEE + priority
  let units = MOST_UNITS
  let price = 0n
  for (const { program, data } of instructions) {
    if (program !== COMPUTE_BUDGET) continue
    if (data[0] === 2 && data.length === 5) units = BigInt(view(data).getUint32(1, true))
    else if (data[0] === 3 && data.length === 9) price = view(data).getBigUint64(1, true)
    else refuse('the transaction tells the compute budget program something that the signer cannot read')
  }
  return SIGNATURE_FEE + (units * price + MICRO - 1n) / MICRO
}

const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.length)
