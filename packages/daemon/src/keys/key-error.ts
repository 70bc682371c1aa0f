export type KeyErrorCode =
  | 'INVALID_MASTER_PASSWORD'
  | 'PROOF_REFUSED'
  | 'KEYRING_CORRUPT'
  | 'KEY_ROW_CORRUPT'
  | 'KEY_MISMATCH'
  | 'KEYSTORE_LOCKED'
  | 'SIGN_REFUSED'
  | 'CEILING_EXCEEDED'
  | 'IMPORT_INVALID'
  | 'EXPORT_REFUSED'
  | 'SIGNER_FAILED'

/**
 * What is too high: `wanted` of an asset in one transaction, on top of what was signed for in 24 hours, or as the worst fee.
 * In base units; `left` of `most` in 24 hours.
 */
export type Excess = { of: 'transaction' | 'day' | 'fee'; asset: string; wanted: string; most: string; left?: string }

/** What the key folder throws. The message never holds a secret, so that it may be shown to a caller. */
export class KeyError extends Error {
  readonly code: KeyErrorCode

  /** With CEILING_EXCEEDED, where an amount is too high. */
  readonly excess: Excess | undefined

  constructor(code: KeyErrorCode, message: string, excess?: Excess) {
    super(message)
    this.name = 'KeyError'
    this.code = code
    this.excess = excess
  }
}
