import { KeyError } from '../key-error.ts'
import type { Sealed } from '../types.ts'
import { fromBase64 } from './box.ts'
import { type Guarded, sodium } from './guarded.ts'

/** What a text is for: one that was sealed for a purpose says nothing for another. */
type Purpose = 'ceiling' | 'count' | 'lift' | 'voice'

/** HMAC-SHA512-256, over the purpose and the text. */
const sealBytes = 32
const sealed = (purpose: Purpose, text: string): Buffer => Buffer.from(`waiaas/${purpose}/1\n${text}`, 'utf8')

/** Seals a text, which stays readable, under a key that only the signer has. */
export function sealText(key: Guarded, purpose: Purpose, text: string): Sealed {
  const seal = Buffer.alloc(sealBytes)
  key.use((bytes) => sodium.crypto_auth(seal, sealed(purpose, text), bytes))
  return { text, seal: seal.toString('base64') }
}

/** The content of a text that this keyring has sealed. KEY_ROW_CORRUPT for any other. */
export function openText<Content>(key: Guarded, purpose: Purpose, { text, seal }: Sealed): Content {
  const given = fromBase64(seal)
  const isOwn =
    given?.length === sealBytes &&
    typeof text === 'string' &&
    key.use((bytes) => sodium.crypto_auth_verify(given, sealed(purpose, text), bytes))
  if (!isOwn) throw new KeyError('KEY_ROW_CORRUPT', `the ${purpose} of the wallet is damaged or of another keyring`)
  // Of our own making, in this form.
  return JSON.parse(text) as Content
}
