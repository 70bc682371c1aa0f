import { openBytes, type SealingKeyPair } from '../sealing.ts'
import type { ImportSecret, SealedImport } from '../types.ts'
import { invalid, parseJson } from './invalid.ts'

/** The secret in an import, sealed to this signer or not. Only parsed: `readImport` checks its kind and fields. */
export function openImport(sealing: () => SealingKeyPair, secret: ImportSecret | SealedImport): ImportSecret {
  if (!('sealed' in secret)) return secret
  const pair = sealing()
  let plain: Buffer
  try {
    plain = openBytes(pair, 'import', secret.sealed)
  } catch {
    // Whatever the library says of an envelope that does not open, the remedy is one.
    return invalid(
      'the sealed secret does not open: it was sealed to another key (ask for the sealing key again) or altered',
    )
  }
  const opened = parseJson(plain.toString('utf8'))
  plain.fill(0)
  return opened as ImportSecret
}
