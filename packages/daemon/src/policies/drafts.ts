import { Failure, isPolicyType, type Network, type PolicyDraft } from '@waiaas/contract'
import type { Handle } from '../platform/db/database.ts'
import type { Policy } from './case.ts'
import { requireNetwork } from './checks.ts'
import { admitRules, compilePolicies, readRules } from './compile.ts'
import { newRow, replacesDefault, toPolicyRow } from './rows.ts'
import { policyStore, type StoredPolicy } from './store.ts'

type Parts = {
  networks: () => readonly Network[]
  /** Failure: WALLET_NOT_FOUND. */
  walletId(db: Handle, name: string): Promise<string>
}
/** The policies of a draft, as they would be stored; of one wallet and of every wallet. */
export type DraftReader = (db: Handle, walletId: string, draft: PolicyDraft) => Promise<readonly Policy[]>

/**
 * Reads what a wallet would be judged by under a draft; stores nothing. Failures as of the changes themselves:
 * ACTION_VALIDATION_FAILED, INVALID_ADDRESS, WALLET_NOT_FOUND, POLICY_NOT_FOUND.
 */
export function draftedPolicies({ networks, walletId }: Parts): DraftReader {
  return async (db, wallet, draft) => {
    const added: StoredPolicy[] = []
    for (const [index, request] of (draft.set ?? draft.add ?? []).entries()) {
      const network = request.network === undefined ? null : requireNetwork(networks(), request.network).id
      const of = request.walletId === undefined ? null : await walletId(db, request.walletId)
      const rules = admitRules(request.type, request.rules, networks())
      added.push({ ...newRow({ ...request, rules, walletId: of, network }, 0), id: `draft-${index + 1}` })
    }
    const kept = draft.set ? [] : await changed(db, draft, networks())
    const without = new Set(added.filter(replacesDefault).map(({ wallet_id }) => wallet_id))
    const rows = [...kept.filter((row) => row.is_default !== 1 || !without.has(row.wallet_id)), ...added]
    return compilePolicies(rows.filter((row) => [wallet, null].includes(row.wallet_id)).map(toPolicyRow))
  }
}

/** What is left of the stored ones, as it was changed. */
async function changed(db: Handle, { change = [], remove = [] }: PolicyDraft, networks: readonly Network[]) {
  const rows = new Map((await policyStore.all(db)).map((row) => [row.id, row]))
  const find = (id: string): StoredPolicy => {
    const row = rows.get(id)
    if (row) return row
    throw new Failure('POLICY_NOT_FOUND', `there is no policy ${id}`)
  }
  for (const { id, rules, enabled } of change) {
    const row = find(id)
    rows.set(id, {
      ...row,
      ...(rules && { rules: JSON.stringify(admitted(row, rules, networks)) }),
      enabled: enabled === undefined ? row.enabled : Number(enabled),
      is_default: 0,
    })
  }
  for (const id of remove) {
    find(id)
    rows.delete(id)
  }
  return [...rows.values()]
}

/** New rules for a stored policy. Failure ACTION_VALIDATION_FAILED where its type is not known. */
export function admitted(row: StoredPolicy, rules: unknown, networks: readonly Network[]) {
  if (isPolicyType(row.type)) return admitRules(row.type, rules, networks)
  throw new Failure('ACTION_VALIDATION_FAILED', `policy ${row.id} cannot be changed: ${readRules(row).problem}`)
}
