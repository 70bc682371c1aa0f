import { ripemd160 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { base58, base58xrp } from '@scure/base'
import type { Chain, Curve, DerivedAddress, ExportFormat, SignKind } from '../types.ts'

/** What a chain family means to a key. A new family is one more row. */
export type ChainKeys = {
  curve: Curve
  /** From the curve's public key (65 bytes uncompressed, or 32). */
  address(publicKey: Uint8Array): string
  /** The form in which addresses compare. */
  addressKey(address: string): string
  kinds: readonly SignKind[]
  /** How wallets derive keys from a recovery phrase, the usual way first; families without one take no phrase. */
  derivations: readonly Omit<DerivedAddress, 'address'>[]
  /** What the text of a private key looks like. */
  secretForm: string
  /** Bytes of a private key as text: 32, or 64 with the public half behind; undefined when it is no such text. */
  readSecret(text: string): Uint8Array | undefined
  /** The secret as its wallets print it. */
  printSecret(secret: Uint8Array, publicKey: Uint8Array): string
  formats: readonly ExportFormat[]
}

export const chains: Record<Chain, ChainKeys> = {
  ethereum: {
    curve: 'secp256k1',
    address: (publicKey) => checksumAddress(keccak_256(publicKey.subarray(1)).subarray(12)),
    addressKey: (address) => address.toLowerCase(),
    kinds: ['evm-tx', 'evm-text', 'evm-typed-data'],
    derivations: [{ derivation: 'bip44', path: "m/44'/60'/0'/0/0", usedBy: 'wallets of Ethereum' }],
    secretForm: '64 hexadecimal digits, with or without 0x',
    // Some libraries write a zero byte in front, which marks a positive number.
    readSecret: (text) => readHex(text.replace(/^(0x)?(00(?=.{64}$))?/i, ''), 32),
    printSecret: (secret) => `0x${hex(secret)}`,
    formats: ['private-key', 'keystore-v3'],
  },
  solana: {
    curve: 'ed25519',
    address: (publicKey) => base58.encode(publicKey),
    addressKey: (address) => address,
    kinds: ['solana-tx', 'solana-text', 'solana-sign-in'],
    // The paths of `solana-keygen` are in the documentation of the Solana command line, "Paper wallet".
    derivations: [
      { derivation: 'bip44', path: "m/44'/501'/0'/0'", usedBy: 'Phantom, Solflare, Backpack and most others' },
      { derivation: 'none', path: null, usedBy: 'solana-keygen new, solana-keygen recover ASK' },
      { derivation: 'bip44', path: "m/44'/501'/0'", usedBy: 'Ledger Live, Trust Wallet' },
      { derivation: 'bip44', path: "m/44'/501'", usedBy: 'solana-keygen recover prompt:' },
    ],
    secretForm: 'base58 of 64 or 32 bytes, or 128 or 64 hexadecimal digits',
    readSecret: (text) => {
      const digits = text.replace(/^0x/i, '')
      return readHex(digits, 32) ?? readHex(digits, 64) ?? readBase58(text)
    },
    printSecret: (secret, publicKey) => base58.encode(Buffer.concat([secret, publicKey])),
    formats: ['private-key', 'solana-keypair'],
  },
  ripple: {
    curve: 'ed25519',
    address: rippleAddress,
    addressKey: (address) => address,
    kinds: [],
    derivations: [],
    secretForm: '64 hexadecimal digits',
    readSecret: (text) => readHex(text, 32),
    printSecret: (secret) => hex(secret),
    formats: ['private-key'],
  },
}

/** EIP-55. */
export function checksumAddress(account: Uint8Array): string {
  const digits = hex(account)
  const hash = hex(keccak_256(Buffer.from(digits, 'ascii')))
  const mixed = Array.from(digits, (digit, at) =>
    hash.charCodeAt(at) >= '8'.charCodeAt(0) ? digit.toUpperCase() : digit,
  )
  return `0x${mixed.join('')}`
}

/** XRP Ledger classic address: account id of the ed25519 key, which the ledger marks with a leading ED byte. */
function rippleAddress(publicKey: Uint8Array): string {
  const account = ripemd160(sha256(Buffer.concat([Buffer.of(0xed), publicKey])))
  const body = Buffer.concat([Buffer.of(0), account])
  return base58xrp.encode(Buffer.concat([body, sha256(sha256(body)).subarray(0, 4)]))
}

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

const readHex = (text: string, size: number): Uint8Array | undefined =>
  text.length === size * 2 && /^[0-9a-f]+$/i.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : undefined

function readBase58(text: string): Uint8Array | undefined {
  if (!/^[1-9A-HJ-NP-Za-km-z]{32,88}$/.test(text)) return undefined
  const bytes = base58.decode(text)
  return bytes.length === 32 || bytes.length === 64 ? bytes : undefined
}
