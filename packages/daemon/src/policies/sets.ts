import {
  Failure,
  type Output,
  type Parsed,
  type PolicyEntry,
  type PolicySetChange,
  type PolicySetChanged,
  type policyFileOperations,
} from '@waiaas/contract'
import type { By } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { committing, type Parts } from './committing.ts'
import { readRules } from './compile.ts'
import { agreedEffect } from './consent.ts'
import { changed, comparer, defaultOf } from './loosening.ts'
import { replacesDefault } from './rows.ts'
import { isSameScope, type PlannedChange, planOf, type SetPlan } from './set-plan.ts'
import { setReader } from './set-reader.ts'
import { policyStore, type StoredPolicy } from './store.ts'
import { policyWrites } from './writes.ts'

type Operations = typeof policyFileOperations
type Wanted = Pick<Parsed<Operations['applyPolicies']>, 'policies' | 'prune' | 'dryRun'> & {
  /** What is there under a name has to be what is asked for. */
  readonly keepsNamed?: boolean
}

type Changing = { own: readonly string[]; by: By }

/** All policies at once: out into a document and in from one, whole or not at all. */
export function policySets(parts: Parts) {
  const { database, nextVersion, systemEvidence } = parts
  const writes = policyWrites(parts)
  const { readSet, rowsOf } = setReader(parts)

  async function plan(db: Handle, { policies, prune, keepsNamed = false }: Wanted) {
    const { rows, names } = await readSet(db)
    const own = rows.filter(({ session_id }) => session_id === null)
    const planned = planOf(own, await rowsOf(db, policies, names), prune)
    for (const change of planned.changes) requireSame(change, keepsNamed)
    return { ...planned, rows, names }
  }

  /** The number of all policies after the changes. */
  async function write(db: Handle, { changes }: SetPlan, by: By): Promise<number> {
    const wallets = new Set(changes.map(({ before, after }) => (after ?? before)!.wallet_id))
    const [only = null] = wallets.size === 1 ? wallets : []
    const version = await nextVersion(db, only)
    for (const { before, after, effect } of changes) {
      const about = { version, by, effect }
      if (before && after) await writes.change(db, { before, after }, about)
      else if (before) await writes.remove(db, before, about)
      else if (after) await writes.add(db, after, about)
    }
    return version
  }

  /** Changes those of these wallets and of every wallet, in a job that holds their locks, and `system` with its evidence. */
  async function change(db: Handle, wanted: Wanted, { own, by }: Changing): Promise<PolicySetChanged> {
    const now = await plan(db, wanted)
    const changes = now.changes.filter(({ before, after }) => [null, ...own].includes((after ?? before)!.wallet_id))
    await agreedEffect(parts, db, changes)
    const version = changes.length > 0 ? await write(db, { ...now, changes }, by) : null
    return answerOf({ ...now, changes }, { version, wanted })
  }

  return {
    change,
    async export(): Promise<Output<Operations['exportPolicies']>> {
      return database.read(async (db) => {
        const { rows, names } = await readSet(db)
        const kept = rows.filter(({ session_id }) => session_id === null)
        const policies = kept.map((row) => entryOf(row, names)).sort(byPlace)
        return { version: await policyStore.newestVersion(db), policies, leftOut: rows.length - kept.length }
      })
    },
    /** Failures: ACTION_VALIDATION_FAILED, POLICY_NAME_EXISTS. */
    async apply(wanted: Wanted, by: By): Promise<PolicySetChanged> {
      const first = await database.read((db) => plan(db, wanted))
      if (wanted.dryRun || first.changes.length === 0) return answerOf(first, { version: null, wanted })
      const own = [...new Set(first.changes.flatMap(({ before, after }) => (after ?? before)!.wallet_id ?? []))]
      const scope = { exclusive: ['system', systemEvidence, ...own.map((id) => `wallet:${id}`)] }
      let done = answerOf(first, { version: null, wanted })
      // A policy that came meanwhile waits for the next time, unless its wallet is held by this job.
      const changing = async (db: Handle) => {
        done = await change(db, wanted, { own, by })
      }
      const unwritten = await committing(parts, { name: 'of policies', walletId: null, scope, write: changing })
      return { ...done, ...unwritten }
    },
  }
}

/** Failure POLICY_NAME_EXISTS where a name is had by something else. */
function requireSame({ before, after }: PlannedChange, keepsNamed: boolean): void {
  if (!before || !after || before.name === null || (!keepsNamed && isSameScope(before, after))) return
  const { id, name } = before
  throw new Failure(
    'POLICY_NAME_EXISTS',
    `policy ${id} is called ${name} and says something else; delete it with waiaas policy delete ${id}, or change it with waiaas policy update ${id}, and apply again`,
    { details: { policyId: id } },
  )
}

const side = (row: StoredPolicy | undefined) =>
  row ? { rules: readRules(row).rules, priority: row.priority, enabled: row.enabled === 1 } : null

type Planned = SetPlan & { rows: readonly StoredPolicy[]; names: ReadonlyMap<string, string> }
function answerOf(
  { changes, unchanged, rows, names }: Planned,
  { version, wanted }: { version: number | null; wanted: Wanted },
): PolicySetChanged {
  const changeOf = ({ before, after, effect }: PlannedChange): PolicySetChange => {
    const row = (after ?? before)!
    const replaced = !before && after ? replacedBy(after, rows) : undefined
    return {
      change: before && after ? 'CHANGED' : before ? 'REMOVED' : 'ADDED',
      effect,
      policyId: before || version !== null ? row.id : null,
      name: row.name,
      wallet: row.wallet_id === null ? null : (names.get(row.wallet_id) ?? row.wallet_id),
      network: row.network,
      sessionLabel: row.session_label,
      type: row.type,
      before: side(before),
      after: side(after),
      ...(replaced && { replacesDefault: true as const }),
    }
  }
  const told = changes.map(changeOf)
  const effect = comparer().forAll(rows, changes.reduce(changed, rows))
  return { dryRun: wanted.dryRun, version, effect, changes: told, unchanged }
}

const replacedBy = (row: StoredPolicy, rows: readonly StoredPolicy[]) =>
  replacesDefault(row) ? defaultOf(rows, row.wallet_id) : undefined

const entryOf = (row: StoredPolicy, names: ReadonlyMap<string, string>) => ({
  ...(row.name !== null && { name: row.name }),
  ...(row.wallet_id !== null && { wallet: names.get(row.wallet_id) ?? row.wallet_id }),
  ...(row.network !== null && { network: row.network }),
  ...(row.session_label !== null && { sessionLabel: row.session_label }),
  // A type that this release does not know goes out as it is, and is refused when it comes in.
  type: row.type as PolicyEntry['type'],
  rules: readRules(row).rules,
  ...(row.priority !== 0 && { priority: row.priority }),
  ...(row.enabled === 0 && { enabled: false }),
})

/** One order for one set, so that files can be compared. */
const placeOf = ({
  wallet = '',
  name = '',
  type,
  network = '',
  sessionLabel = '',
  rules,
}: ReturnType<typeof entryOf>) => JSON.stringify([wallet, type, network, sessionLabel, name, rules])
const byPlace = (a: ReturnType<typeof entryOf>, b: ReturnType<typeof entryOf>) => (placeOf(a) < placeOf(b) ? -1 : 1)
