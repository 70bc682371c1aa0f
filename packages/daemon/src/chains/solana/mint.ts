import { getAddressDecoder } from '@solana/kit'
import { type Base, Failure, type Network, toBase, tokenAsset } from '@waiaas/contract'
import type { Token } from '../intent.ts'
import type { ReadAccount } from './accounts.ts'
import { extensionsOf, METADATA } from './mint-extensions.ts'
import { isTokenProgram } from './programs.ts'

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
  const metadata = extensionsOf(account).find(({ type }) => type === METADATA)
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
