/** What a caller can do about a failure: correct the request, repeat it later, ask a human, or nothing. */
export type Remedy = 'fix' | 'wait' | 'ask' | 'never'
type Entry = { readonly status: number; readonly remedy: Remedy; readonly hint?: string }

/** Every code that a client can meet. A code is never reused or renamed. */
export const failures = {
  // Requests
  ACTION_VALIDATION_FAILED: {
    status: 400,
    remedy: 'fix',
    hint: 'correct the fields named in details.issues; /doc describes each operation',
  },
  MALFORMED_JSON: { status: 400, remedy: 'fix', hint: 'send one JSON object with content-type application/json' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    remedy: 'fix',
    hint: 'send one JSON object with content-type application/json',
  },
  NOT_FOUND: { status: 404, remedy: 'fix', hint: 'the paths are listed at /doc' },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    remedy: 'fix',
    hint: 'send less at once; details.limit is the most in bytes',
  },
  HOST_NOT_ALLOWED: { status: 421, remedy: 'fix', hint: 'add the name to the setting security.allowed_hosts' },
  IDEMPOTENCY_KEY_REUSED: { status: 409, remedy: 'fix', hint: 'use a new Idempotency-Key for a new request' },
  RATE_LIMITED: { status: 429, remedy: 'wait', hint: 'wait for the seconds named in Retry-After' },
  // Authentication
  INVALID_MASTER_PASSWORD: { status: 401, remedy: 'fix', hint: 'send the master password in X-Master-Password' },
  MASTER_PROOF_REFUSED: {
    status: 401,
    remedy: 'fix',
    hint: 'seal the master password anew, for this call, to the key of GET /v1/admin/sealing-key',
  },
  MASTER_PASSWORD_LOCKED: {
    status: 429,
    remedy: 'wait',
    hint: 'wait for the seconds named in Retry-After; a stop token, or the socket in the data directory, need no password',
  },
  INVALID_TOKEN: {
    status: 401,
    remedy: 'fix',
    hint: 'send Authorization: Bearer wai_sess_…; the operator issues tokens',
  },
  TOKEN_EXPIRED: { status: 401, remedy: 'ask', hint: 'ask the operator for a new session' },
  SESSION_REVOKED: { status: 401, remedy: 'ask', hint: 'ask the operator for a new session' },
  // Sessions
  SESSION_NOT_FOUND: { status: 404, remedy: 'fix' },
  SESSION_LIMIT_EXCEEDED: {
    status: 403,
    remedy: 'ask',
    hint: 'revoke a session of this wallet or raise security.max_sessions_per_wallet',
  },
  CONSTRAINT_VIOLATED: {
    status: 403,
    remedy: 'ask',
    hint: 'the session was issued for less than this; ask the operator for another one',
  },
  RENEWAL_NOT_REQUIRED: { status: 400, remedy: 'never', hint: 'this session does not expire' },
  RENEWAL_TOO_EARLY: { status: 400, remedy: 'wait', hint: 'renew after half of the lifetime' },
  RENEWAL_LIMIT_REACHED: { status: 403, remedy: 'ask' },
  SESSION_ABSOLUTE_LIFETIME_EXCEEDED: { status: 403, remedy: 'ask' },
  SESSION_RENEWAL_MISMATCH: { status: 409, remedy: 'fix', hint: 'this token was already replaced; use the newest one' },
  SESSION_REQUIRES_WALLET: {
    status: 400,
    remedy: 'fix',
    hint: 'a session keeps at least one wallet; revoke it instead',
  },
  WALLET_ALREADY_LINKED: { status: 409, remedy: 'never' },
  WALLET_ID_REQUIRED: { status: 400, remedy: 'fix', hint: 'several wallets can be meant; name one of details.wallets' },
  // Wallets
  WALLET_NOT_FOUND: { status: 404, remedy: 'fix' },
  CEILING_EXCEEDED: {
    status: 403,
    remedy: 'ask',
    hint: 'the operator can raise the ceiling of the wallet: waiaas wallet ceiling',
  },
  WALLET_SUSPENDED: { status: 409, remedy: 'ask', hint: 'the operator can resume the wallet' },
  WALLET_TERMINATED: { status: 410, remedy: 'never' },
  WALLET_NOT_TERMINATED: { status: 409, remedy: 'fix', hint: 'terminate the wallet before it is purged' },
  WALLET_NAME_EXISTS: {
    status: 409,
    remedy: 'fix',
    hint: 'one name is one wallet’s until it is purged, whatever the case of its letters',
  },
  WALLET_ADDRESS_EXISTS: { status: 409, remedy: 'never', hint: 'another live wallet has this address' },
  RECOVERY_KEY_PRESENT: {
    status: 409,
    remedy: 'fix',
    hint: 'set a master password of your own with waiaas set-master and repeat the request',
  },
  INVALID_STATE_TRANSITION: { status: 409, remedy: 'never' },
  INVALID_IMPORT: { status: 400, remedy: 'fix' },
  CHAIN_NOT_SUPPORTED: { status: 400, remedy: 'fix' },
  NETWORK_REQUIRED: { status: 400, remedy: 'fix', hint: 'name one of the networks in details.networks' },
  ENVIRONMENT_NETWORK_MISMATCH: { status: 400, remedy: 'fix', hint: 'name one of the networks in details.networks' },
  INVALID_ADDRESS: { status: 400, remedy: 'fix' },
  // Tokens
  TOKEN_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'the operator can add the token to the registry' },
  TOKEN_EXISTS: { status: 409, remedy: 'never' },
  TOKEN_UNSUPPORTED: { status: 400, remedy: 'never' },
  STOP_TOKEN_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas stop-token list shows those that work' },
  // Policies and decisions
  POLICY_NOT_FOUND: { status: 404, remedy: 'fix' },
  POLICY_DENIED: {
    status: 403,
    remedy: 'ask',
    hint: 'details.reasons names each rule, what was seen and what is allowed',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    remedy: 'wait',
    hint: 'a RATE_LIMIT policy refused; details.reasons says when it passes',
  },
  // Transactions
  TX_NOT_FOUND: { status: 404, remedy: 'fix' },
  TX_ALREADY_PROCESSED: { status: 409, remedy: 'never' },
  REPLACEMENT_TOO_SOON: {
    status: 429,
    remedy: 'wait',
    hint: 'one replacement of a transaction follows another after a pause and a new block; wait for the seconds named in Retry-After',
  },
  REPLACEMENT_LIMIT_REACHED: {
    status: 403,
    remedy: 'ask',
    hint: 'wait until one of the attempts lands; the operator can still replace it (waiaas tx replace)',
  },
  WAITING_LIMIT_REACHED: {
    status: 429,
    remedy: 'wait',
    hint: 'repeat it when some of them are signed, or cancel some; the operator can raise the limit with waiaas settings set',
  },
  UNSUPPORTED_TX_TYPE: { status: 400, remedy: 'fix' },
  INVALID_TRANSACTION: { status: 400, remedy: 'fix' },
  INSUFFICIENT_BALANCE: { status: 400, remedy: 'fix' },
  APPROVAL_NOT_FOUND: { status: 404, remedy: 'fix' },
  CHAIN_ERROR: {
    status: 502,
    remedy: 'wait',
    hint: 'no configured RPC endpoint answered; the operator sees more at /v1/admin/rpc-status',
  },
  // Backups
  INVALID_BACKUP_FORMAT: { status: 400, remedy: 'fix', hint: 'name a file that waiaas backup create has written' },
  UNSUPPORTED_BACKUP_VERSION: { status: 400, remedy: 'fix', hint: 'restore it with the version that wrote it' },
  BACKUP_CORRUPTED: { status: 400, remedy: 'never', hint: 'use another copy of this backup, or an older one' },
  // The daemon
  KILL_SWITCH_ACTIVE: { status: 409, remedy: 'never' },
  KILL_SWITCH_NOT_ACTIVE: { status: 409, remedy: 'never' },
  SYSTEM_LOCKED: { status: 503, remedy: 'ask', hint: 'the kill switch is on; the operator lifts it' },
  KEYSTORE_LOCKED: {
    status: 503,
    remedy: 'ask',
    hint: 'the signer is locked; any call with the master password unlocks it',
  },
  STORAGE_UNAVAILABLE: {
    status: 503,
    remedy: 'wait',
    hint: 'the disk of the daemon is full or failing, /health/ready says where; repeat the request, with its Idempotency-Key, when there is room',
  },
  SHUTTING_DOWN: { status: 503, remedy: 'wait' },
  INTERNAL_ERROR: { status: 500, remedy: 'wait', hint: 'the daemon logged the cause under this requestId' },
} as const satisfies Record<string, Entry>

