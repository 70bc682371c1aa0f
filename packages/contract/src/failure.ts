/** What a caller can do about a failure: correct the request, repeat it later, ask a human, or nothing. */
export type Remedy = 'fix' | 'wait' | 'ask' | 'never'
type Entry = { readonly status: number; readonly remedy: Remedy; readonly hint: string }

/** Every code that a client can meet. A code is never reused or renamed. */
export const failures = {
  // Requests
  ACTION_VALIDATION_FAILED: {
    status: 400,
    remedy: 'fix',
    hint: 'correct the fields that details.issues names; /doc describes each operation',
  },
  MALFORMED_JSON: { status: 400, remedy: 'fix', hint: 'send one JSON object with content-type application/json' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    remedy: 'fix',
    hint: 'send one JSON object with content-type application/json',
  },
  NOT_FOUND: { status: 404, remedy: 'fix', hint: '/doc lists every path' },
  PAYLOAD_TOO_LARGE: { status: 413, remedy: 'fix', hint: 'send less at once: at most details.limit bytes' },
  HOST_NOT_ALLOWED: { status: 421, remedy: 'fix', hint: 'add the name to the setting security.allowed_hosts' },
  IDEMPOTENCY_KEY_REUSED: { status: 409, remedy: 'fix', hint: 'use a new Idempotency-Key for a new request' },
  RATE_LIMITED: { status: 429, remedy: 'wait', hint: 'wait for the seconds in Retry-After, then repeat it' },
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
    hint: 'wait for the seconds in Retry-After; to stop payments now, use a stop token or run the command on the daemon’s machine',
  },
  INVALID_TOKEN: {
    status: 401,
    remedy: 'fix',
    hint: 'send Authorization: Bearer wai_sess_…; the operator issues tokens',
  },
  INVALID_VIEW_PASSWORD: {
    status: 401,
    remedy: 'fix',
    hint: 'ask the operator for the password for looking; waiaas set-view-password sets one',
  },
  VIEW_ONLY: {
    status: 403,
    remedy: 'ask',
    hint: 'ask the operator to do it, who logs in with the master password',
  },
  TOKEN_EXPIRED: { status: 401, remedy: 'ask', hint: 'ask the operator for a new session' },
  SESSION_REVOKED: { status: 401, remedy: 'ask', hint: 'ask the operator for a new session' },
  // Sessions
  SESSION_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas session list shows every session' },
  SESSION_LIMIT_EXCEEDED: {
    status: 403,
    remedy: 'ask',
    hint: 'revoke a session of this wallet, or raise security.max_sessions_per_wallet',
  },
  CONSTRAINT_VIOLATED: {
    status: 403,
    remedy: 'ask',
    hint: 'ask for less, or ask the operator for a session that may do more',
  },
  RENEWAL_NOT_REQUIRED: { status: 400, remedy: 'never', hint: 'go on using it: this session does not expire' },
  RENEWAL_TOO_EARLY: { status: 400, remedy: 'wait', hint: 'renew it when half of its lifetime is over' },
  RENEWAL_LIMIT_REACHED: { status: 403, remedy: 'ask', hint: 'ask the operator for a new session' },
  SESSION_ABSOLUTE_LIFETIME_EXCEEDED: { status: 403, remedy: 'ask', hint: 'ask the operator for a new session' },
  SESSION_RENEWAL_MISMATCH: { status: 409, remedy: 'fix', hint: 'use the newest token; this one was replaced' },
  SESSION_REQUIRES_WALLET: {
    status: 400,
    remedy: 'fix',
    hint: 'revoke the session instead: one without a wallet can do nothing',
  },
  WALLET_ALREADY_LINKED: { status: 409, remedy: 'never', hint: 'nothing is left to do' },
  WALLET_ID_REQUIRED: { status: 400, remedy: 'fix', hint: 'name one of the wallets in details.wallets' },
  // Owners
  INVALID_SIGNATURE: {
    status: 401,
    remedy: 'fix',
    hint: 'sign the message of the challenge as it is, with the wallet of the owner, and send X-Owner-Signature, X-Owner-Message and X-Owner-Address',
  },
  INVALID_NONCE: {
    status: 401,
    remedy: 'fix',
    hint: 'ask for a new challenge and sign that: each is good once, for five minutes, for what it says',
  },
  PASSKEYS_UNAVAILABLE: {
    status: 409,
    remedy: 'ask',
    hint: 'ask the operator to set server.public_url to the https address under which you reach the daemon',
  },
  PASSKEY_EXISTS: { status: 409, remedy: 'never', hint: 'nothing is left to do' },
  PASSKEY_LIMIT_REACHED: { status: 403, remedy: 'ask', hint: 'ask the operator to remove one that you do not use' },
  PASSKEY_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas wallet passkey list shows those of a wallet' },
  OWNER_INVITATION_NOT_FOUND: {
    status: 404,
    remedy: 'ask',
    hint: 'ask the operator for another link, made with waiaas wallet owner invite: each is good once, for 15 minutes',
  },
  OWNER_CANDIDATE_NOT_FOUND: {
    status: 404,
    remedy: 'fix',
    hint: 'compare the code with the one on the page of who was invited: it is good for a day, for that wallet',
  },
  OWNER_NOT_CONNECTED: {
    status: 404,
    remedy: 'ask',
    hint: 'the operator names an owner with waiaas wallet owner set',
  },
  OWNER_ALREADY_CONNECTED: {
    status: 409,
    remedy: 'ask',
    hint: 'ask the owner to sign the challenge with action=replace, and send the call with the X-Owner headers',
  },
  NO_OWNER: {
    status: 404,
    remedy: 'ask',
    hint: 'the operator names an owner with waiaas wallet owner set; without one the operator sweeps the wallet',
  },
  WITHDRAW_LOCKED_ONLY: {
    status: 403,
    remedy: 'fix',
    hint: 'verify as the owner first, by signing the challenge with action=verify',
  },
  CONSENT_NOT_FOUND: {
    status: 404,
    remedy: 'ask',
    hint: 'ask the operator to make the call again, which asks anew: what is asked of owners is open for a day',
  },
  OWNER_CONSENT_REQUIRED: {
    status: 403,
    remedy: 'ask',
    hint: 'have the owner of the wallet agree on the page /owner or with waiaas owner approve or waiaas owner agree; the operator alone cannot do this',
  },
  // Pairing
  PAIRING_NOT_ALLOWED: {
    status: 403,
    remedy: 'ask',
    hint: 'run it on the machine of the daemon, or ask the operator for the setting security.remote_pairing',
  },
  PAIRING_LIMIT_REACHED: {
    status: 429,
    remedy: 'wait',
    hint: 'have the operator answer one that waits, or wait for the seconds in Retry-After',
  },
  PAIRING_NOT_FOUND: {
    status: 404,
    remedy: 'fix',
    hint: 'check the code, or have the agent ask again for another one',
  },
  PAIRING_DENIED: { status: 403, remedy: 'ask', hint: 'ask the operator why, before you ask again' },
  PAIRING_EXPIRED: { status: 410, remedy: 'fix', hint: 'ask again: it takes another code' },
  // Wallets
  WALLET_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'list the wallets, and name one of them' },
  CEILING_EXCEEDED: {
    status: 403,
    remedy: 'ask',
    hint: 'ask the operator to raise the ceiling: waiaas wallet ceiling',
  },
  WALLET_SUSPENDED: { status: 409, remedy: 'ask', hint: 'ask the operator to resume the wallet' },
  WALLET_TERMINATED: { status: 410, remedy: 'never', hint: 'use another wallet; this one never signs again' },
  WALLET_NOT_TERMINATED: { status: 409, remedy: 'fix', hint: 'terminate the wallet first' },
  WALLET_NAME_EXISTS: { status: 409, remedy: 'fix', hint: 'choose another name; upper and lower case are the same' },
  WALLET_ADDRESS_EXISTS: { status: 409, remedy: 'never', hint: 'use the wallet that has this address' },
  RECOVERY_KEY_PRESENT: {
    status: 409,
    remedy: 'fix',
    hint: 'set a master password of your own with waiaas set-master, then repeat the request',
  },
  INVALID_STATE_TRANSITION: { status: 409, remedy: 'never', hint: 'read it again to see its state now' },
  INVALID_IMPORT: { status: 400, remedy: 'fix', hint: 'docs/importing-keys.md shows each form of a key' },
  CHAIN_NOT_SUPPORTED: { status: 400, remedy: 'fix', hint: 'choose another chain; the message says what is possible' },
  NETWORK_REQUIRED: { status: 400, remedy: 'fix', hint: 'name one of the networks in details.networks' },
  ENVIRONMENT_NETWORK_MISMATCH: { status: 400, remedy: 'fix', hint: 'name one of the networks in details.networks' },
  INVALID_ADDRESS: { status: 400, remedy: 'fix', hint: 'check the address, and that it belongs to this chain' },
  // Tokens
  TOKEN_NOT_FOUND: {
    status: 404,
    remedy: 'fix',
    hint: 'use its address, or ask the operator to add it to the registry',
  },
  TOKEN_EXISTS: { status: 409, remedy: 'never', hint: 'use it as it is, or remove it first' },
  TOKEN_UNSUPPORTED: { status: 400, remedy: 'never', hint: 'use another token' },
  CONTACT_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas contact list shows every contact' },
  CONTACT_EXISTS: {
    status: 409,
    remedy: 'fix',
    hint: 'choose another name, or give the contact the address with waiaas contact change',
  },
  RPC_URL_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas rpc-url list shows those that work' },
  STOP_TOKEN_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas stop-token list shows those that work' },
  WEBHOOK_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas webhook list shows every webhook' },
  SKILL_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'GET /v1/skills lists every skill' },
  RULE_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas autostop list shows every rule' },
  // Policies and decisions
  POLICY_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas policy list shows every policy' },
  POLICY_NAME_EXISTS: {
    status: 409,
    remedy: 'fix',
    hint: 'choose another name, or change or delete the policy that has it',
  },
  POLICY_DENIED: {
    status: 403,
    remedy: 'ask',
    hint: 'details.reasons names each rule, what you asked for and what it allows',
  },
  RATE_LIMIT_EXCEEDED: { status: 429, remedy: 'wait', hint: 'wait until the time in details.reasons' },
  // Transactions
  TX_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'list the transactions to find its id' },
  PLAN_NOT_FOUND: {
    status: 404,
    remedy: 'fix',
    hint: 'its id is in the answer to the plan, and planId of each of its steps',
  },
  SWEEP_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'its id is in the answer that started it' },
  SWEEP_RUNNING: {
    status: 409,
    remedy: 'wait',
    hint: 'wait until it is done, or end it: waiaas sweep cancel <id>',
  },
  SWEEP_CHANGED: {
    status: 409,
    remedy: 'fix',
    hint: 'the wallet holds something else by now: ask again without a digest and look at what would be sent',
  },
  TX_ALREADY_PROCESSED: { status: 409, remedy: 'never', hint: 'read it again to see how it ended' },
  REPLACEMENT_TOO_SOON: {
    status: 429,
    remedy: 'wait',
    hint: 'wait for the seconds in Retry-After: a new block must come between two replacements',
  },
  REPLACEMENT_LIMIT_REACHED: {
    status: 403,
    remedy: 'ask',
    hint: 'wait until one of the attempts lands, or ask the operator to replace it: waiaas tx replace',
  },
  WAITING_LIMIT_REACHED: {
    status: 429,
    remedy: 'wait',
    hint: 'wait until some are signed, or cancel some; the operator can raise the limit with waiaas settings set',
  },
  UNSUPPORTED_TX_TYPE: { status: 400, remedy: 'fix', hint: '/doc lists the types that exist' },
  BATCH_NOT_SUPPORTED: { status: 400, remedy: 'fix', hint: 'send each part as a transaction of its own' },
  ABI_ENCODING_FAILED: { status: 400, remedy: 'fix', hint: 'compare functionName and args with the ABI' },
  INVALID_TRANSACTION: { status: 400, remedy: 'fix', hint: 'correct what the message names' },
  WALLET_NOT_SIGNER: {
    status: 400,
    remedy: 'fix',
    hint: 'name the wallet that is to sign it, or build it with the address of the wallet',
  },
  INSUFFICIENT_BALANCE: { status: 400, remedy: 'fix', hint: 'send less, or put more into the wallet' },
  APPROVAL_NOT_FOUND: { status: 404, remedy: 'fix', hint: 'waiaas tx list --status QUEUED shows what waits for you' },
  CHAIN_ERROR: {
    status: 502,
    remedy: 'wait',
    hint: 'try it again soon: no RPC endpoint of the network answered; the operator sees more at /v1/admin/rpc-status',
  },
  // Backups
  INVALID_BACKUP_FORMAT: { status: 400, remedy: 'fix', hint: 'name a file that waiaas backup create has written' },
  UNSUPPORTED_BACKUP_VERSION: { status: 400, remedy: 'fix', hint: 'restore it with the version that wrote it' },
  BACKUP_CORRUPTED: { status: 400, remedy: 'never', hint: 'use another copy of this backup, or an older one' },
  // The daemon
  KILL_SWITCH_ACTIVE: {
    status: 409,
    remedy: 'never',
    hint: 'nothing is left to do, or turn it off with waiaas kill-switch recover',
  },
  KILL_SWITCH_NOT_ACTIVE: { status: 409, remedy: 'never', hint: 'nothing is left to do' },
  SYSTEM_LOCKED: { status: 503, remedy: 'ask', hint: 'the kill switch is on; ask the operator to turn it off' },
  KEYSTORE_LOCKED: {
    status: 503,
    remedy: 'ask',
    hint: 'the signer is locked; any call with the master password unlocks it',
  },
  STORAGE_UNAVAILABLE: {
    status: 503,
    remedy: 'wait',
    hint: 'make room on the daemon’s disk (/health/ready says where), then repeat the request with its Idempotency-Key',
  },
  SHUTTING_DOWN: { status: 503, remedy: 'wait', hint: 'repeat the request when the daemon runs again' },
  INTERNAL_ERROR: { status: 500, remedy: 'wait', hint: 'the daemon’s log has the cause under this requestId' },
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
      hint: entry.hint,
    }
  }
}

/** What one field of an input should have been. */
export const invalidField = (path: string, message: string): Failure =>
  new Failure('ACTION_VALIDATION_FAILED', `${path}: ${message}`, { details: { issues: [{ path, message }] } })

export const isFailure = (error: unknown, code?: FailureCode): error is Failure =>
  error instanceof Failure && (code === undefined || error.code === code)
