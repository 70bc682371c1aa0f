import { setTimeout as pause } from 'node:timers/promises'
import { assetKey, Failure, factsOf, formatUnits, isFailure, type Network, nativeAsset } from '@waiaas/contract'
import type { Beside } from '../../chains/build.ts'
import { cache } from '../../platform/cache.ts'
import { headlineOf, tokensOf } from '../kinds/all.ts'
import type { BuiltPayment, Prepared } from './decide.ts'

/** A balance that suffices is read again after this, behind the caller's back. */
const FRESH_MS = 10_000
const KNOWN_MS = 600_000
/** Nobody waits longer for a balance; the lane looks again before it signs. */
const PATIENCE_MS = 2_000
/** What is short is looked at again after so many blocks: by then most nodes have seen what came in. */
const CAUGHT_UP_BLOCKS = 3
const HOLD_MOST_MS = 2_000

type Asset = { readonly asset: string; readonly symbol: string; readonly decimals: number }
/** What a payment takes of an asset at most; `fee` where that pays the fee as well. */
export type Spend = Asset & { readonly amount: bigint; readonly fee: bigint }

/** By what the bytes do. The native asset pays the fee whatever is sent, and what a new account is given with it. */
export function spendsOf({ chain, draft, decoded, request }: BuiltPayment): Spend[] {
  const { pays } = factsOf(decoded.effects)
  const paid = (asset: string) =>
    pays.filter((one) => assetKey(one.asset) === assetKey(asset)).reduce((sum, { amount }) => sum + amount, 0n)
  const asset = nativeAsset(chain.network)
  return [
    ...tokensOf(request.stored.intent).map((token) => ({ ...token, amount: paid(token.asset), fee: 0n })),
    { ...chain.network.native, asset, amount: paid(asset) + draft.maxFee, fee: draft.maxFee },
  ]
}

/** What the sender has of each asset that its request names, and of the native one last. */
export async function heldOf({ chain, sender, request }: Pick<Prepared, 'chain' | 'sender' | 'request'>) {
  const tokens = tokensOf(request.stored.intent)
  const [native, found] = await Promise.all([
    chain.balance(sender),
    tokens.length === 0 ? [] : chain.tokenBalances(sender, tokens),
  ])
  const amountOf = (asset: string): bigint => found.find(({ token }) => token.asset === asset)?.amount ?? 0n
  return [...tokens.map(({ asset }) => amountOf(asset)), native]
}

/** What keeps a payment from being made: in whole units, or null when it is covered. */
export function lackOf(wallet: string, spends: readonly Spend[], held: readonly bigint[]): string | null {
  const lines = spends.flatMap(({ symbol, decimals, amount, fee }, index) => {
    const has = held[index] ?? 0n
    if (has >= amount) return []
    const units = (value: bigint) => `${formatUnits(value, decimals)} ${symbol}`
    const withFee = fee > 0n ? ` with a fee of ${units(fee)} at most` : ''
    return [
      `it holds ${units(has)} and the payment takes ${units(amount)}${withFee}, so ${units(amount - has)} are missing`,
    ]
  })
  return lines.length === 0 ? null : `wallet ${wallet} has too little: ${lines.join('; ')}`
}

type Place = Pick<Prepared, 'chain' | 'sender' | 'walletName' | 'request'>
export type Funds = ReturnType<typeof fundsOf>

/** Whether senders have what they are to pay, asked where it is not known to suffice. */
export function fundsOf(clock: () => number = () => performance.now()) {
  /** What is left of each balance beside what was asked for since it was read. */
  const known = cache<bigint[]>({ freshMs: FRESH_MS, staleMs: KNOWN_MS, clock })
  const keyOf = ({ chain, sender, request }: Place) =>
    [chain.network.id, sender, ...tokensOf(request.stored.intent).map(({ asset }) => asset)].join(' ')

  return {
    /** By the last balance that was read; one that is short is read anew. Nobody waits for what no node tells. */
    async cover(built: BuiltPayment): Promise<boolean> {
      const [key, spends] = [keyOf(built), spendsOf(built)]
      const read = () => heldOf(built)
      const take = (left: bigint[]): boolean => {
        if (spends.some(({ amount }, index) => left[index]! < amount)) return false
        for (const [index, { amount }] of spends.entries()) left[index]! -= amount
        return true
      }
      const last = known.peek(key)
      if (last && take(last.value)) {
        if (last.ageMs >= FRESH_MS) known.renew(key, read).catch(() => undefined)
        return true
      }
      const fresh = await patiently(known.renew(key, read))
      return fresh === undefined || take(fresh)
    },

    /** Why it cannot be paid, once the newest block says so twice; undefined where that is not certain. */
    async lack(built: BuiltPayment): Promise<Failure | undefined> {
      const isShort = async () => {
        const [fault] = await built.chain.precheck(built.sender, [built.draft], [])
        return fault?.code === 'INSUFFICIENT_BALANCE' && fault.doubt === undefined
      }
      const told = async () => {
        if (!(await isShort()) || !(await caughtUp(built.chain.network).then(isShort))) return undefined
        return lackOf(built.walletName, spendsOf(built), await heldOf(built))
      }
      const text = await told().catch(unlessNodesFail)
      return text ? new Failure('INSUFFICIENT_BALANCE', text) : undefined
    },

    /** A draft that a node refuses for want of money is made once more, when that node may have caught up. */
    async draft(place: Place, beside?: Beside): Promise<BuiltPayment['draft']> {
      const { chain, sender, request } = place
      const draft = () => chain.draft(sender, request.stored.intent, beside)
      try {
        return await draft()
      } catch (error) {
        if (!isFailure(error, 'INSUFFICIENT_BALANCE')) throw error
        await caughtUp(chain.network)
        return draft().catch(async (again) => {
          throw isFailure(again, 'INSUFFICIENT_BALANCE') ? await inUnits(place, again) : again
        })
      }
    },
  }
}

/** A contract says in words of its own what it lacks. */
async function inUnits(place: Place, refusal: Failure): Promise<Failure> {
  const { chain, sender, request } = place
  const headline = headlineOf(request.stored.intent, { network: chain.network, sender })
  const held = await heldOf(place).catch(() => undefined)
  const text = held && lackOf(place.walletName, [{ ...headline, fee: 0n }], held)
  return text ? new Failure('INSUFFICIENT_BALANCE', text, { cause: refusal }) : refusal
}

const caughtUp = ({ blockMs }: Network): Promise<void> => pause(Math.min(HOLD_MOST_MS, CAUGHT_UP_BLOCKS * blockMs))

const unlessNodesFail = (error: unknown): false => {
  if (isFailure(error, 'CHAIN_ERROR')) return false
  throw error
}

/** Undefined when it takes too long, or no node tells. */
export async function patiently<T>(work: Promise<T>): Promise<T | undefined> {
  const waiting = new AbortController()
  const late = pause(PATIENCE_MS, undefined, { signal: waiting.signal }).catch(() => undefined)
  try {
    return await Promise.race([work.catch(unlessNodesFail), late]).then((value) => value || undefined)
  } finally {
    waiting.abort()
  }
}
