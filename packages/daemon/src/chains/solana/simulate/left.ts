import { type Effect, type Network, nativeAsset, tokenAsset } from '@waiaas/contract'
import { accountRent } from '../fees.ts'

/** What one account holds at one moment, and whether that is the sender's. `holder` is who is paid where it is not. */
type Part = {
  readonly lamports: bigint
  readonly holder: string
  readonly isOwn: boolean
  readonly mint?: string
  readonly amount?: bigint
}
type Place = { readonly before: Part; readonly after: Part }
type Whole = {
  readonly network: Network
  readonly places: readonly Place[]
  readonly told: bigint
  readonly program: string
}

/** Wrapped lamports: an account of this mint holds as many of them as its amount says. */
const WRAPPED = 'So11111111111111111111111111111111111111112'

const DEPOSIT: bigint = accountRent(true)

/** What all accounts of the sender together have less, by asset, and who has more. */
export function left({ network, places, told, program }: Whole): Effect[] {
  const lost = positive(lessOf(places.map(withinDeposits), ({ lamports }) => lamports) - told)
  const mints = new Set(
    places.flatMap(({ before }) => (before.isOwn && before.mint !== undefined ? [before.mint] : [])),
  )
  const tokens = [...mints].map((mint) => {
    const amountOf = (part: Part): bigint => (part.mint === mint ? (part.amount ?? 0n) : 0n)
    const less = positive(lessOf(places, amountOf))
    // What is unwrapped stays the sender's.
    const amount = mint === WRAPPED && less > lost ? lost : less
    return { mint, asset: tokenAsset(network, mint), amount, to: receivers(places, amountOf) }
  })
  const wrapped = tokens.find(({ mint }) => mint === WRAPPED)?.amount ?? 0n
  const native = {
    ...{ asset: nativeAsset(network), amount: lost - wrapped },
    to: receivers(places, ({ lamports, mint }) => (mint === WRAPPED ? 0n : lamports)),
  }
  return [native, ...tokens].flatMap((one) => paid(one, program))
}

/** What a token account of its own has beyond its deposit may be kept from the wallet: its mint may freeze it. */
function withinDeposits({ before, after }: Place): Place {
  if (after.mint === undefined || after.mint === WRAPPED) return { before, after }
  const had = before.isOwn ? before.lamports : 0n
  const most = had > DEPOSIT ? had : DEPOSIT
  return { before, after: after.lamports > most ? { ...after, lamports: most } : after }
}

type Lost = { readonly asset: string; readonly amount: bigint; readonly to: readonly string[] }

/** The first is told the sum; the others are receivers too. */
function paid({ asset, amount, to }: Lost, program: string): Effect[] {
  if (amount === 0n) return []
  const all = to.length > 0 ? to : [program]
  return all.map((one, at) => ({ kind: 'outflow', asset, amount: `${at === 0 ? amount : 0n}`, to: one }))
}

const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n)

const lessOf = (places: readonly Place[], of: (part: Part) => bigint): bigint =>
  places.reduce((sum, { before, after }) => sum + (before.isOwn ? of(before) : 0n) - (after.isOwn ? of(after) : 0n), 0n)

function receivers(places: readonly Place[], of: (part: Part) => bigint): string[] {
  const found = places.filter(({ before, after }) => !after.isOwn && of(after) > (before.isOwn ? 0n : of(before)))
  return [...new Set(found.map(({ after }) => after.holder))]
}
