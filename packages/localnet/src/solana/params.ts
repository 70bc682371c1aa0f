import { isAddress } from '@solana/kit'
import type { EncodingConfig, Filter } from './accounts.ts'
import type { Chain } from './chain.ts'
import { type Commitment, commitments } from './commitment.ts'
import { invalidParams, RpcError } from './rpc-error.ts'

export type Params = readonly unknown[]
/** The options object that most calls end with, as far as this node understands it. */
export type Config = EncodingConfig & {
  commitment: Commitment
  preflightCommitment: Commitment
  filters?: readonly Filter[]
  withContext?: boolean
  searchTransactionHistory?: boolean
  maxSupportedTransactionVersion?: number
  limit?: number
  before?: string
  until?: string
  skipPreflight?: boolean
  sigVerify?: boolean
  replaceRecentBlockhash?: boolean
  innerInstructions?: boolean
  accounts?: { addresses: readonly string[]; encoding?: string }
  transactionDetails?: string
}

/** A base58 account address. */
export function addressParam(params: Params, index: number): string {
  return asAddress(params[index])
}

export function asAddress(value: unknown): string {
  if (typeof value !== 'string' || !isAddress(value))
    throw invalidParams(`Invalid param: expected an address, got ${value}`)
  return value
}

/** An unsigned integer: a slot, an amount of lamports, a number of bytes. */
export function integerParam(params: Params, index: number): bigint {
  const value = params[index]
  if (typeof value === 'bigint' && value >= 0n) return value
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  throw invalidParams(`Invalid params: expected an unsigned integer, got ${value}`)
}

export function stringListParam(params: Params, index: number, limit: number): string[] {
  const value = params[index]
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) {
    throw invalidParams(`Invalid params: expected a list of strings, got ${JSON.stringify(value)}`)
  }
  if (value.length > limit) throw invalidParams(`Too many inputs provided; max ${limit}`)
  return value
}

/** The options object; commitments default to finalized, as the protocol says, and are checked. */
export function configParam(chain: Chain, params: Params, index: number): Config {
  const given = params[index] ?? {}
  const raw = (typeof given === 'string' ? { encoding: given } : given) as Record<string, unknown>
  if (typeof raw !== 'object') throw invalidParams(`Invalid params: expected an options object, got ${given}`)
  const commitment = asCommitment(raw.commitment)
  const minimum = raw.minContextSlot
  if (minimum !== undefined && BigInt(minimum as number) > chain.head(commitment)) {
    throw new RpcError(-32016, 'Minimum context slot has not been reached', { contextSlot: chain.head(commitment) })
  }
  // The rest is read where it is used; a client that sends another type there gets the error of that place.
  return { ...raw, commitment, preflightCommitment: asCommitment(raw.preflightCommitment) } as Config
}

function asCommitment(value: unknown): Commitment {
  if (value === undefined || value === null) return 'finalized'
  const found = commitments.find((one) => one === value)
  if (!found)
    throw invalidParams(`Invalid params: unknown variant \`${value}\`, expected one of ${commitments.join(', ')}`)
  return found
}

/** The envelope of answers that depend on a slot. */
export const inContext = <Value>(chain: Chain, config: Pick<Config, 'commitment'>, value: Value) => ({
  context: { apiVersion: '2.3.0', slot: chain.head(config.commitment) },
  value,
})
