import { accountKey } from '../account-key.ts'
import { KeyError } from '../key-error.ts'
import type {
  Ceiling,
  CeilingChange,
  CeilingText,
  Counted,
  CountText,
  FirstCeiling,
  Lift,
  LiftWanted,
  OwnerWord,
  Payment,
  Sealed,
  SignBatch,
  SignRequest,
  Voice,
} from '../types.ts'
import { admitted } from './admit.ts'
import { type Count, makeCount } from './count.ts'
import type { Witness } from './evidence.ts'
import type { Guarded } from './guarded.ts'
import type { Keyring } from './keyring.ts'
import { lifted, makeLift, type Newest, unlifted } from './lifts.ts'
import { isLooser, isModest, type Limits, limitsOf } from './limits.ts'
import type { Reading } from './reading.ts'
import { exceeded, refuse } from './refuse.ts'
import { openText, sealText } from './seals.ts'
import { approved, makeVoice, requireRaise } from './voices.ts'

/** A ceiling that was opened, and the seal that it was opened by. */
type Known = CeilingText & { limits: Limits; sealed: Sealed }
type Change = CeilingChange
type Arrival = 'made' | 'imported'
/** Who vouches for a first ceiling: `for-tests` is the operator, for a key of test networks. */
export type Vouching = 'nobody' | 'for-tests' | 'operator'

/** Where one batch is counted. */
export type Counting = {
  /** CEILING_EXCEEDED, or what is to be done once there is a signature. */
  admit(reading: Reading, request: Pick<SignRequest, 'authorisation'>): () => void
  /** What the lane is to store. */
  record(last: string): Counted
}

export type Ceilings = ReturnType<typeof makeCeilings>
/** `signer` is the fingerprint of its sealing key. */
type CeilingParts = { witness: Pick<Witness, 'named'>; password: Newest; signer: string }

/**
 * The ceilings that were seen since the keyring was opened, each in its newest version, and what was signed under them.
 * Nothing here can be set back from outside.
 */
export function makeCeilings({ seals }: Keyring, { witness, password, signer }: CeilingParts) {
  const now = forwardClock()
  // The running time stands still while the machine sleeps, and anybody may set a clock back.
  const latest = () => Math.max(now(), Date.now())
  const book = ceilingBook(seals, { signer, latest })
  const counts = countBook(seals, { witness, now })
  return {
    arrived: book.arrived,
    first: book.first,
    present: book.ceiling,
    /** What the daemon may do by itself: INVALID_MASTER_PASSWORD where more would be signed than before. */
    tighten: book.tighten,
    /**
     * What the operator has said, and what takes more with the owners where they are known. What is not known of the day
     * does not count as used up any more.
     */
    set(change: Change): Sealed {
      const sealed = book.set(change)
      counts.forgive(change.address)
      return sealed
    },
    /** What an owner has signed. SIGN_REFUSED. */
    hear: ({ address, ceiling, ...word }: OwnerWord): Voice => makeVoice(book.place(address, ceiling), word),
    /** What the operator has approved above the ceiling: one payment, which does not count in the amounts of the day. */
    lift({ address, ceiling, hours }: LiftWanted, payment: Payment): Lift {
      const { at: said, limits } = book.opened(address, ceiling)
      if (limits.owners) refuse('the owners of the wallet approve what is above its ceiling, and the password does not')
      return makeLift(seals, { address, said, password }, { payment, hours, now: Date.now() })
    },
    /** CEILING_EXCEEDED of a wallet that has none. */
    require({ key, ceiling }: Pick<SignBatch, 'key' | 'ceiling'>): void {
      book.opened(key.address, ceiling)
    },
    /** Opens the count of a batch, whose transactions are all on one chain. */
    counting(place: Place): Counting {
      const { key, chain, ceiling } = place
      const { limits, at } = book.opened(key.address, ceiling)
      const count = counts.adopted(place, at)
      const bounds = { limits, own: accountKey(key.address) ?? key.address }
      return {
        admit(reading, { authorisation: { proofs, bytesHash } }) {
          if (reading.chain !== chain) refuse('transactions of two chains are not signed together')
          const charged = () => {
            const charge = admitted(bounds, count, reading)
            return () => count.add(charge, reading.nonce)
          }
          if (proofs.length === 0) return charged()
          const under = { key: seals, address: key.address, said: at, password, used: count.lifts, now: latest() }
          const asking = { reading, use: String(reading.nonce ?? bytesHash), proofs }
          const { owners } = limits
          const use = owners ? approved({ ...under, owners, signer }, asking) : lifted(under, asking)
          if (typeof use === 'string') return unlifted(use, charged)
          // What was used is in the record, as what was spent is.
          count.requireKnown()
          return use
        },
        record: (last) => counts.record(place, count, last),
      }
    },
  }
}

