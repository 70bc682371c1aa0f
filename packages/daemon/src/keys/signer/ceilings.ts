import type { Ceiling, CeilingText, CountText, KeyRow, Sealed, SignBatch } from '../types.ts'
import { type Charge, type Count, makeCount } from './count.ts'
import type { Keyring } from './keyring.ts'
import { type ChainLimits, isLooser, type Limits, limitOf, limitsOf } from './limits.ts'
import { NATIVE, type Reading } from './reading.ts'
import { exceeded, refuse } from './refuse.ts'
import { openText, sealText } from './seals.ts'

/** A ceiling that was opened, and the seal that it was opened by. */
type Known = CeilingText & { limits: Limits; sealed: Sealed }
type Change = { address: string; now: Sealed | undefined; next: Ceiling }

/** Where one batch is counted. */
export type Counting = {
  /** CEILING_EXCEEDED, or what is to be done once there is a signature. */
  admit(reading: Reading): () => void
  /** What the lane is to store. */
  record(last: string): Sealed
}

export type Ceilings = ReturnType<typeof makeCeilings>

/**
 * The ceilings that were seen since the keyring was opened, each in its newest version, and what was signed under them.
 * Nothing here can be set back from outside.
 */
export function makeCeilings({ seals }: Keyring) {
  const known = new Map<string, Known>()
  const counts = new Map<string, Count>()
  /** The last count of each lane that was given out or taken in. */
  const recorded = new Map<string, string>()
  const hourNow = forwardHours()

  function opened(address: string, sealed: Sealed): Known {
    const held = known.get(address)
    if (held?.sealed.seal === sealed.seal && held.sealed.text === sealed.text) return held
    const text = openText<CeilingText>(seals, 'ceiling', sealed)
    if (text.address !== address) refuse('the ceiling is that of another wallet')
    // An older one may allow more than was meant later.
    if (held && text.version <= held.version) return held
    return hold({ ...text, limits: limitsOf(text.ceiling), sealed })
  }

  function hold(next: Known): Known {
    known.set(next.address, next)
    return next
  }

  function write(address: string, ceiling: Ceiling, version: number): Sealed {
    const text: CeilingText = { address, version, at: Date.now(), ceiling }
    const limits = limitsOf(ceiling)
    const sealed = sealText(seals, 'ceiling', JSON.stringify(text))
    hold({ ...text, limits, sealed })
    return sealed
  }

  function countOf(address: string, chain: string): Count {
    const name = `${address} ${chain}`
    const count = counts.get(name) ?? makeCount(hourNow)
    counts.set(name, count)
    return count
  }

  /** Takes in what a lane has stored, once; its day is used up when that is older than what it has signed. */
  function adopt(count: Count, place: Omit<Place, 'requests'>): void {
    const { key, chain, lane, counted, newest, ceiling } = place
    const name = `${key.address} ${chain} ${lane}`
    if (recorded.has(name) && (counted === undefined || recorded.get(name) === counted.seal)) return
    const record = counted && openText<CountText>(seals, 'count', counted)
    if (record && (record.address !== key.address || record.chain !== chain || record.lane !== lane))
      refuse('the count is that of another lane')
    if (record) count.merge(record)
    const isKnown = recorded.has(name)
    recorded.set(name, counted?.seal ?? '')
    if (isKnown || newest === undefined || newest <= (record?.last ?? '')) return
    // What was signed before there was a ceiling is not counted.
    if (timeOf(newest) >= opened(key.address, ceiling).at) count.fill()
  }

  return {
    /** The first ceiling of a key that has just come in. One that is known already stays: a key may come in twice. */
    first: ({ address }: KeyRow, ceiling: Ceiling): Sealed => known.get(address)?.sealed ?? write(address, ceiling, 1),

    /** Does the change need the operator? Tightening does not. */
    needsPassword({ address, now, next }: Change): boolean {
      return now === undefined || isLooser(limitsOf(next), opened(address, now).limits)
    },
    change({ address, now, next }: Change): Sealed {
      return write(
        address,
        next,
        (now === undefined ? (known.get(address)?.version ?? 0) : opened(address, now).version) + 1,
      )
    },
    /** What is not known of the day no longer counts as used up. */
    forgive(address: string): void {
      for (const [name, count] of counts) if (name.startsWith(`${address} `)) count.unfill()
    },

    /** Opens the count of a batch, whose transactions are all on one chain. */
    counting(batch: Place): Counting {
      const { key, chain, lane, ceiling } = batch
      const limits = opened(key.address, ceiling).limits
      const count = countOf(key.address, chain)
      adopt(count, batch)
      return {
        admit(reading) {
          if (reading.chain !== chain) refuse('transactions of two chains are not signed together')
          const charge = admitted(limits, count, reading)
          return () => count.add(charge, reading.nonce)
        },
        record(last) {
          const text: CountText = { address: key.address, chain, lane, last, ...count.record() }
          const sealed = sealText(seals, 'count', JSON.stringify(text))
          recorded.set(`${key.address} ${chain} ${lane}`, sealed.seal)
          return sealed
        },
      }
    },
  }
}

type Place = Pick<SignBatch, 'key' | 'ceiling' | 'lane' | 'counted' | 'newest'> & { chain: string }

/** What the transaction takes, if the ceiling lets it pass. */
function admitted(limits: Limits, count: Count, reading: Reading): Charge {
  const on = limits.chains.get(reading.chain) ?? exceeded(`it signs nothing on ${reading.chain}`)
  if (reading.calls !== null && !on.contracts.has(reading.calls))
    exceeded('the transaction calls a contract in a way that the signer cannot read')
  if (limits.recipients.size > 0 && reading.moves.some(({ to }) => !limits.recipients.has(to)))
    exceeded('the recipient is none of those that it names')
  if (reading.fee > on.fee)
    exceeded('the worst fee is too high', { of: 'fee', asset: NATIVE, wanted: `${reading.fee}`, most: `${on.fee}` })
  const charge = chargeOf(reading, on)
  if (charge.size > 0) count.requireKnown()
  for (const [asset, amount] of count.added(charge, reading.nonce)) requireDay(on, asset, count.spent(asset) + amount)
  return charge
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

function requireDay(on: ChainLimits, asset: string, wanted: bigint): void {
  const limit = limitOf(on, asset)
  if (typeof limit !== 'string' && wanted > limit.day)
    exceeded('it is too much for 24 hours', { of: 'day', asset, wanted: `${wanted}`, most: `${limit.day}` })
}

/** Hours since 1970: the machine's clock as it was at the start, and from there its running time, which nobody sets. */
function forwardHours(): () => number {
  const start = Date.now() - performance.now()
  return () => Math.floor((start + performance.now()) / 3_600_000)
}

/** Unix milliseconds of a UUIDv7; of anything else, now. */
function timeOf(id: string): number {
  const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id) ? time : Date.now()
}
