import {
  type Address,
  type CompiledTransactionMessage,
  type CompiledTransactionMessageWithLifetime,
  getAddressDecoder,
  getBase58Decoder,
  getBase58Encoder,
  getBase64Encoder,
  getCompiledTransactionMessageDecoder,
  getTransactionDecoder,
  type ReadonlyUint8Array,
  type Transaction,
} from '@solana/kit'
import type { AccountLookup } from './accounts.ts'
import { invalidParams } from './rpc-error.ts'

type Compiled = CompiledTransactionMessage & CompiledTransactionMessageWithLifetime
type V1 = Extract<Compiled, { version: 1 }>
type Older = Exclude<Compiled, V1>
type Instruction = Older['instructions'][number]
/** Version 1 with its instructions as the others have them; `priorityFee` is what its header offers, in lamports. */
type Message =
  | Older
  | (Pick<V1, 'version' | 'header' | 'staticAccounts' | 'lifetimeToken'> & {
      readonly instructions: readonly Instruction[]
      readonly priorityFee: bigint
    })

/** A transaction read from the wire. `keys` are all its accounts: static, then loaded writable, then loaded readonly. */
export type DecodedTransaction = {
  readonly bytes: ReadonlyUint8Array
  readonly transaction: Transaction
  readonly message: Message
  readonly signature: string
  readonly signatures: readonly string[]
  readonly fullySigned: boolean
  readonly keys: readonly string[]
  readonly loadedAddresses: { readonly writable: readonly string[]; readonly readonly: readonly string[] }
}

const base58 = getBase58Decoder()
const fromBase58 = getBase58Encoder()
const fromBase64 = getBase64Encoder()
const addresses = getAddressDecoder()
const maxBytes = (first: number | undefined) => (first === 0x81 ? 4096 : 1232)
const computeBudgetProgram = 'ComputeBudget111111111111111111111111111111'
const lookupTableHeader = 56
const signatureFee = 5_000n
const defaultUnits = 200_000n
const builtinUnits = 3_000n
// Programs of the runtime itself, which reserve less when no limit is set (SIMD-0170).
const builtins = new Set([
  computeBudgetProgram,
  '11111111111111111111111111111111',
  'Vote111111111111111111111111111111111111111',
  'BPFLoader1111111111111111111111111111111111',
  'BPFLoader2111111111111111111111111111111111',
  'BPFLoaderUpgradeab1e11111111111111111111111',
  'LoaderV411111111111111111111111111111111111',
  'KeccakSecp256k11111111111111111111111111111',
  'Ed25519SigVerify111111111111111111111111111',
])
const maxUnits = 1_400_000n
const microLamports = 1_000_000n

/** Reads a transaction; throws invalid params with the node's words when it is malformed or too large. */
export function decodeTransaction(text: unknown, encoding: string, lookup: AccountLookup): DecodedTransaction {
  const bytes = decodeBytes(text, encoding)
  const most = maxBytes(bytes[0])
  if (bytes.length > most) {
    throw invalidParams(
      `decoded solana_transaction::versioned::VersionedTransaction too large: ${bytes.length} bytes (max: encoded/raw ${4 * Math.ceil(most / 3)}/${most})`,
    )
  }
  let transaction: Transaction
  try {
    transaction = getTransactionDecoder().decode(bytes)
  } catch (cause) {
    throw invalidParams(`failed to deserialize solana_transaction::versioned::VersionedTransaction: ${cause}`)
  }
  const message = decodeMessage(transaction.messageBytes)
  const signed = Object.values(transaction.signatures)
  const signatures = signed.map((signature) => base58.decode(signature ?? new Uint8Array(64)))
  const signature = signatures[0]
  if (signature === undefined) throw invalidParams('invalid transaction: it has no signatures')
  const loadedAddresses = loadAddresses(message, lookup)
  const keys = [...message.staticAccounts, ...loadedAddresses.writable, ...loadedAddresses.readonly]
  const fullySigned = signed.every((one) => one?.some((byte) => byte !== 0))
  return { bytes, transaction, message, signature, signatures, fullySigned, keys, loadedAddresses }
}

