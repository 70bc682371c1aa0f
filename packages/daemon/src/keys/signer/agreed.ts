import { hash } from 'node:crypto'
import type { Ceiling, KnownOwners, Payment } from '../types.ts'
import { ceilingDigest } from './limits.ts'
import { contentOf, units } from './payment.ts'

// What owners agree to, as lines of the text that they sign. The signer makes them by itself of what it is asked to do, and
// compares: whatever else the text says is the daemon's word.

const LINE = 'urn:waiaas:signs:'
/** More than people read one by one. */
const MOST_LINES = 12

/** For which signer: its sealing key, so that a text is good at no other daemon. */
export const signerLine = (fingerprint: string): string => `${LINE}at:${fingerprint}`

/** Whether a line of a text is one of those that the signer compares. */
export const isCompared = (line: string): boolean => line.startsWith(LINE)

/** All that a payment does, but its fee: each amount in base units, each account in full, what is not read by its SHA-256. */
export function paymentLines(payment: Payment): string[] {
  const content = contentOf(payment)
  const { chain, sender, moves, call, codeHash, memos } = payment
  const does = [
    ...moves.map(
      ({ asset, amount, to, isGrant }) => `${isGrant ? 'lets' : 'pays'}:${amount}:${asset}:${to === '' ? 'new' : to}`,
    ),
    ...(call ? [`calls:${[call.to, ...(call.others ?? [])].join('+')}:${call.dataHash}`] : []),
    ...(codeHash === null ? [] : [`deploys:${codeHash}`]),
    ...(memos.length > 0 ? [`says:${sha256(JSON.stringify(memos))}`] : []),
  ]
  const shown = does.length <= MOST_LINES ? does : [`content:${sha256(content)}`]
  return [`from:${chain}:${sender}`, ...shown].map((line) => LINE + line)
}

/** The most that its fee may come to. */
export const feeLine = (fee: string): string => `${LINE}fee:${units(fee)}`

/** What a line says of the fee; undefined of any other line. */
export function feeIn(line: string | undefined): bigint | undefined {
  const [, digits] = /^urn:waiaas:signs:fee:(\d{1,78})$/.exec(line ?? '') ?? []
  return digits === undefined ? undefined : BigInt(digits)
}

/** Another ceiling in place of the present one, and whom the signer asks from then on where that changes. */
export function ceilingLines({ address, version, now, next }: Raise): string[] {
  const owners = JSON.stringify(next.owners) === JSON.stringify(now.owners) ? [] : ownerLines(next.owners)
  return [`ceiling:${address}:${version}:${ceilingDigest(next)}`, ...owners].map((line) => LINE + line)
}
type Raise = { readonly address: string; readonly version: number; readonly now: Ceiling; readonly next: Ceiling }

const ownerLines = (known: KnownOwners | undefined): string[] =>
  known === undefined
    ? ['owners:0']
    : [`owners:${known.threshold}`, ...known.owners.map((one) => `owner:${one.join('+')}`)]

const sha256 = (text: string): string => hash('sha256', text)
