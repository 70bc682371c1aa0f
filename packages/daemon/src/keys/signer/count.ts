import type { CountText } from '../types.ts'
import { exceeded } from './refuse.ts'
import { type UsedLifts, usedLifts } from './used-lifts.ts'

/** What a transaction takes of each asset. */
export type Charge = ReadonlyMap<string, bigint>
/** What one nonce has taken, and in which hour. */
type Taken = { hour: number; charge: Charge }

const DAY_HOURS = 24
const HOUR_MS = 3_600_000
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
  merge(record: Pick<CountText, 'spent' | 'fullUntil' | 'lifted'>): void
  /** The present day counts as used up, because some of it is not known. */
  fill(): void
  /** The operator has said that it does not. */
  unfill(): void
  requireKnown(): void
  readonly lifts: UsedLifts
  /** The fields of a record, as JSON. */
  record(): string
}

/** `now`, in unix milliseconds, never goes back. */
export function makeCount(now: () => number): Count {
  const hourNow = () => Math.floor(now() / HOUR_MS)
  const lifts = usedLifts(now)
  const assets = new Map<string, Spent>()
  let fullUntil = 0

  const isOver = (hour: number): boolean => hour < hourNow() - DAY_HOURS
  const nonces = nonceBook(hourNow, isOver)
  /** As of this hour: what is read at each signature is reckoned once an hour. */
  function spentOf(asset: string): Spent {
    const hour = hourNow()
    const known = assets.get(asset)
    if (known?.hour === hour) return known
    const hours = new Map([...(known?.hours ?? [])].filter(([each]) => !isOver(each)))
    const fresh = { hour, hours, total: sumOf(hours), past: pastText(hours, hour) }
    assets.set(asset, fresh)
    return fresh
  }
  return {
    lifts,
    spent: (asset) => spentOf(asset).total,
    added: nonces.added,
    add(charge, nonce) {
      for (const [asset, amount] of nonces.added(charge, nonce)) {
        const spent = spentOf(asset)
        spent.hours.set(spent.hour, (spent.hours.get(spent.hour) ?? 0n) + amount)
        spent.total += amount
      }
      if (nonce !== null) nonces.remember(nonce, charge)
    },
    merge(record) {
      fullUntil = Math.max(fullUntil, record.fullUntil)
      lifts.merge(record.lifted)
      for (const [asset, byHour] of Object.entries(record.spent)) {
        const { hours } = spentOf(asset)
        for (const [text, amount] of Object.entries(byHour)) {
          const hour = Number(text)
          if (!isOver(hour)) hours.set(hour, most(BigInt(amount), hours.get(hour) ?? 0n))
        }
        const hour = hourNow()
        assets.set(asset, { hour, hours, total: sumOf(hours), past: pastText(hours, hour) })
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
      const texts: string[] = []
      for (const asset of assets.keys()) {
        const { hour, hours, past } = spentOf(asset)
        const now = hours.get(hour)
        const byHour = now === undefined ? past : `${past}${past && ','}"${hour}":"${now}"`
        if (byHour) texts.push(`"${asset}":{${byHour}}`)
      }
      return `"spent":{${texts.join(',')}},"fullUntil":${fullUntil}${lifts.record()}`
    },
  }
}

/** What each nonce has taken. */
function nonceBook(hourNow: () => number, isOver: (hour: number) => boolean) {
  const nonces = new Map<number, Taken>()
  const takenBefore = (nonce: number | null): Taken | undefined => {
    const taken = nonce === null ? undefined : nonces.get(nonce)
    return taken && !isOver(taken.hour) ? taken : undefined
  }

  /** What a charge adds. */
  function added(charge: Charge, nonce: number | null): Charge {
    const before = takenBefore(nonce)?.charge
    if (!before) return charge
    return new Map([...charge].map(([asset, amount]) => [asset, most(0n, amount - (before.get(asset) ?? 0n))]))
  }

  function remember(nonce: number, charge: Charge): void {
    const before = takenBefore(nonce)
    // Of the first attempt: when its hour is over, none of it is in the count any more.
    const taken = before ? { hour: before.hour, charge: highestOf(before.charge, charge) } : { hour: hourNow(), charge }
    nonces.delete(nonce)
    nonces.set(nonce, taken)
    if (nonces.size > MOST_NONCES) nonces.delete(nonces.keys().next().value!)
  }

  return { added, remember }
}

/** Of an asset, as of an hour: by hour, in all, and the hours before this one as they stand in a record. */
type Spent = { hour: number; hours: Map<number, bigint>; total: bigint; past: string }

const sumOf = (hours: ReadonlyMap<number, bigint>): bigint =>
  [...hours.values()].reduce((sum, amount) => sum + amount, 0n)

const pastText = (hours: ReadonlyMap<number, bigint>, now: number): string =>
  [...hours].flatMap(([hour, amount]) => (hour === now ? [] : [`"${hour}":"${amount}"`])).join(',')

function highestOf(before: Charge, charge: Charge): Charge {
  const highest = new Map(before)
  for (const [asset, amount] of charge) highest.set(asset, most(amount, highest.get(asset) ?? 0n))
  return highest
}

const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
