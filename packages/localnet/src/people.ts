import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { getBase58Decoder } from '@solana/kit'
import { hexToBytes } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

/** Somebody with a wallet of their own, made up on the spot: no daemon holds its key. */
export type Person = {
  readonly address: string
  /** The signature of a text, given as UTF-8 bytes. */
  readonly signMessage: (message: Uint8Array) => Promise<Uint8Array>
}

/** Signs personal messages, as EIP-191 has them. */
export function evmPerson(): Person {
  const account = privateKeyToAccount(generatePrivateKey())
  return {
    address: account.address,
    signMessage: async (raw) => hexToBytes(await account.signMessage({ message: { raw } })),
  }
}

// PrivateKeyInfo of an Ed25519 key, up to the key itself: RFC 8410.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Signs the bare bytes with Ed25519. */
export function solanaPerson(seed: Uint8Array = randomBytes(32)): Person {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url')
  return { address: getBase58Decoder().decode(publicKey), signMessage: async (message) => sign(null, message, key) }
}
