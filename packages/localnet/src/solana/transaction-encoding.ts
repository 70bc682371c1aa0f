import { getBase58Decoder } from '@solana/kit'
import { base64, token2022Program, tokenProgram, uiAmount } from './accounts.ts'
import type { Landed } from './history.ts'
import { invalidParams } from './rpc-error.ts'
import { type DecodedTransaction, plainInstruction, roleOf } from './transactions.ts'

type Call = { programId: string; accounts: string[]; data: Buffer }

const base58 = getBase58Decoder()
const systemProgram = '11111111111111111111111111111111'
const associatedTokenProgram = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL'
const memoPrograms = ['MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo']

/** A transaction in one of getTransaction's encodings. */
export function encodeTransaction(decoded: DecodedTransaction, encoding: string) {
  if (encoding === 'base64') return [base64(decoded.bytes), 'base64']
  if (encoding === 'base58') return [base58.decode(decoded.bytes), 'base58']
  if (encoding !== 'json' && encoding !== 'jsonParsed')
    throw invalidParams(`unsupported transaction encoding ${encoding}`)
  const { signatures, message } = decoded
  const common = { recentBlockhash: message.lifetimeToken }
  const body = encoding === 'json' ? plainMessage(decoded) : parsedMessage(decoded)
  const lookups = message.version === 0 ? { addressTableLookups: tableLookups(message.addressTableLookups ?? []) } : {}
  return { signatures, message: { ...common, ...body, ...lookups } }
}

function plainMessage({ message }: DecodedTransaction) {
  const { header, staticAccounts, instructions } = message
  return {
    header: {
      numRequiredSignatures: header.numSignerAccounts,
      numReadonlySignedAccounts: header.numReadonlySignerAccounts,
      numReadonlyUnsignedAccounts: header.numReadonlyNonSignerAccounts,
    },
    accountKeys: staticAccounts,
    instructions: instructions.map(plainInstruction),
  }
}

function parsedMessage(decoded: DecodedTransaction) {
  const { message, keys } = decoded
  const statics = message.staticAccounts.length
  return {
    accountKeys: keys.map((pubkey, index) => ({
      pubkey,
      ...roleOf(decoded, index),
      source: index < statics ? 'transaction' : 'lookupTable',
    })),
    instructions: message.instructions.map((instruction) => {
      const accounts = (instruction.accountIndices ?? []).map((index) => keys[index] ?? '')
      const programId = keys[instruction.programAddressIndex] ?? ''
      return {
        ...parsedInstruction({ programId, accounts, data: Buffer.from(instruction.data ?? []) }),
        stackHeight: null,
      }
    }),
  }
}

type Lookup = { lookupTableAddress: string; writableIndexes: readonly number[]; readonlyIndexes: readonly number[] }
const tableLookups = (lookups: readonly Lookup[]) =>
  lookups.map(({ lookupTableAddress, writableIndexes, readonlyIndexes }) => ({
    accountKey: lookupTableAddress,
    writableIndexes: [...writableIndexes],
    readonlyIndexes: [...readonlyIndexes],
  }))

// The instructions that wallets send most; the node shows any other with its accounts and data as they are.
function parsedInstruction(call: Call) {
  const { programId, accounts, data } = call
  const found = systemTransfer(call) ?? tokenTransfer(call) ?? associatedAccount(call)
  if (found) return { program: found.program, programId, parsed: { type: found.type, info: found.info } }
  if (memoPrograms.includes(programId)) return { program: 'spl-memo', programId, parsed: data.toString('utf8') }
  return { programId, accounts, data: base58.decode(data) }
}

function systemTransfer({ programId, accounts: [source, destination], data }: Call) {
  if (programId !== systemProgram || data.length !== 12 || data.readUInt32LE(0) !== 2) return null
  const info = { source, destination, lamports: data.readBigUInt64LE(4) }
  return { program: 'system', type: 'transfer', info }
}

function tokenTransfer({ programId, accounts, data }: Call) {
  if (programId !== tokenProgram && programId !== token2022Program) return null
  const program = programId === tokenProgram ? 'spl-token' : 'spl-token-2022'
  if (data[0] === 3 && data.length === 9) {
    const [source, destination, authority] = accounts
    const info = { source, destination, authority, amount: data.readBigUInt64LE(1).toString() }
    return { program, type: 'transfer', info }
  }
  if (data[0] === 12 && data.length === 10) {
    const [source, mint, destination, authority] = accounts
    const info = {
      source,
      mint,
      destination,
      authority,
      tokenAmount: uiAmount(data.readBigUInt64LE(1), data.readUInt8(9)),
    }
    return { program, type: 'transferChecked', info }
  }
  return null
}

function associatedAccount({ programId, accounts, data }: Call) {
  if (programId !== associatedTokenProgram || (data.length > 0 && data.readUInt8(0) > 1)) return null
  const [source, account, wallet, mint, system, token] = accounts
  const info = { source, account, wallet, mint, systemProgram: system, tokenProgram: token }
  return { program: 'spl-associated-token-account', type: data[0] === 1 ? 'createIdempotent' : 'create', info }
}

/** The `meta` object of a landed transaction. */
export function encodeMeta(landed: Landed) {
  const { err, fee, preBalances, postBalances, preTokenBalances, postTokenBalances, loadedAddresses } = landed
  return {
    err,
    status: err ? { Err: err } : { Ok: null },
    fee,
    preBalances,
    postBalances,
    preTokenBalances,
    postTokenBalances,
    loadedAddresses,
    innerInstructions: landed.innerInstructions,
    logMessages: landed.logs,
    computeUnitsConsumed: landed.unitsConsumed,
    ...(landed.returnData ? { returnData: landed.returnData } : {}),
    rewards: [],
  }
}
