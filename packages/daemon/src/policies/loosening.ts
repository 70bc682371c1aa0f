import { compareRules, isPolicyType, type Strictness } from '@waiaas/contract'
import { readRules } from './compile.ts'
import { replacesDefault } from './rows.ts'
import type { StoredPolicy } from './store.ts'
import { types } from './types/all.ts'

/** One policy before and after a change; without one of them it is added or removed. */
export type PolicyChanged = { readonly before?: StoredPolicy | undefined; readonly after?: StoredPolicy | undefined }

/**
 * What a change of one policy does to what may leave, by what all policies are before it. `looser` and `different` may let
 * something out that was held back; a word that nobody can be sure of is `different`.
 */
export function effectOf({ before, after }: PolicyChanged, all: readonly StoredPolicy[]): Strictness {
  const replaced = after && !before && replacesDefault(after) ? defaultOf(all, after.wallet_id) : undefined
  const [was, is] = [before ?? replaced, after].map((row) => (row?.enabled === 1 ? row : undefined))
  if (was && is) return compared(was, is)
  if (was) return mayAllow(was) ? 'different' : 'looser'
  return is ? added(is, all) : 'same'
}

/** The limit that came with a wallet, while it is there. */
export const defaultOf = (all: readonly StoredPolicy[], wallet: string | null): StoredPolicy | undefined =>
  all.find(({ wallet_id, is_default }) => is_default === 1 && wallet_id === wallet)

function compared(was: StoredPolicy, is: StoredPolicy): Strictness {
  if (was.type !== is.type || !isPolicyType(was.type) || readRules(was).problem !== undefined) return 'different'
  return compareRules(was.type, JSON.parse(was.rules), JSON.parse(is.rules))
}

function added(row: StoredPolicy, all: readonly StoredPolicy[]): Strictness {
  if (!isPolicyType(row.type) || isOfSession(row)) return 'tighter'
  const { mayAllow, mayVouch } = types[row.type]
  if (mayVouch) return 'different'
  return mayAllow && !all.some((other) => covers(other, row)) ? 'looser' : 'tighter'
}

/** Whether something is refused where no policy of the type is, so that one can let something out. */
const mayAllow = ({ type, ...row }: StoredPolicy): boolean =>
  isPolicyType(type) && !isOfSession(row) && (types[type].mayAllow || types[type].mayVouch)

const isOfSession = (row: Pick<StoredPolicy, 'session_id' | 'session_label'>): boolean =>
  row.session_id !== null || row.session_label !== null

/** Whether a policy of the same type applies wherever another one would. */
const covers = (one: StoredPolicy, other: StoredPolicy): boolean =>
  one.type === other.type &&
  one.enabled === 1 &&
  !isOfSession(one) &&
  (one.wallet_id === null || one.wallet_id === other.wallet_id) &&
  (one.network === null || one.network === other.network)
