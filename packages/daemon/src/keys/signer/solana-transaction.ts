import { base58 } from '@scure/base'
import { hex } from './chains.ts'
import { type Move, NATIVE, type Reading } from './reading.ts'
import { refuse } from './refuse.ts'
import { parseSolanaMessage, type SolanaInstruction } from './solana-message.ts'

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
const COMPUTE_BUDGET = key('ComputeBudget111111111111111111111111111111')

const MEMOS = ['MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo'].map(key)

/** Lamports of rent for a token account, two years of (128 + size) bytes at 3,480 each. */
const RENT: Readonly<Record<string, bigint>> = { [TOKEN]: 2_039_280n, [TOKEN_2022]: 2_074_080n }
const SIGNATURE_FEE = 5_000n
const MOST_UNITS = 1_400_000n
const MICRO = 1_000_000n

const readers: Readonly<Record<string, Read>> = {
  [SYSTEM]: transfer,
  [TOKEN]: tokenTransfer,
  [TOKEN_2022]: tokenTransfer,
  [ASSOCIATED]: accountCreation,
  ...Object.fromEntries(MEMOS.map((program) => [program, memo])),
}

/** Reads exactly one message that this wallet signs alone; refuses an instruction that is not understood whole. */
export function readSolanaTransaction(payload: Uint8Array, publicKey: Uint8Array): Reading {
  const message = parseSolanaMessage(payload)
  if (!message) return refuse('not exactly one Solana message (legacy or v0) that holds all its accounts')
  const sender = hex(publicKey)
  if (message.signers.length !== 1 || message.signers[0] !== sender)
    refuse('the transaction does not ask for the signature of this wallet alone')
  const acting = message.instructions.filter(({ program }) => program !== COMPUTE_BUDGET)
  const context: Context = { sender, owners: ownersIn(acting) }
  const moves = acting.flatMap((instruction) => {
    const read = Object.hasOwn(readers, instruction.program) ? readers[instruction.program] : undefined
    return read?.(instruction, context) ?? refuse('the transaction has an instruction that the signer cannot read')
  })
  const memos = acting.flatMap(({ program, data }) => (MEMOS.includes(program) ? [hex(data)] : []))
  const fee = feeOf(message.instructions)
  return { chain: 'solana', nonce: null, moves, fee, calls: null, ...(memos.length > 0 && { memos }) }
}

function transfer({ accounts, data }: SolanaInstruction, { sender }: Context): Move[] | undefined {
  const [from, to] = accounts
  const isTransfer = data.length === 12 && view(data).getUint32(0, true) === 2
  if (!isTransfer || accounts.length !== 2 || from !== sender) return undefined
  return [{ asset: NATIVE, amount: view(data).getBigUint64(4, true), to: to! }]
}

/** TransferChecked, which names the mint. */
function tokenTransfer({ accounts, data }: SolanaInstruction, { sender, owners }: Context): Move[] | undefined {
  const [, mint, account, authority] = accounts
  if (data[0] !== 12 || data.length !== 10 || accounts.length !== 4 || authority !== sender) return undefined
  return [{ asset: mint!, amount: view(data).getBigUint64(1, true), to: owners.get(account!) ?? account! }]
}

/** Creates the associated account of an owner, or sees that it is there: the rent may leave. */
function accountCreation(instruction: SolanaInstruction, { sender }: Context): Move[] | undefined {
  const { accounts, data } = instruction
  const [payer, , owner, , system, program] = accounts
  const isCreation = data.length === 0 || (data.length === 1 && data[0]! <= 1)
  const rent = RENT[program ?? '']
  if (!isCreation || accounts.length !== 6 || payer !== sender || system !== SYSTEM || !rent) return undefined
  return [{ asset: NATIVE, amount: rent, to: owner! }]
}

/** A text in the wallet's own name. */
function memo({ accounts }: SolanaInstruction, { sender }: Context): Move[] | undefined {
  return accounts.every((account) => account === sender) ? [] : undefined
}

/** The program makes no account but the owner's associated one: another address fails, and the message with it. */
const ownersIn = (instructions: readonly SolanaInstruction[]): Context['owners'] =>
  new Map(
    instructions.flatMap(({ program, accounts: [, account, owner] }) =>
      program === ASSOCIATED && account && owner ? [[account, owner] as const] : [],
    ),
  )

/** Signature, and the most compute units at their price. */
function feeOf(instructions: readonly SolanaInstruction[]): bigint {
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
