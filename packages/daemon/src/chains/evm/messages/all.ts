import { type Effect, Failure, nativeAsset } from '@waiaas/contract'
import { sha256 } from '../../../platform/sha256.ts'
import type { Intent, TypedData } from '../../intent.ts'
import { textBytes } from '../../message-text.ts'
import type { Claim, Messages } from '../../messages.ts'
import type { Rpc } from '../../rpc.ts'
import { checksummed } from '../address.ts'
import { toHex } from '../hex.ts'
import type { EvmNetwork } from '../identity.ts'
import { recoveredSigner } from '../signature.ts'
import type { SupplySource } from '../supply.ts'
import { claimFates } from './fate.ts'
import { readText, textHash } from './personal.ts'
import { readTyped } from './typed.ts'
import { readTypedData } from './typed-data.ts'
import { typedDataHash } from './typed-hash.ts'

type SignKind = 'evm-text' | 'evm-typed-data'
/** What is signed of a message of each kind. */
const hashes: Readonly<Record<SignKind, (bytes: Uint8Array) => Uint8Array>> = {
  'evm-text': textHash,
  'evm-typed-data': (bytes) => typedDataHash(typedIn(bytes)),
}
type Written = { readonly signKind: SignKind; readonly bytes: Uint8Array }
type Read = { readonly effects: Effect[]; readonly claim?: Claim | undefined }
type Parts = EvmNetwork & { readonly singles: readonly Rpc[]; readonly supply: SupplySource }

/** What accounts of an EVM network sign beside transactions. */
export function evmMessages({ singles, supply, ...on }: Parts): Messages {
  const { network } = on
  return {
    typed: readTypedData,
    read(sender, intent) {
      const { signKind, bytes } = written(intent)
      const { effects, claim } = effectsIn({ signKind, bytes }, { ...on, sender })
      return {
        ...{ signKind, bytes },
        effects: {
          network: network.id,
          sender: checksummed(sender),
          effects,
          fee: { asset: nativeAsset(network), max: '0' },
        },
        digest: sha256(JSON.stringify([signKind, sender.toLowerCase(), sha256(bytes)])),
        ...(claim && { claim }),
      }
    },
    supplies: supply,
    signature(sender, { signKind, bytes }, signature) {
      const signer = recoveredSigner(hashes[signKind as SignKind](bytes), signature)
      if (signer !== sender.toLowerCase())
        throw new Failure('INVALID_TRANSACTION', `expected a signature by ${sender}, got one by ${signer}`)
      // v as contracts read it.
      return toHex(Buffer.concat([signature.subarray(0, 64), Buffer.of(27 + signature[64]!)]))
    },
    fate: claimFates(network, singles),
  }
}

/** The bytes that the signer reads. */
function written(intent: Intent): Written {
  if (intent.kind === 'typed-data') {
    const { domain, types, primaryType, message } = intent.data
    return { signKind: 'evm-typed-data', bytes: Buffer.from(JSON.stringify({ domain, types, primaryType, message })) }
  }
  if (intent.kind !== 'text') throw new Error(`expected a message, got ${intent.kind}`)
  return { signKind: 'evm-text', bytes: textBytes(intent.text) }
}

const effectsIn = ({ signKind, bytes }: Written, on: EvmNetwork & { sender: string }): Read =>
  signKind === 'evm-text' ? { effects: readText(bytes, on) } : readTyped(on, typedIn(bytes))

const typedIn = (bytes: Uint8Array): TypedData => readTypedData(JSON.parse(Buffer.from(bytes).toString('utf8')))
