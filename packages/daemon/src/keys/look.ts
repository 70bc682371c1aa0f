import { base58 } from '@scure/base'
import { accountKey } from './account-key.ts'
import { type Excess, KeyError } from './key-error.ts'
import { admitted } from './signer/admit.ts'
import { ceilingLines, feeLine, paymentLines, signerLine } from './signer/agreed.ts'
import type { Count } from './signer/count.ts'
import { type Limits, limitOf, limitsOf } from './signer/limits.ts'
import { contentOf, paymentOf } from './signer/payment.ts'
import { readers } from './signer/readers.ts'
import { NATIVE, type Reading } from './signer/reading.ts'
import { isText } from './signer/texts.ts'
import type { Ceiling, CeilingText, CountText, KnownOwners, Payment, Sealed, SignKind, SpentByHour } from './types.ts'

// What the signer would make of some bytes, for whoever wants to know before it is asked. It is asked all the same.

export type Unsigned = { readonly kind: SignKind; readonly bytes: Uint8Array; readonly address: string }
/** A ceiling, and what the lane has counted, as the signer sealed them. */
export type Under = { readonly ceiling: Sealed | undefined; readonly counted: Pick<Sealed, 'text'> | undefined }
/** Why the ceiling stops it, for the end of a sentence, and what is too much where an amount is. */
export type Above = { readonly why: string; readonly excess: Excess | undefined }

/** What the signer reads; undefined of bytes that it does not sign. */
export function paymentIn(unsigned: Unsigned): Payment | undefined {
  const reading = readingOf(unsigned)
  return reading && paymentOf(reading, unsigned.address)
}

/** Is it the signer's own reading `own`, but for the fee? */
export const isSamePayment = (given: Payment, own: Payment): boolean =>
  readable(() => contentOf(given)) === contentOf(own)

/** Whom the signer asks for what is above a ceiling; undefined: the operator. */
export const knownOwners = (ceiling: Sealed | undefined): KnownOwners | undefined =>
  ceiling && (JSON.parse(ceiling.text) as CeilingText).ceiling.owners

/** What owners sign to let a payment pass above the ceiling, by the lines of their text. */
export const approvalLines = (ceiling: Sealed | undefined, payment: Payment): string[] => [
  signerLine(signerOf(ceiling)),
  ...paymentLines(payment),
  feeLine(payment.fee),
]
/** What owners whom the signer knows sign for another ceiling in place of the present one. */
export function raiseLines(address: string, now: Sealed, next: Ceiling): string[] {
  const { version, ceiling }: CeilingText = JSON.parse(now.text)
  return [signerLine(signerOf(now)), ...ceilingLines({ address, version, now: ceiling, next })]
}

/** Of a ceiling that names owners, whose text says which signer made it. */
const signerOf = (ceiling: Sealed | undefined): string =>
  (ceiling && (JSON.parse(ceiling.text) as CeilingText).signer) ?? ''

/** What a ceiling stops. Undefined where it lets the bytes pass, and where nothing can be said without the signer. */
export function aboveCeiling(unsigned: Unsigned, { ceiling, counted }: Under): Above | undefined {
  const reading = ceiling && readingOf(unsigned)
  if (!reading) return undefined
  const own = accountKey(unsigned.address) ?? unsigned.address
  const refusal = refusalOf(() => admitted({ limits: limitsIn(ceiling.text), own }, countIn(counted), reading))
  return refusal?.code === 'CEILING_EXCEEDED' ? { why: refusal.message, excess: refusal.excess } : undefined
}

/**
 * The most of what these bytes pay that could be signed in their place without a password, in base units; undefined where the
 * ceiling names no amount, and where nothing can be said without the signer.
 */
export function ceilingRoom(unsigned: Unsigned, { ceiling, counted }: Under): bigint | undefined {
  const reading = ceiling && readingOf(unsigned)
  const asset = reading?.moves[0]?.asset
  if (!reading || asset === undefined) return undefined
  const on = limitsIn(ceiling.text).chains.get(reading.chain)
  const left = (of: string, taken: bigint): bigint | undefined => {
    const limit = on ? limitOf(on, of) : 'none'
    if (limit === 'any') return undefined
    const day = limit === 'none' ? 0n : limit.day - countIn(counted).spent(of) - taken
    const most = limit === 'none' || limit.transaction > day ? day : limit.transaction
    return most > 0n ? most : 0n
  }
  // What signs no fee signs no payment.
  if (!on || reading.fee > on.fee || left(NATIVE, reading.fee - 1n) === 0n) return 0n
  return left(asset, asset === NATIVE ? reading.fee : 0n)
}

/** Undefined also of a text, which moves nothing. */
function readingOf({ kind, bytes, address }: Unsigned): Reading | undefined {
  if (isText(kind)) return undefined
  return readable(() => readers[kind](bytes, kind === 'solana-tx' ? base58.decode(address) : new Uint8Array()))
}

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof KeyError) return undefined
    throw error
  }
}

function refusalOf(run: () => unknown): KeyError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof KeyError) return error
    throw error
  }
}

const MOST_KNOWN = 200

/** What such a text says, kept: each request is held against the same few, and they seldom change. */
function known<Value>(read: (text: string) => Value): (text: string) => Value {
  const values = new Map<string, Value>()
  return (text) => {
    const before = values.get(text)
    if (before !== undefined) return before
    const value = read(text)
    if (values.size >= MOST_KNOWN) values.clear()
    values.set(text, value)
    return value
  }
}
const limitsIn = known((text): Limits => limitsOf((JSON.parse(text) as CeilingText).ceiling))
const spentIn = known((text): SpentByHour => (JSON.parse(text) as CountText).spent)

/** What a record says of the last 24 hours, for a transaction on a nonce of its own. */
function countIn(counted: Pick<Sealed, 'text'> | undefined): Pick<Count, 'added' | 'spent' | 'requireKnown'> {
  const spent = counted ? spentIn(counted.text) : {}
  const since = Math.floor(Date.now() / 3_600_000) - 24
  const sum = (byHour: Record<string, string>) =>
    Object.entries(byHour).reduce((all, [hour, amount]) => (Number(hour) < since ? all : all + BigInt(amount)), 0n)
  return {
    added: (charge) => charge,
    spent: (asset) => sum(spent[asset] ?? {}),
    // Whether the record is whole only the signer can tell.
    requireKnown: () => undefined,
  }
}
