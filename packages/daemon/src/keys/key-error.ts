export type KeyErrorCode =
  | 'INVALID_MASTER_PASSWORD'
  | 'KEYRING_CORRUPT'
  | 'KEY_ROW_CORRUPT'
  | 'KEY_MISMATCH'
  | 'KEYSTORE_LOCKED'
  | 'SIGN_REFUSED'
  | 'IMPORT_INVALID'
  | 'EXPORT_REFUSED'
  | 'SIGNER_FAILED'

/** What the key folder throws. The message never holds a secret, so that it may be shown to a caller. */
export class KeyError extends Error {
  readonly code: KeyErrorCode

  constructor(code: KeyErrorCode, message: string) {
    super(message)
    this.name = 'KeyError'
    this.code = code
  }
}
