import { type Effect, Failure, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../../platform/sha256.ts'
import type { Messages, ReadMessage } from '../../messages.ts'
import { checksummed } from '../address.ts'
import { toHex } from '../hex.ts'
import type { EvmNetwork } from '../identity.ts'
import { recoveredSigner } from '../signature.ts'
import { readText, textHash } from './personal.ts'

/** What is signed of a message of each kind. */
const hashes: Readonly<Record<ReadMessage['signKind'], (bytes: Uint8Array) => Uint8Array>> = { 'evm-text': textHash }

/** What accounts of an EVM network sign beside transactions. */
export const evmMessages = ({ network, chainId }: EvmNetwork): Messages => ({
  read(sender, intent) {
    if (intent.kind !== 'text') throw new Error(`expected a message, got ${intent.kind}`)
    const bytes = Buffer.from(intent.text, 'utf8')
    // Half of a surrogate pair has no bytes.
    if (bytes.toString('utf8') !== intent.text)
      throw new Failure('INVALID_TRANSACTION', 'expected a text that people can read: it has half of a character')
    const effects: Effect[] = readText(bytes, { sender, chainId })
    return {
      signKind: 'evm-text',
      bytes,
      effects: {
        network: network.id,
        sender: checksummed(sender),
        effects,
        fee: { asset: nativeAsset(network), max: '0' },
      },
      digest: sha256(JSON.stringify(['evm-text', sender.toLowerCase(), sha256(bytes)])),
    }
  },
  signature(sender, { signKind, bytes }, signature) {
    const signer = recoveredSigner(hashes[signKind](bytes), signature)
    if (signer !== sender.toLowerCase())
      throw new Failure('INVALID_TRANSACTION', `expected a signature by ${sender}, got one by ${signer}`)
    // v as contracts read it.
    return toHex(Buffer.concat([signature.subarray(0, 64), Buffer.of(27 + signature[64]!)]))
  },
})
