import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Failure } from '@waiaas/contract'
import { type OwnerForm, signInText } from '../chains/owner-form.ts'
import { type Action, actions, type Subject } from './actions.ts'

/** So long a challenge is good. */
const CHALLENGE_MS = 5 * 60_000
/** Of a nonce in bytes: seconds since 1970, what is random, and the mark of the daemon. */
const TIME = 6
const RANDOM = 10
const MARK = 16
const NONCE = /^Nonce: ([0-9a-f]{64})$/m
const WALLET = /^- urn:waiaas:wallet:(\S{36})$/m
const REQUEST = /^Request ID: (\S{1,80})$/m
const ORIGIN = /^URI: (\S{1,300})$/m
const BARE = /^[0-9a-f]{64}$/
const BLANK = '-'
/** Begins the line of a text that says how many owners have to agree. */
export const NEEDED_LINE = 'urn:waiaas:owners-needed:'

/** Who gives challenges: the name of its database in them, and the key of its marks. */
export type Giver = { readonly daemon: string; readonly mark: string }
/** What a challenge asks whom. */
export type Asked = {
  readonly form: Pick<OwnerForm, 'account'>
  readonly address: string
  readonly chainId: string | undefined
  /** Undefined: it is about none. */
  readonly walletId: string | undefined
  readonly action: Action
  readonly subject: Subject
  /** How many owners have to agree, where what they sign says so. */
  readonly needed?: number | undefined
}
type Given = { readonly message: string; readonly nonce: string; readonly expiresAt: number }

/**
 * A text to be signed. Nothing of it is stored: its nonce has the time, and a mark over the whole text that only this
 * daemon can make, so that asking costs nothing and nobody can use up what others ask for. What is stored is which were
 * used.
 */
export function giveChallenge(giver: Giver, asked: Asked, { origin, now }: { origin: string; now: number }): Given {
  const seconds = Math.floor(now / 1000)
  const blank = textOf(giver, asked, { origin, nonce: BLANK, issuedAt: seconds * 1000 })
  const nonce = newNonce(giver, seconds, blank)
  return { message: renamed(blank, BLANK, nonce), nonce, expiresAt: seconds * 1000 + CHALLENGE_MS }
}

/** Of older clients, which sign a nonce alone: the text is the nonce, and `about` is bound by its mark. */
export function giveNonce(giver: Giver, about: string, now: number): Given {
  const seconds = Math.floor(now / 1000)
  const nonce = newNonce(giver, seconds, about)
  return { message: nonce, nonce, expiresAt: seconds * 1000 + CHALLENGE_MS }
}

/** A text that is a nonce and nothing else. */
export const isBare = (message: string): boolean => BARE.test(message)

/** The wallet that a text names; undefined of a nonce alone. */
export const walletIn = (message: string): string | undefined => WALLET.exec(message)?.[1]

/** What a text is about; undefined of a nonce alone. */
export const requestIn = (message: string): string | undefined => REQUEST.exec(message)?.[1]

/** Whether a text that this daemon gave is for an action: what comes before this line is one line each. */
export const asksFor = (message: string, action: Action): boolean =>
  message.includes(`\n- urn:waiaas:action:${action}\n`)

/** Whose text it is: its second line. */
export const addressIn = (message: string): string | undefined => message.split('\n')[1]

/** The nonce of a text that this daemon gave and that is still good. Failure INVALID_NONCE. */
export function goodNonce(
  giver: Giver | undefined,
  message: string,
  { about, now }: { about: string; now: number },
): string {
  const nonce = isBare(message) ? message : NONCE.exec(message)?.[1]
  if (nonce === undefined || !giver) throw refused('expected the message of a challenge of this daemon')
  const text = isBare(message) ? about : renamed(message, nonce, BLANK)
  const { seconds, random, mark } = partsOf(nonce)
  if (!timingSafeEqual(mark, markOf(giver, { seconds, random }, text)))
    throw refused('the message is not one that this daemon asked to sign, or not in these words')
  const issuedAt = seconds * 1000
  // A clock that went back would make it good for longer.
  if (now >= issuedAt + CHALLENGE_MS || now < issuedAt)
    throw refused('the challenge is over: it is good for five minutes')
  return nonce
}

/** Failure INVALID_NONCE unless a good text asks exactly this. */
export function assertAsks(giver: Giver, asked: Asked, message: string): void {
  const nonce = NONCE.exec(message)?.[1]
  const origin = ORIGIN.exec(message)?.[1]
  if (nonce !== undefined && origin !== undefined) {
    const issuedAt = partsOf(nonce).seconds * 1000
    if (textOf(giver, asked, { origin, nonce, issuedAt }) === message) return
  }
  throw refused('the signed message is about something else, or what it is about has changed since')
}

/** With another nonce in its place. What comes before that is one line, and no line of it begins so. */
const renamed = (text: string, from: string, to: string): string =>
  text.replace(`\nNonce: ${from}\n`, `\nNonce: ${to}\n`)

type Form = { readonly origin: string; readonly nonce: string; readonly issuedAt: number }

function textOf({ daemon }: Giver, asked: Asked, { origin, nonce, issuedAt }: Form): string {
  const { form, address, chainId, walletId, action, subject, needed } = asked
  return signInText(form, {
    ...{ origin, address, chainId, nonce, issuedAt },
    statement: actions[action].says(subject.words),
    expiresAt: issuedAt + CHALLENGE_MS,
    requestId: subject.id,
    resources: [
      `urn:waiaas:action:${action}`,
      `urn:waiaas:sha256:${subject.digest}`,
      ...(walletId === undefined ? [] : [`urn:waiaas:wallet:${walletId}`]),
      ...(needed === undefined ? [] : [`${NEEDED_LINE}${needed}`]),
      `urn:waiaas:daemon:${daemon}`,
      ...(subject.signs ?? []),
    ],
  })
}

function newNonce(giver: Giver, seconds: number, text: string): string {
  const random = randomBytes(RANDOM)
  const mark = markOf(giver, { seconds, random }, text)
  return Buffer.concat([timeBytes(seconds), random, mark]).toString('hex')
}

function partsOf(nonce: string) {
  const bytes = Buffer.from(nonce, 'hex')
  return {
    seconds: bytes.readUIntBE(0, TIME),
    random: bytes.subarray(TIME, TIME + RANDOM),
    mark: bytes.subarray(TIME + RANDOM),
  }
}

function markOf({ mark }: Giver, { seconds, random }: { seconds: number; random: Buffer }, text: string): Buffer {
  const of = createHmac('sha256', Buffer.from(mark, 'hex'))
  return of.update(timeBytes(seconds)).update(random).update(text, 'utf8').digest().subarray(0, MARK)
}

function timeBytes(seconds: number): Buffer {
  const bytes = Buffer.alloc(TIME)
  bytes.writeUIntBE(seconds, 0, TIME)
  return bytes
}

const refused = (message: string) => new Failure('INVALID_NONCE', message)
