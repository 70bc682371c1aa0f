import { randomInt } from 'node:crypto'
import { CODE_LENGTH, CODE_LETTERS, Failure, invalidField } from '@waiaas/contract'
import { peerGroup, THIS_MACHINE } from '../platform/http/peer.ts'
import type { PairingRow } from './store.ts'

/** How long the operator has, in milliseconds. */
export const LIFE_MS = 600_000
/** How long the token of one that was approved late can be fetched at least. */
export const LEAST_FETCH_MS = 60_000
/** Seconds between two polls, and by how many more for each that comes too soon (RFC 8628, section 3.5). */
export const INTERVAL_S = 5
const LONGEST_INTERVAL_S = 60
/** What a way through the network may take off an interval. */
const SLACK_MS = 500
/** Of one peer, and of all peers beside this machine, which never waits for others. */
export const MOST_OF_PEER = 3
export const MOST_ELSEWHERE = 64

/** A code that nobody can guess while it lives: 20^8 are 34 bits. */
export const newCode = (): string =>
  Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join('')

/**
 * What an agent says of itself, as a person may be shown it: without control signs, signs that turn text around, and signs
 * that cannot be seen, and with two marks on a letter at most.
 */
export function seenText(text: string, most: number): string {
  const seen = text
    .normalize('NFC')
    .replaceAll(/[\s\p{Zl}\p{Zp}\u2800]+/gu, ' ')
    .replaceAll(/[\p{C}\p{Default_Ignorable_Code_Point}\uFFFD]/gu, '')
    .replaceAll(/(\p{M}{2})\p{M}+/gu, '$1')
    .replaceAll(/ +/g, ' ')
  return [...seen.trim()].slice(0, most).join('').trim()
}

/** Failure ACTION_VALIDATION_FAILED: nothing of it can be seen. */
export function needSeen(field: string, text: string, most: number): string {
  const seen = seenText(text, most)
  if (seen === '') throw invalidField(field, 'expected text that can be seen')
  return seen
}

/** Failure PAIRING_NOT_ALLOWED. */
export function requirePlace(peer: string, isRemoteAllowed: boolean): void {
  if (isRemoteAllowed || peerGroup(peer) === THIS_MACHINE) return
  throw new Failure('PAIRING_NOT_ALLOWED', `pairing is open to the daemon's own machine alone, and this is ${peer}`)
}

type Open = Pick<PairingRow, 'peer_group' | 'expires_at'>
/** Failure PAIRING_LIMIT_REACHED, with the time until the first of those in the way ends. `open`: the first to end first. */
export function requireRoom(open: readonly Open[], group: string, now: number): void {
  const own = open.filter(({ peer_group }) => peer_group === group)
  if (own.length >= MOST_OF_PEER) throw tooMany(own, now, 'from here')
  const elsewhere = open.filter(({ peer_group }) => peer_group !== THIS_MACHINE)
  if (group !== THIS_MACHINE && elsewhere.length >= MOST_ELSEWHERE) throw tooMany(elsewhere, now, 'from other machines')
}

function tooMany([first, ...others]: readonly Open[], now: number, from: string): Failure {
  const retryAfter = Math.max(1, Math.ceil(((first?.expires_at ?? now) - now) / 1_000))
  const message = `${others.length + 1} pairings ${from} wait for the operator, and no more may`
  return new Failure('PAIRING_LIMIT_REACHED', message, { retryAfter })
}

/** What a poll that finds a pairing waiting does: the interval from now on, and whether it came too soon. */
export function paced({ polled_at, interval_s }: PairingRow, now: number): { interval: number; isTooSoon: boolean } {
  const isTooSoon = polled_at !== null && now < polled_at + interval_s * 1_000 - SLACK_MS
  return { isTooSoon, interval: isTooSoon ? Math.min(interval_s + INTERVAL_S, LONGEST_INTERVAL_S) : interval_s }
}
