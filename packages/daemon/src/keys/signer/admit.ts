import type { Charge, Count } from './count.ts'
import { type ChainLimits, type Limits, limitOf } from './limits.ts'
import { NATIVE, type Reading } from './reading.ts'
import { exceeded } from './refuse.ts'

/** The ceiling, and the wallet's own account. */
export type Bounds = { limits: Limits; own: string }

/** What the transaction takes, if the ceiling lets it pass. */
export function admitted({ limits, own }: Bounds, count: Count, reading: Reading): Charge {
  const on = limits.chains.get(reading.chain) ?? exceeded(`it signs nothing on ${reading.chain}`)
  if (reading.calls !== null) requireCall(on, reading.calls, own)
  if (limits.recipients.size > 0 && reading.moves.some(({ to }) => !limits.recipients.has(to)))
    exceeded('the recipient is none of those that it names')
  if (reading.fee > on.fee)
    exceeded('the worst fee is too high', { of: 'fee', asset: NATIVE, wanted: `${reading.fee}`, most: `${on.fee}` })
  const charge = chargeOf(reading, on)
  if (charge.size > 0) count.requireKnown()
  for (const [asset, amount] of count.added(charge, reading.nonce))
    requireDay(on, asset, { amount, spent: count.spent(asset) })
  return charge
}

/** A text could be a call where there is code, and reaches nothing of the wallet where every token may go or nothing leaves. */
function requireCall(on: ChainLimits, { to, isText }: NonNullable<Reading['calls']>, own: string): void {
  if (on.contracts.has(to) || (isText && (on.otherTokens || to === own))) return
  if (isText)
    exceeded('it sends a text to an address that may be a contract, which the signer cannot see; name it in contracts')
  exceeded('the transaction calls a contract in a way that the signer cannot read')
}

/** By asset; what no amount bounds is not counted. */
function chargeOf({ moves, fee }: Reading, on: ChainLimits): Charge {
  const moved = new Map<string, bigint>()
  for (const { asset, amount } of moves) moved.set(asset, (moved.get(asset) ?? 0n) + amount)
  for (const [asset, amount] of moved) {
    const limit = limitOf(on, asset)
    if (limit === 'none') exceeded('it names no amount of this token')
    if (limit === 'any') moved.delete(asset)
    else if (amount > limit.transaction)
      exceeded('it is too much at once', {
        of: 'transaction',
        asset,
        wanted: `${amount}`,
        most: `${limit.transaction}`,
      })
  }
  moved.set(NATIVE, (moved.get(NATIVE) ?? 0n) + fee)
  return moved
}

type Day = { amount: bigint; spent: bigint }

function requireDay(on: ChainLimits, asset: string, { amount, spent }: Day): void {
  const limit = limitOf(on, asset)
  if (typeof limit === 'string' || spent + amount <= limit.day) return
  const left = limit.day > spent ? limit.day - spent : 0n
  exceeded('it is too much for 24 hours', {
    ...{ of: 'day', asset, wanted: `${amount}`, most: `${limit.day}`, left: `${left}` },
  })
}
