import {
  type EncodedAccount,
  getAddressDecoder,
  getBase58Decoder,
  getBase58Encoder,
  getBase64Encoder,
  type ReadonlyUint8Array,
} from '@solana/kit'
import { invalidParams } from './rpc-error.ts'

export const tokenProgram = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
export const token2022Program = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb'

export type AccountLookup = (address: string) => EncodedAccount | null
export type TokenAccount = {
  mint: string
  owner: string
  amount: bigint
  state: number
  isNative: boolean
  delegate: string | null
  delegatedAmount: bigint
  closeAuthority: string | null
}
export type Mint = {
  supply: bigint
  decimals: number
  isInitialized: boolean
  mintAuthority: string | null
  freezeAuthority: string | null
}
type Slice = { offset: number; length: number }
export type EncodingConfig = { encoding?: string; dataSlice?: Slice }
export type Filter = { dataSize?: number; memcmp?: { offset: number; bytes: string; encoding?: string } }

const addresses = getAddressDecoder()
const base58 = getBase58Decoder()
const fromBase58 = getBase58Encoder()
const fromBase64 = getBase64Encoder()
// Layout of the token programs: https://github.com/solana-program/token/blob/main/interface/src/state.rs
const tokenAccountSize = 165
const mintSize = 82
const accountKinds = { mint: 1, account: 2 }
// Extension numbers: https://github.com/solana-program/token-2022/blob/main/interface/src/extension/mod.rs
const extensionNames =
  'uninitialized transferFeeConfig transferFeeAmount mintCloseAuthority confidentialTransferMint confidentialTransferAccount defaultAccountState immutableOwner memoTransfer nonTransferable interestBearingConfig cpiGuard permanentDelegate nonTransferableAccount transferHook transferHookAccount confidentialTransferFeeConfig confidentialTransferFeeAmount metadataPointer tokenMetadata groupPointer tokenGroup groupMemberPointer tokenGroupMember confidentialMintBurn scaledUiAmountConfig pausableConfig pausableAccount'.split(
    ' ',
  )

export const base64 = (bytes: ReadonlyUint8Array) => Buffer.from(Uint8Array.from(bytes)).toString('base64')
const view = (data: ReadonlyUint8Array) => new DataView(data.buffer, data.byteOffset, data.byteLength)
const addressAt = (data: ReadonlyUint8Array, offset: number): string =>
  addresses.decode(data.subarray(offset, offset + 32))
const optionalAddressAt = (data: ReadonlyUint8Array, offset: number) =>
  view(data).getUint32(offset, true) === 1 ? addressAt(data, offset + 4) : null
const ofTokenProgram = ({ programAddress }: EncodedAccount) =>
  programAddress === tokenProgram || programAddress === token2022Program

/** Reads a token account of either token program; null for any other account. */
export function tokenAccount(account: EncodedAccount | null): TokenAccount | null {
  if (!account || !ofTokenProgram(account)) return null
  const { data } = account
  if (data.length < tokenAccountSize) return null
  if (data.length > tokenAccountSize && data[tokenAccountSize] !== accountKinds.account) return null
  return {
    mint: addressAt(data, 0),
    owner: addressAt(data, 32),
    amount: view(data).getBigUint64(64, true),
    state: data[108] ?? 0,
    isNative: view(data).getUint32(109, true) === 1,
    delegate: optionalAddressAt(data, 72),
    delegatedAmount: view(data).getBigUint64(121, true),
    closeAuthority: optionalAddressAt(data, 129),
  }
}

/** Reads a mint of either token program; null for any other account. */
export function mint(account: EncodedAccount | null): Mint | null {
  if (!account || !ofTokenProgram(account)) return null
  const { data } = account
  if (data.length < mintSize) return null
  if (data.length > mintSize && data[tokenAccountSize] !== accountKinds.mint) return null
  return {
    supply: view(data).getBigUint64(36, true),
    decimals: data[44] ?? 0,
    isInitialized: data[45] === 1,
    mintAuthority: optionalAddressAt(data, 0),
    freezeAuthority: optionalAddressAt(data, 46),
  }
}

/** Decimals of a mint; 0 when there is no such mint, as the node does. */
export const decimalsOf = (address: string, lookup: AccountLookup) => mint(lookup(address))?.decimals ?? 0

/** The node's four ways to write one token amount. */
export function uiAmount(amount: bigint, decimals: number) {
  const digits = amount.toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  const text = fraction ? `${whole}.${fraction}` : whole
  // The protocol defines uiAmount as a double for display.
  return { amount: amount.toString(), decimals, uiAmount: Number(text), uiAmountString: text }
}

