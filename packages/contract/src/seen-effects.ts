import type { Effect } from './effects.ts'
import { addressKey, assetKey } from './families.ts'
import { add, type Base, parseBase, remaining, ZERO_BASE } from './money.ts'

type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>
const ofKind = <K extends Effect['kind']>(effects: readonly Effect[], kind: K): Of<K>[] =>
  effects.filter((effect): effect is Of<K> => effect.kind === kind)

/** What a simulation has seen beyond what the bytes tell: of each asset what is more, whoever gets it, takes it or may. */
export function beyond(told: readonly Effect[], seen: readonly Effect[], native: string): Effect[] {
  return [
    ...moreOutflows(told, seen, native),
    ...ofKind(seen, 'approval').filter((one) => !ofKind(told, 'approval').some((known) => covers(known, one))),
    ...seen.filter((one) => one.kind === 'nft' || one.kind === 'operator').filter((one) => !told.some(isSame(one))),
  ]
}

/** The effects of bytes with what a simulation has seen of them: what nobody could read is not unknown any more. */
export function withSeen(told: readonly Effect[], seen: readonly Effect[], native: string): Effect[] {
  const read = bounded(
    told.filter(({ kind }) => kind !== 'unknown'),
    seen,
  )
  const unread = ofKind(told, 'unknown').map(({ description }): Effect => ({ kind: 'simulated', description }))
  // Whoever is paid has code, which the bytes say nothing of.
  if (!told.some(({ kind }) => kind === 'unknown' || kind === 'call' || kind === 'deploy'))
    unread.push({ kind: 'simulated', description: 'a payment to somebody who has code' })
  return [...read, ...unread, ...beyond(read, seen, native)]
}

/**
 * What may leave at most goes to whomever it was seen to go. With money sent along, a router may pay by that in place of the
 * token that its bytes name: what was not seen to leave at all then is none of it.
 */
function bounded(told: readonly Effect[], seen: readonly Effect[]): Effect[] {
  const isPaid = ofKind(told, 'call').some(({ value }) => parseBase(value) > ZERO_BASE)
  return told.flatMap((effect) => {
    if (effect.kind !== 'outflow' || !effect.isMost) return [effect]
    const taken = ofKind(seen, 'outflow').find(({ asset }) => assetKey(asset) === assetKey(effect.asset))
    if (taken) return [{ ...effect, to: taken.to }]
    return isPaid ? [] : [effect]
  })
}

/** Allowances of together all that there is have no limit: `supplies` says by asset how much that is, or null. */
export function withSupplies(effects: readonly Effect[], supplies: Readonly<Record<string, bigint | null>>): Effect[] {
  const isAll = (effect: Of<'approval'>): boolean => {
    const supply = supplies[assetKey(effect.asset)] ?? null
    const granted = ofKind(effects, 'approval').filter((one) => isSameGrant(one, effect))
    const total = granted.reduce((sum, { amount }) => add(sum, parseBase(amount)), ZERO_BASE)
    return supply !== null && parseBase(effect.amount) > ZERO_BASE && total >= supply
  }
  return effects.map((effect) =>
    effect.kind === 'approval' && !effect.unlimited && isAll(effect) ? { ...effect, unlimited: true } : effect,
  )
}

const isSameGrant = (one: Of<'approval'>, other: Of<'approval'>): boolean =>
  assetKey(one.asset) === assetKey(other.asset) && addressKey(one.spender) === addressKey(other.spender)

const paidOf = (effects: readonly Effect[], native: string) =>
  effects.flatMap((effect) => {
    if (effect.kind === 'outflow') return [{ asset: assetKey(effect.asset), amount: effect.amount, to: effect.to }]
    if (effect.kind === 'call') return [{ asset: native, amount: effect.value, to: effect.contract }]
    return effect.kind === 'deploy' ? [{ asset: native, amount: effect.value, to: '' }] : []
  })

function moreOutflows(told: readonly Effect[], seen: readonly Effect[], native: string): Effect[] {
  const known = paidOf(told, native)
  const total = (all: typeof known, asset: string): Base =>
    all.reduce((sum, one) => (one.asset === asset ? add(sum, parseBase(one.amount)) : sum), ZERO_BASE)
  const found = paidOf(seen, native)
  return [...new Set(found.map(({ asset }) => asset))].flatMap((asset) => {
    const more = remaining(total(found, asset), total(known, asset))
    const receivers = new Set(found.filter((one) => one.asset === asset).map(({ to }) => to))
    const fresh = [...receivers].filter((to) => !known.some((one) => one.asset === asset && one.to === to))
    const named = fresh.length > 0 || more === ZERO_BASE ? fresh : [...receivers].slice(0, 1)
    // The first is told the sum; the others are receivers too.
    return named.map((to, at): Effect => ({ kind: 'outflow', asset, amount: String(at === 0 ? more : ZERO_BASE), to }))
  })
}

const covers = (known: Of<'approval'>, one: Of<'approval'>): boolean =>
  isSameGrant(known, one) && (known.unlimited || (!one.unlimited && parseBase(known.amount) >= parseBase(one.amount)))

/**
 * Whether an NFT that was seen to be given to somebody is what an approval gave: `approve` of ERC-721 is that of ERC-20 to
 * the byte, with the number of the NFT in place of an amount.
 */
export const isGrantOf = (known: Effect, { contract, tokenId, to }: Of<'nft'>): boolean =>
  known.kind === 'approval' &&
  known.amount === tokenId &&
  addressKey(known.spender) === addressKey(to) &&
  assetKey(known.asset).endsWith(`:${addressKey(contract)}`)

const isSame = (one: Effect) => (other: Effect) =>
  one.kind === 'nft' && other.kind === 'nft'
    ? one.contract === other.contract &&
      one.tokenId === other.tokenId &&
      one.to === other.to &&
      parseBase(other.amount) >= parseBase(one.amount)
    : JSON.stringify(one) === JSON.stringify(other)
