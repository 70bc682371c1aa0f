import { isDeepStrictEqual } from 'node:util'
import { parseRules, type Strictness } from '@waiaas/contract'
import { readRules } from './compile.ts'
import { changed, comparer, type PolicyChanged } from './loosening.ts'
import type { StoredPolicy } from './store.ts'

export type PlannedChange = PolicyChanged & { readonly effect: Strictness }
/** What has to happen, in this order, and how many are there already. */
export type SetPlan = { readonly changes: readonly PlannedChange[]; readonly unchanged: number }

/**
 * How the stored policies become the wanted ones: those of one name are one policy, and those without a name that have the
 * same type and scope, the equal ones first. What is stored and not wanted goes only with `prune`. Pure.
 */
export function planOf(stored: readonly StoredPolicy[], wanted: readonly StoredPolicy[], prune: boolean): SetPlan {
  const left = new Set(stored)
  const pairs = pairsOf(left, wanted)
  const removed = prune ? [...left].map((before): PolicyChanged => ({ before })) : []
  const rewritten = pairs.filter(({ before, after }) => before && !isAlike(before, after!))
  const added = pairs.filter(({ before }) => !before)
  const changes: PlannedChange[] = []
  const effects = comparer()
  let now = stored
  for (const change of [...removed, ...rewritten, ...added]) {
    changes.push({ ...change, effect: effects.of(change, now) })
    now = changed(now, change)
  }
  return { changes, unchanged: pairs.length - rewritten.length - added.length }
}

/** Each wanted policy with the stored one that it is, which leaves `left`. */
function pairsOf(left: Set<StoredPolicy>, wanted: readonly StoredPolicy[]): PolicyChanged[] {
  const take = (row: StoredPolicy, fits: (one: StoredPolicy) => boolean) => {
    const found = [...left].find((one) => keyOf(one) === keyOf(row) && fits(one))
    if (found) left.delete(found)
    return found
  }
  const equal = new Map(wanted.map((row) => [row, take(row, (one) => isAlike(one, row))]))
  return wanted.map((row) => {
    const before = equal.get(row) ?? take(row, () => true)
    return { before, after: before ? { ...row, id: before.id, created_at: before.created_at } : row }
  })
}

/** A name means one policy of its wallet; else what it is of. */
const keyOf = ({ wallet_id, name, type, network, session_label }: StoredPolicy): string =>
  JSON.stringify(name === null ? [wallet_id, type, network, session_label] : [wallet_id, name])

/** Where a policy of one name is of another type or scope it is another policy. */
export const isSameScope = (one: StoredPolicy, other: StoredPolicy): boolean =>
  one.type === other.type && one.network === other.network && one.session_label === other.session_label

const isAlike = (one: StoredPolicy, other: StoredPolicy): boolean =>
  isSameScope(one, other) &&
  one.priority === other.priority &&
  one.enabled === other.enabled &&
  isDeepStrictEqual(rulesOf(one), rulesOf(other))

/** Rules with their defaults, which older rows lack; damaged ones are equal to no others, and are written anew. */
function rulesOf(row: StoredPolicy): unknown {
  const { problem, type, rules } = readRules(row)
  return problem === undefined ? parseRules(type, rules) : Symbol('damaged')
}
