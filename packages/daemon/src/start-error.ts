/** Why a daemon does not start. */
export type StartErrorCode =
  | 'MASTER_PASSWORD_REQUIRED'
  | 'NEW_MASTER_PASSWORD_REQUIRED'
  | 'INVALID_MASTER_PASSWORD'
  | 'DATA_DIR_UNUSABLE'
  | 'CONFIG_INVALID'
  | 'DATABASE_UNUSABLE'
  | 'SCHEMA_INCOMPATIBLE'
  | 'ADDRESS_IN_USE'
  | 'KEYSTORE_UNUSABLE'

/** The daemon cannot start; `hint` says what to do. */
export class StartError extends Error {
  readonly code: StartErrorCode
  readonly hint: string | undefined
  override readonly name = 'StartError'
  constructor(
    code: StartErrorCode,
    message: string,
    { hint, cause }: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.hint = hint
  }
}