type BookParts = { signer: string; latest: () => number }

function ceilingBook(seals: Guarded, { signer, latest }: BookParts) {
  const known = new Map<string, Known>()
  /** Keys that have come in since the keyring was opened. */
  const arrivals = new Map<string, Arrival>()

  function opened(address: string, sealed: Sealed | undefined): Known {
    if (!sealed) return exceeded('the wallet has none, so that nothing is signed')
    const held = known.get(address)
    if (held?.sealed.seal === sealed.seal && held.sealed.text === sealed.text) return held
    const text = openText<CeilingText>(seals, 'ceiling', sealed)
    if (text.address !== address) refuse('the ceiling is that of another wallet')
    // An older one may allow more than was meant later.
    if (held && text.version <= held.version) return held
    const next = { ...text, limits: limitsOf(text.ceiling), sealed }
    known.set(address, next)
    return next
  }
  const present = ({ address, now }: Pick<Change, 'address' | 'now'>): Known | undefined =>
    now ? opened(address, now) : known.get(address)

  /** `at`: from when on all that was signed must be counted. */
  function write(change: Change, at: number): Sealed {
    const { address, next } = change
    const limits = limitsOf(next)
    const version = (present(change)?.version ?? 0) + 1
    const text: CeilingText = { address, version, at, ceiling: next, signer }
    const sealed = sealText(seals, 'ceiling', JSON.stringify(text))
    known.set(address, { ...text, limits, sealed })
    return sealed
  }

  const placeOf = (address: string, { at, limits: { owners } }: Known) => ({
    ...{ key: seals, address, owners, said: at, signer, now: latest() },
  })

  return {
    opened,
    /** Where owners speak. */
    place: (address: string, sealed: Sealed | undefined) => placeOf(address, opened(address, sealed)),
    set(change: Change): Sealed {
      const before = present(change)
      const { address, next, voices = [] } = change
      if (before?.limits.owners && isLooser(limitsOf(next), before.limits)) {
        const { version, ceiling: now } = before
        requireRaise(placeOf(address, before), { version, now, next, voices })
      }
      return write(change, Date.now())
    },
    /** Of a key without one, a ceiling of nothing. */
    ceiling: (change: Pick<Change, 'address' | 'now'>): Ceiling =>
      present(change)?.ceiling ?? { chains: {}, recipients: [] },
    /** A key that was imported once may have been elsewhere. */
    arrived(address: string, from: Arrival): void {
      if (arrivals.get(address) !== 'imported') arrivals.set(address, from)
    },
    first(first: FirstCeiling, vouching: Vouching): Sealed {
      const before = known.get(first.address)
      // A key may come in twice, and what a caller may replay must not loosen what holds.
      if (before) return before.sealed
      const arrival = arrivals.get(first.address)
      const isForTests = vouching === 'for-tests' && arrival === 'made'
      const isOpen = arrival !== undefined && isModest(limitsOf(first.next), { isForTests })
      if (vouching !== 'operator' && !isOpen) throw passwordNeeded()
      return write(first, Date.now())
    },
    tighten(change: Change): Sealed {
      const before = present(change)
      if (!before || isLooser(limitsOf(change.next), before.limits)) throw passwordNeeded()
      // The daemon alone does not declare that what was signed is known.
      return write(change, before.at)
    },
  }
}

