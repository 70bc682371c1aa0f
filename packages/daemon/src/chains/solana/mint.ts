import { getAddressDecoder } from '@solana/kit'
import { type Base, Failure, type Network, toBase, tokenAsset } from '@waiaas/contract'
import type { Token } from '../intent.ts'
import { isTokenProgram, token2022Program } from './programs.ts'

/** An account as the daemon reads it from a node. */
export type ReadAccount = {
  readonly owner: string
  readonly executable: boolean
  readonly data: Uint8Array
}

// Layouts: https://github.com/solana-program/token/blob/main/interface/src/state.rs
const mintSize = 82
const tokenAccountSize = 165
const kindOffset = 165
const kinds = { mint: 1, account: 2 }
const addresses = getAddressDecoder()

/** True for a mint of either token program. */
export const isMint = ({ owner, data }: ReadAccount): boolean =>
  isTokenProgram(owner) && (data.length === mintSize || (data.length > kindOffset && data[kindOffset] === kinds.mint))

/** The owner of a token account of either program; null for any other account. */
export function tokenAccountOwner({ owner, data }: ReadAccount): string | null {
  const isAccount = data.length === tokenAccountSize || (data.length > kindOffset && data[kindOffset] === kinds.account)
  return isTokenProgram(owner) && isAccount ? addresses.decode(data.subarray(32, 64)) : null
}

/** Mint and amount from the beginning of a token account. */
export const holdingOf = (data: Uint8Array): { mint: string; amount: Base } => ({
  mint: addresses.decode(data.subarray(0, 32)),
  amount: toBase(Buffer.from(data).readBigUInt64LE(64)),
})

/** A mint as it describes itself, whether or not the daemon can move it. Names come from the mint's own metadata. */
export function readMint(network: Network, address: string, account: ReadAccount): Token {
  const initialized = account.data[45] === 1
  if (!isMint(account) || !initialized)
    throw new Failure('TOKEN_NOT_FOUND', `expected an SPL mint at ${address}, got another kind of account`)
  const short = `${address.slice(0, 4)}…${address.slice(-4)}`
  const metadata = extensionsOf(account).find(({ type }) => type === metadataType)
  const [name, symbol] = metadata ? metadataNames(metadata.value) : ['', '']
  return {
    address,
    asset: tokenAsset(network, address),
    symbol: symbol || short,
    name: name || short,
    decimals: account.data[44]!,
    program: account.owner,
  }
}

/** Failure TOKEN_UNSUPPORTED naming each extension of the mint that changes what a transfer means. */
export function requireSupportedMint(address: string, account: ReadAccount): void {
  const refused = extensionsOf(account)
    .filter(({ type, value }) => !harmless.has(type) && !(type === defaultStateType && value[0] === thawed))
    .map(({ type }) => extensionNames[type] ?? `extension ${type}`)
  if (refused.length === 0) return
  throw new Failure('TOKEN_UNSUPPORTED', `the mint ${address} uses ${refused.join(', ')}, which is not handled`, {
    details: { extensions: refused },
  })
}

// Numbers: https://github.com/solana-program/token-2022/blob/main/interface/src/extension/mod.rs
const extensionNames: Record<number, string> = {
  4: 'confidential transfer',
  6: 'default account state frozen',
  9: 'non-transferable',
  10: 'interest bearing',
  12: 'permanent delegate',
  14: 'transfer hook',
  16: 'confidential transfer fee',
  24: 'confidential mint and burn',
  25: 'scaled UI amount',
  26: 'pausable',
  28: 'permissioned burn',
}
const metadataType = 19
const defaultStateType = 6
const thawed = 1
// A transfer fee is withheld from what the recipient gets, so that what leaves is the amount. Close authority (a mint with
// holders cannot be closed), and pointers to and contents of metadata, groups and members.
const harmless = new Set([1, 3, 18, metadataType, 20, 21, 22, 23])

type Extension = { readonly type: number; readonly value: Uint8Array }

/** The type-length-value entries behind a Token-2022 mint. A malformed tail counts as an unknown extension. */
function extensionsOf({ owner, data }: ReadAccount): Extension[] {
  if (owner !== token2022Program || data.length <= kindOffset) return []
  const bytes = Buffer.from(data)
  const found: Extension[] = []
  let offset = kindOffset + 1
  while (offset + 4 <= bytes.length) {
    const type = bytes.readUInt16LE(offset)
    const end = offset + 4 + bytes.readUInt16LE(offset + 2)
    if (type === 0) return found
    if (end > bytes.length) return [...found, { type: 0xffff, value: new Uint8Array() }]
    found.push({ type, value: bytes.subarray(offset + 4, end) })
    offset = end
  }
  return found
}

// Borsh: update authority, mint, then name and symbol as length-prefixed text.
function metadataNames(value: Uint8Array): [name: string, symbol: string] {
  const bytes = Buffer.from(value)
  let offset = 64
  const text = (most: number): string => {
    if (offset + 4 > bytes.length) return ''
    const end = offset + 4 + bytes.readUInt32LE(offset)
    const read = bytes.subarray(offset + 4, end).toString('utf8')
    offset = end
    return shown(read, most)
  }
  const name = text(64)
  return [name, text(32)]
}

/** A stranger wrote this text: no control or direction characters, and not longer than a line can show. */
const shown = (text: string, most: number): string =>
  [...text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()].slice(0, most).join('')
