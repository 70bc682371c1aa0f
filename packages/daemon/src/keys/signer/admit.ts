import type { Charge, Count } from './count.ts'
import { type ChainLimits, type Limits, limitOf } from './limits.ts'
import { type Move, NATIVE, type Reading } from './reading.ts'
import { exceeded } from './refuse.ts'

/** The ceiling, and the wallet's own account. */
export type Bounds = { limits: Limits; own: string }

type Counted = Pick<Count, 'added' | 'spent' | 'requireKnown'>

/** What the transaction takes, if the ceiling lets it pass. */
export function admitted({ limits, own }: Bounds, count: Counted, reading: Reading): Charge {
  const on = limits.chains.get(reading.chain) ?? exceeded(`it signs nothing on ${reading.chain}`)
  if (reading.deploys !== undefined && !on.deploys) exceeded('it deploys no contracts on this network')
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
function requireCall(on: ChainLimits, calls: NonNullable<Reading['calls']>, own: string): void {
  const { to, others = [], isText } = calls
  if ([to, ...others].every((one) => on.contracts.has(one)) || (isText && (on.otherTokens || to === own))) return
  if (isText)
    exceeded('it sends a text to an address that may be a contract, which the signer cannot see; name it in contracts')
  exceeded('the transaction calls a contract in a way that the signer cannot read')
}

/** By asset; what no amount bounds is not counted. */
function chargeOf({ moves, fee }: Reading, on: ChainLimits): Charge {
  const moved = new Map<string, bigint>()
  for (const move of moves) if (isCounted(move, on)) moved.set(move.asset, (moved.get(move.asset) ?? 0n) + move.amount)
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

/** A contract that the ceiling names may be told anything, so also who takes from it. */
function isCounted({ asset, amount, isGrant = false }: Move, on: ChainLimits): boolean {
  if (!isGrant) return true
  if (on.contracts.has(asset)) return false
  if (amount >= ENDLESS || ALL_ONES.includes(amount))
    exceeded('it lets another account take any amount of a token whose contract is not named in contracts')
  return true
}

/** More than any token has of its smallest unit, and what tokens with smaller numbers take as without limit. */
const ENDLESS = 2n ** 128n - 1n
const ALL_ONES = [2n ** 64n - 1n, 2n ** 96n - 1n]

type Day = { amount: bigint; spent: bigint }

function requireDay(on: ChainLimits, asset: string, { amount, spent }: Day): void {
  const limit = limitOf(on, asset)
  if (typeof limit === 'string' || spent + amount <= limit.day) return
  const left = limit.day > spent ? limit.day - spent : 0n
  exceeded('it is too much for 24 hours', {
    ...{ of: 'day', asset, wanted: `${amount}`, most: `${limit.day}`, left: `${left}` },
  })
}