/** Reads a message from base64 or bytes. */
export function decodeMessage(source: ReadonlyUint8Array | string): Message {
  try {
    const bytes = typeof source === 'string' ? fromBase64.encode(source) : source
    const message = getCompiledTransactionMessageDecoder().decode(bytes)
    return message.version === 1 ? alike(message) : message
  } catch (cause) {
    throw invalidParams(`failed to deserialize solana_message::versioned::VersionedMessage: ${cause}`)
  }
}

function alike({ header, staticAccounts, lifetimeToken, configValues, ...message }: V1): Message {
  const [fee] = configValues
  return {
    ...{ version: 1, header, staticAccounts, lifetimeToken },
    // Of all that it has room for the fee alone takes eight bytes.
    priorityFee: fee?.kind === 'u64' ? fee.value : 0n,
    instructions: message.instructionHeaders.map(({ programAccountIndex }, at) => ({
      programAddressIndex: programAccountIndex,
      accountIndices: message.instructionPayloads[at]?.instructionAccountIndices ?? [],
      data: message.instructionPayloads[at]?.instructionData ?? new Uint8Array(),
    })),
  }
}

function decodeBytes(text: unknown, encoding: string): ReadonlyUint8Array {
  if (typeof text !== 'string') throw invalidParams('invalid type: expected the transaction as a string')
  if (encoding !== 'base64' && encoding !== 'base58') {
    throw invalidParams(`unsupported encoding: ${encoding}. Supported encodings: base58, base64`)
  }
  try {
    return encoding === 'base64' ? fromBase64.encode(text) : fromBase58.encode(text)
  } catch (cause) {
    throw invalidParams(`invalid ${encoding} encoding: ${cause}`)
  }
}

function loadAddresses(message: Message, lookup: AccountLookup) {
  const writable: Address[] = []
  const readonly: Address[] = []
  const tables = message.version === 0 ? (message.addressTableLookups ?? []) : []
  for (const { lookupTableAddress, writableIndexes, readonlyIndexes } of tables) {
    const data = lookup(lookupTableAddress)?.data
    // A table that is missing or too short is the SVM's to refuse; here it only has no addresses to show.
    const at = (index: number) => {
      const start = lookupTableHeader + 32 * index
      return data && data.length >= start + 32 ? [addresses.decode(data.subarray(start, start + 32))] : []
    }
    writable.push(...writableIndexes.flatMap(at))
    readonly.push(...readonlyIndexes.flatMap(at))
  }
  return { writable, readonly }
}

/** Lamports taken for a message: 5000 for each signature, and the priority fee, rounded up. */
export function feeOf(message: Message): bigint {
  const { header, instructions, staticAccounts } = message
  if (message.version === 1) return BigInt(header.numSignerAccounts) * signatureFee + message.priorityFee
  let price = 0n
  let limit: bigint | undefined
  let assumed = 0n
  for (const instruction of instructions) {
    const program = staticAccounts[instruction.programAddressIndex] ?? ''
    assumed += builtins.has(program) ? builtinUnits : defaultUnits
    if (program !== computeBudgetProgram) continue
    const data = Buffer.from(instruction.data ?? [])
    if (data[0] === 2) limit = BigInt(data.readUInt32LE(1))
    if (data[0] === 3) price = data.readBigUInt64LE(1)
  }
  const asked = limit ?? assumed
  const units = asked < maxUnits ? asked : maxUnits
  return BigInt(header.numSignerAccounts) * signatureFee + (price * units + microLamports - 1n) / microLamports
}

/** The role of an account in a transaction, by its place in `keys`. */
export function roleOf({ message, loadedAddresses }: DecodedTransaction, index: number) {
  const { numSignerAccounts, numReadonlySignerAccounts, numReadonlyNonSignerAccounts } = message.header
  const statics = message.staticAccounts.length
  const signer = index < numSignerAccounts
  if (index >= statics) return { signer, writable: index < statics + loadedAddresses.writable.length }
  const end = signer ? numSignerAccounts - numReadonlySignerAccounts : statics - numReadonlyNonSignerAccounts
  return { signer, writable: index < end }
}

/** An instruction as the plain json encoding shows it. */
export const plainInstruction = ({ programAddressIndex, accountIndices, data }: Instruction) => ({
  programIdIndex: programAddressIndex,
  accounts: [...(accountIndices ?? [])],
  data: base58.decode(data ?? new Uint8Array()),
  stackHeight: null,
})