const passwordNeeded = () => new KeyError('INVALID_MASTER_PASSWORD', 'a higher ceiling takes the master password')

type CountParts = { witness: Pick<Witness, 'named'>; now: () => number }

function countBook(seals: Guarded, { witness, now }: CountParts) {
  const counts = new Map<string, Count>()
  /** The last count of each lane that was given out or taken in. */
  const recorded = new Map<string, { seal: string; number: number }>()
  const laneName = ({ key, chain, lane }: Place) => `${key.address} ${chain} ${lane}`

  function countOf({ key, chain }: Place): Count {
    const name = `${key.address} ${chain}`
    const count = counts.get(name) ?? makeCount(now)
    counts.set(name, count)
    return count
  }

  /** The seal of what was last taken in beside a lane. */
  const besides = new Map<string, string>()
  function mergeBeside(place: Place, count: Count): void {
    const { key, chain, lane, beside } = place
    if (!beside || besides.get(laneName(place)) === beside.seal) return
    const record = openText<CountText>(seals, 'count', beside)
    if (record.address !== key.address || record.chain !== chain || record.lane === lane)
      refuse('the count beside it is that of another key or chain')
    count.merge(record)
    besides.set(laneName(place), beside.seal)
  }

  /** Is what the lane has stored older than what is known of it otherwise, from `since` on? */
  function isBehind({ lane, newest, witnessed }: Place, record: CountText | undefined, since: number): boolean {
    const isSigned = newest !== undefined && newest > (record?.last ?? '') && timeOf(newest) >= since
    if (isSigned || !witnessed || witnessed.at < Math.max(since, Date.now() - COUNTED_MS)) return isSigned
    return witness.named(lane, witnessed) > (record?.number ?? 0)
  }

  return {
    /** With what the lane has stored; the day is used up when that is older than what the lane has signed since `since`. */
    adopted(place: Place, since: number): Count {
      const count = countOf(place)
      const { key, chain, lane, counted } = place
      mergeBeside(place, count)
      const before = recorded.get(laneName(place))
      if (before !== undefined && (counted === undefined || before.seal === counted.seal)) return count
      const record = counted && openText<CountText>(seals, 'count', counted)
      if (record && (record.address !== key.address || record.chain !== chain || record.lane !== lane))
        refuse('the count is that of another lane')
      if (record) count.merge(record)
      const number = Math.max(record?.number ?? 0, before?.number ?? 0)
      recorded.set(laneName(place), { seal: counted?.seal ?? '', number })
      if (before === undefined && isBehind(place, record, since)) count.fill()
      return count
    },
    record(place: Place, count: Count, last: string): Counted {
      const { key, chain, lane } = place
      const number = (recorded.get(laneName(place))?.number ?? 0) + 1
      const about = JSON.stringify({ address: key.address, chain, lane, number, last }).slice(1, -1)
      const sealed = sealText(seals, 'count', `{${about},${count.record()}}`)
      recorded.set(laneName(place), { seal: sealed.seal, number })
      return { ...sealed, number }
    },
    forgive(address: string): void {
      for (const [name, count] of counts) if (name.startsWith(`${address} `)) count.unfill()
    },
  }
}

/** Longer than a day is counted. */
const COUNTED_MS = 26 * 3_600_000

type Place = Pick<SignBatch, 'key' | 'ceiling' | 'lane' | 'counted' | 'beside' | 'newest' | 'witnessed'> & {
  chain: string
}

/** The machine's clock as it was at the start, and from there its running time, which nobody sets. */
function forwardClock(): () => number {
  const start = Date.now() - performance.now()
  return () => start + performance.now()
}

/** Unix milliseconds of a UUIDv7; of anything else, now. */
function timeOf(id: string): number {
  const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id) ? time : Date.now()
}
