import { createHmac, timingSafeEqual } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import type { Sealed } from '../types.ts'
import type { Guarded } from './guarded.ts'

/** What a text is for: one that was sealed for a purpose says nothing for another. */
type Purpose = 'ceiling' | 'count'

/** Seals a text, which stays readable, under a key that only the signer has. */
export const sealText = (key: Guarded, purpose: Purpose, text: string): Sealed => ({
  text,
  seal: macOf(key, purpose, text).toString('base64'),
})

/** The content of a text that this keyring has sealed. KEY_ROW_CORRUPT for any other. */
export function openText<Content>(key: Guarded, purpose: Purpose, sealed: Sealed): Content {
  const seal = Buffer.from(String(sealed.seal), 'base64')
  const own = macOf(key, purpose, String(sealed.text))
  if (seal.length !== own.length || !timingSafeEqual(seal, own))
    throw new KeyError('KEY_ROW_CORRUPT', `the ${purpose} of the wallet is damaged or of another keyring`)
  // Of our own making, in this form.
  return JSON.parse(sealed.text) as Content
}

const macOf = (key: Guarded, purpose: Purpose, text: string): Buffer =>
  key.use((bytes) => createHmac('sha256', bytes).update(`waiaas/${purpose}/1\n${text}`).digest())
