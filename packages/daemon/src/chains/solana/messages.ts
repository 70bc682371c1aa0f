import { type Address, getAddressEncoder, getBase58Decoder } from '@solana/kit'
import { Failure, type Network, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../platform/sha256.ts'
import { requireReadable, textBytes } from '../message-text.ts'
import type { Messages } from '../messages.ts'
import { signInOf } from './sign-in.ts'
import { isSignedBy } from './signature.ts'

const addressBytes = getAddressEncoder()
const base58 = getBase58Decoder()
/** No transaction begins with 0xff: https://docs.anza.xyz/proposals/off-chain-message-signing */
const DOMAIN = Buffer.from('\xffsolana offchain', 'latin1')
const VERSION = 0
/** Of no application in particular. */
const APPLICATION = Buffer.alloc(32)
const HEADER_BYTES = 85
const SHORT_BYTES = 1_232 - HEADER_BYTES

/** What wallets of Solana sign of a text: version 0, by one signer. */
export function offchainMessage(sender: string, text: Uint8Array): Uint8Array {
  const isPlain = text.every((byte) => byte >= 0x20 && byte <= 0x7e)
  const format = text.length > SHORT_BYTES ? 2 : isPlain ? 0 : 1
  const length = Buffer.alloc(2)
  length.writeUInt16LE(text.length)
  const signer = addressBytes.encode(sender as Address) // a wallet's own
  return Buffer.concat([
    DOMAIN,
    Buffer.of(VERSION),
    APPLICATION,
    Buffer.of(format, 1),
    Buffer.from(signer),
    length,
    text,
  ])
}

/** What accounts of Solana sign beside transactions: texts in the form of off-chain messages, and sign-ins as they stand. */
export const solanaMessages = (network: Network): Messages => ({
  typed() {
    throw new Failure('UNSUPPORTED_TX_TYPE', `${network.id} has no typed data; it is of EVM networks`)
  },
  read(sender, intent) {
    if (intent.kind !== 'text') throw new Error(`expected a text, got ${intent.kind}`)
    requireReadable(intent.text)
    const signIn = signInOf(intent.text, network, sender)
    const signKind = signIn ? 'solana-sign-in' : 'solana-text'
    const bytes = textBytes(intent.text)
    return {
      signKind,
      bytes,
      effects: {
        network: network.id,
        sender,
        effects: [{ kind: 'message', form: signIn ? 'sign-in' : 'text', domain: signIn?.domain ?? null }],
        fee: { asset: nativeAsset(network), max: '0' },
      },
      digest: sha256(JSON.stringify([signKind, sender, sha256(bytes)])),
    }
  },
  supplies: async () => ({}),
  signature(sender, { signKind, bytes }, signature) {
    const signed = signKind === 'solana-sign-in' ? bytes : offchainMessage(sender, bytes)
    if (!isSignedBy(sender as Address, signed, signature))
      throw new Failure('INVALID_TRANSACTION', `the signature over this message is not one of ${sender}`)
    return base58.decode(signature)
  },
  fate() {
    throw new Error('nothing that is signed on Solana is used later')
  },
})