function extensions(data: ReadonlyUint8Array) {
  const found: { extension: string; state?: unknown }[] = []
  let offset = tokenAccountSize + 1
  while (offset + 4 <= data.length) {
    const kind = view(data).getUint16(offset, true)
    const length = view(data).getUint16(offset + 2, true)
    if (kind === 0) break
    const extension = extensionNames[kind] ?? 'unparseableExtension'
    const body = data.subarray(offset + 4, offset + 4 + length)
    found.push(extension === 'transferFeeConfig' ? { extension, state: transferFeeConfig(body) } : { extension })
    offset += 4 + length
  }
  return found
}

function transferFeeConfig(body: ReadonlyUint8Array) {
  const none = base58.decode(new Uint8Array(32))
  const authority = (offset: number) => {
    const found = addressAt(body, offset)
    return found === none ? null : found
  }
  const fee = (offset: number) => ({
    epoch: view(body).getBigUint64(offset, true),
    maximumFee: view(body).getBigUint64(offset + 8, true),
    transferFeeBasisPoints: view(body).getUint16(offset + 16, true),
  })
  return {
    transferFeeConfigAuthority: authority(0),
    withdrawWithheldAuthority: authority(32),
    withheldAmount: view(body).getBigUint64(64, true),
    olderTransferFee: fee(72),
    newerTransferFee: fee(90),
  }
}

function parsed(account: EncodedAccount, lookup: AccountLookup) {
  const more = account.data.length > tokenAccountSize ? { extensions: extensions(account.data) } : {}
  const token = tokenAccount(account)
  if (token) {
    const decimals = decimalsOf(token.mint, lookup)
    const info = {
      mint: token.mint,
      owner: token.owner,
      state: ['uninitialized', 'initialized', 'frozen'][token.state],
      isNative: token.isNative,
      tokenAmount: uiAmount(token.amount, decimals),
      ...(token.delegate
        ? { delegate: token.delegate, delegatedAmount: uiAmount(token.delegatedAmount, decimals) }
        : {}),
      ...(token.closeAuthority ? { closeAuthority: token.closeAuthority } : {}),
      ...more,
    }
    return { type: 'account', info }
  }
  const known = mint(account)
  return known ? { type: 'mint', info: { ...known, supply: known.supply.toString(), ...more } } : null
}

/** An account as the RPC writes it in the encoding asked for; jsonParsed falls back to base64. */
export function encodeAccount(account: EncodedAccount | null, config: EncodingConfig, lookup: AccountLookup) {
  if (!account) return null
  const { data, executable, lamports, programAddress: owner } = account
  const base = { executable, lamports, owner, rentEpoch: 18446744073709551615n, space: data.length }
  const encoding = config.encoding ?? 'base58'
  if (encoding === 'jsonParsed') {
    const found = parsed(account, lookup)
    if (!found) return { ...base, data: [base64(data), 'base64'] }
    const program = owner === tokenProgram ? 'spl-token' : 'spl-token-2022'
    return { ...base, data: { program, space: data.length, parsed: found } }
  }
  const slice = config.dataSlice
  const bytes = slice ? data.subarray(slice.offset, slice.offset + slice.length) : data
  if (encoding === 'base64') return { ...base, data: [base64(bytes), 'base64'] }
  if (encoding !== 'base58' && encoding !== 'binary') throw invalidParams(`unsupported account encoding ${encoding}`)
  if (bytes.length > 128) {
    throw invalidParams('Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.')
  }
  return { ...base, data: config.encoding === 'base58' ? [base58.decode(bytes), 'base58'] : base58.decode(bytes) }
}

/** Token balances among a transaction's accounts, as its metadata lists them. */
export function tokenBalances(keys: readonly string[], lookup: AccountLookup) {
  return keys.flatMap((key, accountIndex) => {
    const account = lookup(key)
    const token = tokenAccount(account)
    if (!account || !token) return []
    const uiTokenAmount = uiAmount(token.amount, decimalsOf(token.mint, lookup))
    return [{ accountIndex, mint: token.mint, owner: token.owner, programId: account.programAddress, uiTokenAmount }]
  })
}

/** Applies getProgramAccounts' filters, all of which must hold. */
export function matches({ data }: EncodedAccount, filters: readonly Filter[] = []): boolean {
  return filters.every(({ dataSize, memcmp }) => {
    if (dataSize !== undefined) return data.length === dataSize
    if (!memcmp) throw invalidParams('expected a filter with dataSize or memcmp')
    const wanted = memcmp.encoding === 'base64' ? fromBase64.encode(memcmp.bytes) : fromBase58.encode(memcmp.bytes)
    return wanted.every((byte, index) => data[memcmp.offset + index] === byte)
  })
}