export type FailureCode = keyof typeof failures
export type FailureBody = {
  code: string
  message: string
  retryable: boolean
  details?: Record<string, unknown>
  requestId?: string
  hint?: string
}

/** A declared failure. Everything else that is thrown is a bug or an outage and reaches clients as INTERNAL_ERROR. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly details: Record<string, unknown> | undefined
  readonly retryAfter: number | undefined
  override readonly name = 'Failure'

  constructor(
    code: FailureCode,
    message: string,
    more: { details?: Record<string, unknown>; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, 'cause' in more ? { cause: more.cause } : undefined)
    this.code = code
    this.details = more.details
    this.retryAfter = more.retryAfter
  }

  get status(): number {
    return failures[this.code].status
  }

  body(requestId?: string): FailureBody {
    const entry: Entry = failures[this.code]
    return {
      code: this.code,
      message: this.message,
      retryable: entry.remedy === 'wait',
      ...(this.details && { details: this.details }),
      ...(requestId && { requestId }),
      ...(entry.hint && { hint: entry.hint }),
    }
  }
}

/** What one field of an input should have been. */
export const invalidField = (path: string, message: string): Failure =>
  new Failure('ACTION_VALIDATION_FAILED', `${path}: ${message}`, { details: { issues: [{ path, message }] } })

export const isFailure = (error: unknown, code?: FailureCode): error is Failure =>
  error instanceof Failure && (code === undefined || error.code === code)
