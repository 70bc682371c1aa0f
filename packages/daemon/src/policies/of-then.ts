import type { Database, Handle } from '../platform/db/database.ts'
import type { Policy } from './case.ts'
import { compilePolicies, type PolicyRow } from './compile.ts'
import { historyStore } from './history-store.ts'
import { toPolicyRow } from './rows.ts'

type Named = readonly { readonly id: string; readonly version: number }[]
/** Policies as they were at these versions, in this order; undefined where one is not kept. */
export type PoliciesOfThen = (named: Named) => Promise<readonly Policy[] | undefined>

/** The same as they are stored, for who compiles them elsewhere; what is not kept is left out. */
export async function policyRowsOfThen(db: Handle, named: Named): Promise<PolicyRow[]> {
  const rows = await historyStore.of(db, [...new Set(named.map(({ id }) => id))])
  const wanted = new Set(named.map(keyOf))
  return rows.map((row) => toPolicyRow({ ...row, id: row.policy_id })).filter((row) => wanted.has(keyOf(row)))
}

const keyOf = ({ id, version }: Named[number]) => `${id} ${version}`

/** Reads all that policies ever were once, and compiles each set that decisions name once. */
export function policiesOfThen(database: Pick<Database, 'read'>): PoliciesOfThen {
  const compiled = new Map<string, readonly Policy[] | undefined>()
  let kept: Promise<ReadonlyMap<string, PolicyRow>> | undefined
  async function read() {
    const rows = await database.read((db) => historyStore.all(db))
    return new Map(
      rows.map((row) => [keyOf({ ...row, id: row.policy_id }), toPolicyRow({ ...row, id: row.policy_id })]),
    )
  }
  return async (named) => {
    const key = named.map(keyOf).join()
    if (compiled.has(key)) return compiled.get(key)
    kept ??= read()
    const known = await kept
    const rows = named.flatMap((one) => known.get(keyOf(one)) ?? [])
    const policies = rows.length === named.length ? compilePolicies(rows) : undefined
    compiled.set(key, policies)
    return policies
  }
}
