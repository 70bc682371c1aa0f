import { hash } from 'node:crypto'
import { base58 } from '@scure/base'
import { accountKey } from '../account-key.ts'
import type { Payment } from '../types.ts'
import { checksumAddress } from './chains.ts'
import { isRecord } from './invalid.ts'
import { NATIVE, type Reading } from './reading.ts'
import { refuse } from './refuse.ts'

/** What a reading says to people, in the addresses of its chain. */
export function paymentOf(reading: Reading, sender: string): Payment {
  const { chain, moves, calls, deploys, memos = [], fee } = reading
  return {
    ...{ chain, sender },
    moves: moves.map(({ asset, amount, to, isGrant }) => ({
      asset: asset === NATIVE ? asset : name(asset),
      amount: String(amount),
      // Whoever deploys pays its contract, which has no address yet.
      to: to === '' ? to : name(to),
      ...(isGrant && { isGrant }),
    })),
    call: calls && callOf(calls),
    codeHash: deploys ? sha256(deploys) : null,
    memos: [...memos],
    fee: String(fee),
  }
}

function callOf({ to, others = [], data }: NonNullable<Reading['calls']>): NonNullable<Payment['call']> {
  const beside = others.filter((one) => one !== to).map(name)
  return { to: name(to), ...(beside.length > 0 && { others: beside }), dataHash: sha256(data) }
}

/**
 * All that makes two payments the same one, as text: not the nonce, not the gas, not the fee. Refuses what is no payment;
 * what it knows nothing of it would leave out.
 */
export function contentOf(payment: Payment): string {
  if (!isRecord(payment) || Object.keys(payment).some((field) => !FIELDS.includes(field)))
    return refuse('expected a payment as the signer reads it')
  const { chain, sender, moves, call, codeHash, memos } = payment
  if (typeof chain !== 'string' || !isList(moves) || !isList(memos))
    return refuse('expected its chain, moves and memos')
  return JSON.stringify([
    chain,
    account(sender),
    moves.map(moveContent),
    call === null ? null : callContent(call),
    codeHash === null ? null : digest(codeHash),
    memos.map(text),
  ])
}

const FIELDS = ['chain', 'sender', 'moves', 'call', 'codeHash', 'memos', 'fee']
const MOST = 64

/** Others than the first are named only where there are some. */
function callContent(call: NonNullable<Payment['call']>): unknown[] {
  const others = call?.others ?? []
  if (!isList(others)) return refuse('expected a list of the other programs that are called')
  return [account(call?.to), digest(call?.dataHash), ...(others.length > 0 ? [others.map(account)] : [])]
}

function moveContent({ asset, amount, to, isGrant = false }: Payment['moves'][number]): unknown[] {
  if (typeof isGrant !== 'boolean') refuse('isGrant is true or false')
  return [asset === NATIVE ? asset : account(asset), units(amount), to === '' ? to : account(to), isGrant]
}

const isList = (value: unknown): boolean => Array.isArray(value) && value.length <= MOST

/** Base units, in their one form. */
export const units = (value: unknown): string =>
  typeof value === 'string' && /^(0|[1-9]\d{0,77})$/.test(value) ? value : refuse('a payment has amounts in base units')

const account = (value: unknown): string =>
  accountKey(value) ?? refuse('a payment names accounts by their addresses on EVM networks or Solana')

const digest = (value: unknown): string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : refuse('what is not read is named by its SHA-256')

const text = (value: unknown): string => (typeof value === 'string' ? value : refuse('a memo is text'))

/** An account's address: on EVM networks it has 20 bytes. */
function name(key: string): string {
  const bytes = Buffer.from(key, 'hex')
  return bytes.length === 20 ? checksumAddress(bytes) : base58.encode(bytes)
}

const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes)
