import type { CountText, SpentByHour } from '../types.ts'
import { exceeded } from './refuse.ts'

/** What a transaction takes of each asset. */
export type Charge = ReadonlyMap<string, bigint>
/** What one nonce has taken, and in which hour. */
type Taken = { hour: number; charge: Charge }

const DAY_HOURS = 24
/** Older nonces are forgotten first: outbidding one of them counts it again. */
const MOST_NONCES = 8_192

/** What was signed for on one chain in the last 24 hours: the hour in which they began counts whole. */
export type Count = {
  /** In base units, without what is older. */
  spent(asset: string): bigint
  /** What a charge adds: attempts on one nonce count once, at their highest. */
  added(charge: Charge, nonce: number | null): Charge
  add(charge: Charge, nonce: number | null): void
  /** Takes the higher of what is known and what an own record says. */
  merge(record: Pick<CountText, 'spent' | 'fullUntil'>): void
  /** The present day counts as used up, because some of it is not known. */
  fill(): void
  /** The operator has said that it does not. */
  unfill(): void
  requireKnown(): void
  record(): Pick<CountText, 'spent' | 'fullUntil'>
}

/** `hourNow` never goes back. */
export function makeCount(hourNow: () => number): Count {
  const assets = new Map<string, Map<number, bigint>>()
  const nonces = new Map<number, Taken>()
  let fullUntil = 0

  const isOver = (hour: number): boolean => hour < hourNow() - DAY_HOURS
  const hoursOf = (asset: string): Map<number, bigint> => {
    const hours = assets.get(asset) ?? new Map<number, bigint>()
    assets.set(asset, hours)
    for (const hour of hours.keys()) if (isOver(hour)) hours.delete(hour)
    return hours
  }
  const takenBefore = (nonce: number | null): Taken | undefined => {
    const taken = nonce === null ? undefined : nonces.get(nonce)
    return taken && !isOver(taken.hour) ? taken : undefined
  }
  const added = (charge: Charge, nonce: number | null): Charge => {
    const before = takenBefore(nonce)?.charge
    if (!before) return charge
    return new Map([...charge].map(([asset, amount]) => [asset, most(0n, amount - (before.get(asset) ?? 0n))]))
  }

  function remember(nonce: number, charge: Charge): void {
    const before = takenBefore(nonce)
    const highest = new Map(before?.charge)
    for (const [asset, amount] of charge) highest.set(asset, most(amount, highest.get(asset) ?? 0n))
    nonces.delete(nonce)
    // Of the first attempt: when its hour is over, none of it is in the count any more.
    nonces.set(nonce, { hour: before?.hour ?? hourNow(), charge: highest })
    if (nonces.size > MOST_NONCES) nonces.delete(nonces.keys().next().value!)
  }

  return {
    spent: (asset) => [...hoursOf(asset).values()].reduce((sum, amount) => sum + amount, 0n),
    added,
    add(charge, nonce) {
      const hour = hourNow()
      for (const [asset, amount] of added(charge, nonce)) {
        const hours = hoursOf(asset)
        hours.set(hour, (hours.get(hour) ?? 0n) + amount)
      }
      if (nonce !== null) remember(nonce, charge)
    },
    merge(record) {
      fullUntil = Math.max(fullUntil, record.fullUntil)
      for (const [asset, byHour] of Object.entries(record.spent)) {
        const hours = hoursOf(asset)
        for (const [text, amount] of Object.entries(byHour)) {
          const hour = Number(text)
          hours.set(hour, most(BigInt(amount), hours.get(hour) ?? 0n))
        }
      }
    },
    fill() {
      fullUntil = hourNow() + DAY_HOURS + 1
    },
    unfill() {
      fullUntil = 0
    },
    requireKnown() {
      if (hourNow() < fullUntil)
        exceeded('the record of what was signed in the last 24 hours is missing or older than the last payment')
    },
    record() {
      const spent: SpentByHour = {}
      for (const asset of assets.keys()) {
        const hours = [...hoursOf(asset)].map(([hour, amount]) => [hour, String(amount)] as const)
        if (hours.length > 0) spent[asset] = Object.fromEntries(hours)
      }
      return { spent, fullUntil }
    },
  }
}

const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
