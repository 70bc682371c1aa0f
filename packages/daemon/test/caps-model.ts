import type { Database } from '../src/platform/db/database.ts'
import type { MadeUpNode } from './made-up-node.ts'

/** A limit on what leaves in any time of this length, of a wallet or of what one of its recipients gets. */
export type Cap = { readonly lengthMs: number; readonly micros: bigint; readonly to?: string | undefined }
/** What so many base units cost in micro-dollars. */
type Price = { readonly micros: bigint; readonly units: bigint }
type Landing = NonNullable<ReturnType<MadeUpNode['landing']>>
/** Bytes, when they were judged, and when they may first have left. */
type Row = {
  hash: string | null
  sender: string
  left_at: number | null
  created_at: number
  purpose: string
  transaction_id: string
}
/** When it may first have left, when it was judged for that, and when it first was on its way. */
type Times = { readonly at: number; readonly judgedAt: number; readonly firstAt: number }
/** What the chain shows in the end, and when its bytes may first have left. */
type Departure = {
  readonly at: number
  readonly to: string
  /** As it was judged when it left. */
  readonly micros: bigint
  /** As it counts against others: one that is sped up was on its way before, and is held as it was then. */
  readonly held: bigint
}

/** A decision goes by prices that are at most this old. */
const DECISION_MS = 5_000

/**
 * An executable model of what limits promise, apart from the ledger and in a few lines: what the chain has taken in the end
 * is put at the moment at which it may first have left, at the price at which it was judged last, and no window before any departure holds
 * more than a limit that was in force by then. Amounts and fees count, of a payment that reverted the fee alone.
 */
export function capsModel(node: MadeUpNode, now: () => number) {
  const caps = new Map<string, (Cap & { readonly since: number })[]>()
  const prices: { readonly since: number; readonly price: Price }[] = []

  /** The lowest that was in force within the life of a decision. */
  function priceAt(time: number): Price {
    const young = prices.filter(
      ({ since }, index) => since <= time && (prices[index + 1]?.since ?? time) >= time - DECISION_MS,
    )
    return young.map(({ price }) => price).reduce((a, b) => (a.micros * b.units <= b.micros * a.units ? a : b))
  }

  function departureOf({ tx, succeeded, fee }: Landing, { at, judgedAt, firstAt }: Times): Departure {
    const units = (succeeded ? BigInt(tx.body.amount) : 0n) + fee
    const worth = ({ micros, units: per }: Price) => (units * micros) / per
    return { at, to: tx.body.to, micros: worth(priceAt(judgedAt)), held: worth(priceAt(firstAt)) }
  }

  /** By sender. What only takes another's place back is paid from what was held for it, or from the reserve of the lane. */
  async function departures(database: Database): Promise<Map<string, Departure[]>> {
    const rows = await database.read((db) =>
      db.query<Row>((k) =>
        k
          .selectFrom('attempts')
          .select(['hash', 'sender', 'left_at', 'created_at', 'purpose', 'transaction_id'])
          .orderBy('created_at'),
      ),
    )
    const first = new Map<string, number>()
    const found = rows.flatMap((row) => {
      const { hash, sender, purpose, transaction_id, created_at, left_at } = row
      if (purpose === 'send') first.set(transaction_id, created_at)
      const landed = hash === null || left_at === null ? undefined : node.landing(hash)
      if (!landed || left_at === null || landed.tx.body.to === sender) return []
      const firstAt = first.get(transaction_id) ?? created_at
      return [{ sender, departure: departureOf(landed, { at: left_at, judgedAt: created_at, firstAt }) }]
    })
    return new Map(
      [...Map.groupBy(found, ({ sender }) => sender)].map(([sender, all]) => [
        sender,
        all.map(({ departure }) => departure),
      ]),
    )
  }

  return {
    /** From now on. */
    cap: (address: string, cap: Cap) =>
      void caps.set(address, [...(caps.get(address) ?? []), { ...cap, since: now() }]),
    price: (micros: bigint, units: bigint) => void prices.push({ since: now(), price: { micros, units } }),
    /** Where more left than a limit lets, and how much left in all. */
    async verdict(database: Database) {
      const all = await departures(database)
      const breaches = [...caps].flatMap(([address, own]) =>
        own.flatMap(({ since, ...cap }) => {
          const counted = (all.get(address) ?? []).filter(({ to }) => cap.to === undefined || cap.to === to)
          return counted
            .filter(({ at }) => at >= since)
            .map((own) => {
              const beside = counted.filter((one) => one !== own && one.at > own.at - cap.lengthMs && one.at <= own.at)
              // With all of them, for who reads why.
              return { address, cap, sum: beside.reduce((sum, { held }) => sum + held, own.micros), own, beside }
            })
            .filter(({ sum }) => sum > cap.micros)
        }),
      )
      return { breaches, departures: [...all.values()].flat().length }
    },
  }
}
