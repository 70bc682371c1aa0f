import { type FailureCode, isFailure, WAIaaSError } from '@waiaas/contract'
import { RpcError } from '../chains/rpc.ts'

/** An error as clients of JSON-RPC read it: a code of EIP-1193 or EIP-1474, and beside the sentence what programs need. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code: number
  readonly data: Readonly<Record<string, unknown>> | undefined
  constructor(code: number, message: string, data?: Readonly<Record<string, unknown>>) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** https://eips.ethereum.org/EIPS/eip-1474 and https://eips.ethereum.org/EIPS/eip-1193 */
export const CODES = {
  rejectedByHuman: 4_001,
  unauthorized: 4_100,
  noSuchMethod: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  notNow: -32_002,
  rejected: -32_003,
  tooMany: -32_005,
} as const

/** Where the status of a failure does not say it. */
const BY_CODE: { readonly [Code in FailureCode]?: number } = {
  POLICY_DENIED: CODES.rejected,
  CONSTRAINT_VIOLATED: CODES.rejected,
  CEILING_EXCEEDED: CODES.rejected,
  INSUFFICIENT_BALANCE: CODES.rejected,
  INVALID_TRANSACTION: CODES.rejected,
  WALLET_NOT_FOUND: CODES.unauthorized,
  WALLET_SUSPENDED: CODES.unauthorized,
  WALLET_TERMINATED: CODES.unauthorized,
  SYSTEM_LOCKED: CODES.unauthorized,
  KILL_SWITCH_ACTIVE: CODES.unauthorized,
  CHAIN_ERROR: CODES.internal,
}
const BY_STATUS: Readonly<Record<number, number>> = {
  400: CODES.invalidParams,
  401: CODES.unauthorized,
  403: CODES.unauthorized,
  404: CODES.invalidParams,
  409: CODES.notNow,
  429: CODES.tooMany,
  503: CODES.notNow,
}

const codeOf = (code: string, status: number): number =>
  BY_CODE[code as FailureCode] ?? BY_STATUS[status] ?? (status >= 500 ? CODES.internal : CODES.rejected)

export type Told = { readonly code: number; readonly message: string; readonly data?: unknown }

/** What a client is told; undefined of what is no failure that anybody declared. */
export function toldOf(error: unknown): Told | undefined {
  if (error instanceof ProxyError) return { code: error.code, message: error.message, ...dataOf(error.data) }
  // What a node says of a call is what its callers read, such as the data of a revert.
  if (error instanceof RpcError) return { code: error.code, message: error.message, ...dataOf(error.data) }
  if (isFailure(error)) {
    const { code, message, hint, details } = error.body()
    return { code: codeOf(code, error.status), message, data: { code, hint, ...inShort(details) } }
  }
  if (error instanceof WAIaaSError) {
    const { code, status, message, hint, details, requestId } = error
    return { code: codeOf(code, status), message, data: { code, hint, requestId, ...inShort(details) } }
  }
  return undefined
}

/** Without all that was decided on: tools print what they are told, and the sentence says what matters. */
function inShort(details: Readonly<Record<string, unknown>> | undefined) {
  if (!details) return {}
  const { decision: _, ...rest } = details
  return { details: rest }
}

const dataOf = (data: unknown) => (data === undefined ? {} : { data })
