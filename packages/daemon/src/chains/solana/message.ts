import {
  type AccountRole,
  type Address,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransactionMessage,
  createTransactionMessage,
  getCompiledTransactionMessageDecoder,
  getCompiledTransactionMessageEncoder,
  type Instruction,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit'
import { Failure } from '@waiaas/contract'

export type Account = { readonly address: Address; readonly signer: boolean; readonly writable: boolean }
export type ReadInstruction = {
  readonly program: Address
  readonly accounts: readonly Account[]
  readonly data: Uint8Array
}
/** A message read back: every account resolved, signers first. */
export type Message = {
  readonly version: 'legacy' | 0
  readonly blockhash: string
  readonly accounts: readonly Account[]
  readonly signers: readonly Address[]
  readonly instructions: readonly ReadInstruction[]
}

/** A transaction must fit one packet: https://solana.com/docs/core/transactions */
export const maxTransactionSize = 1_232
const encoder = getCompiledTransactionMessageEncoder()
const decoder = getCompiledTransactionMessageDecoder()

/** The bytes of a version-0 message whose fee payer is the sender. */
export function writeMessage(sender: Address, instructions: readonly Instruction[], blockhash: string): Uint8Array {
  const lifetime = { blockhash: blockhash as Blockhash, lastValidBlockHeight: 0n }
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (next) => setTransactionMessageFeePayer(sender, next),
    (next) => setTransactionMessageLifetimeUsingBlockhash(lifetime, next),
    (next) => appendTransactionMessageInstructions(instructions, next),
  )
  return new Uint8Array(encoder.encode(compileTransactionMessage(message)))
}

/**
 * Reads legacy and version-0 messages. Failure INVALID_TRANSACTION on anything else: other versions, lookup tables,
 * accounts out of range, and bytes that are not the one canonical encoding of what they say.
 */
export function readMessage(bytes: Uint8Array): Message {
  const compiled = parse(bytes)
  if (compiled.version === 1) throw refused('a message of version 1, expected legacy or version 0')
  if ('addressTableLookups' in compiled && compiled.addressTableLookups?.length)
    throw refused('address lookup tables, whose accounts the bytes do not show')
  const { header, staticAccounts } = compiled
  const { numSignerAccounts: signers, numReadonlySignerAccounts, numReadonlyNonSignerAccounts } = header
  if (signers < 1 || signers > staticAccounts.length || numReadonlySignerAccounts >= signers)
    throw refused('a header that does not fit its accounts')
  const firstReadonlyPlain = staticAccounts.length - numReadonlyNonSignerAccounts
  if (firstReadonlyPlain < signers) throw refused('a header that does not fit its accounts')
  if (new Set(staticAccounts).size !== staticAccounts.length) throw refused('an account that is listed twice')
  const accounts = staticAccounts.map((address, index) => ({
    address,
    signer: index < signers,
    writable: index < signers ? index < signers - numReadonlySignerAccounts : index < firstReadonlyPlain,
  }))
  const at = (index: number): Account => {
    const account = accounts[index]
    if (!account) throw refused(`account ${index} of ${accounts.length}`)
    return account
  }
  const instructions = compiled.instructions.map((instruction) => ({
    program: at(instruction.programAddressIndex).address,
    accounts: (instruction.accountIndices ?? []).map(at),
    data: new Uint8Array(instruction.data ?? []),
  }))
  return {
    version: compiled.version,
    blockhash: compiled.lifetimeToken,
    accounts,
    signers: staticAccounts.slice(0, signers),
    instructions,
  }
}

function parse(bytes: Uint8Array) {
  let compiled: ReturnType<typeof decoder.decode>
  let again: Uint8Array
  try {
    compiled = decoder.decode(bytes)
    again = new Uint8Array(encoder.encode(compiled))
  } catch (cause) {
    throw new Failure('INVALID_TRANSACTION', 'the bytes are not a Solana message', { cause })
  }
  if (Buffer.compare(again, bytes) !== 0) throw refused('bytes beyond or beside their canonical encoding')
  return compiled
}

const refused = (what: string): Failure => new Failure('INVALID_TRANSACTION', `the Solana message has ${what}`)

export type Role = AccountRole
