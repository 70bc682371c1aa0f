import { type EventDetails, Failure, mayLoosen, type PolicyChange, type Strictness } from '@waiaas/contract'
import type { Actor, By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { keepVersion } from './history-store.ts'
import { defaultOf } from './loosening.ts'
import { replacesDefault } from './rows.ts'
import { policyStore, type StoredPolicy } from './store.ts'

type PolicyEvent = 'POLICY_CREATED' | 'POLICY_UPDATED' | 'POLICY_DELETED'
type Told<Event extends PolicyEvent> = {
  event: Event
  actor: Actor
  walletId?: string
  ip?: string | undefined
  /** More may leave than before. */
  raised?: 'warning' | undefined
  details: EventDetails<Event>
}
/** Writes evidence in the transaction of the change. */
export type RecordPolicy = (db: Handle, evidence: { [Event in PolicyEvent]: Told<Event> }[PolicyEvent]) => Promise<void>

type Parts = { clock: Pick<Clock, 'now'>; record: RecordPolicy }
/** Under which number of all policies, in whose name, and what it does to what may leave. */
type Change = { readonly version: number; readonly by: By; readonly effect: Strictness }

/** Each change of one policy: its row, what is kept of it for ever, and its evidence, in one job. */
export function policyWrites({ clock, record }: Parts) {
  const keep = (db: Handle, what: PolicyChange, { row, version, by }: Omit<Change, 'effect'> & { row: StoredPolicy }) =>
    keepVersion(db, row, { version, what, author: by.actor, at: seconds(clock.now()) })

  return {
    keep,

    /** Whether it took the place of the limit that came with its wallet. Failure POLICY_NAME_EXISTS. */
    async add(db: Handle, row: StoredPolicy, { version, by, effect }: Change): Promise<boolean> {
      await requireFreeName(db, row)
      const replaced = replacesDefault(row)
        ? defaultOf(await policyStore.related(db, row.wallet_id), row.wallet_id)
        : undefined
      if (replaced) {
        await policyStore.remove(db, replaced.id)
        await keep(db, 'REPLACED', { row: replaced, version, by })
      }
      const added = { ...row, version }
      await policyStore.insert(db, added)
      await keep(db, 'CREATED', { row: added, version, by })
      const details = {
        ...told(row),
        ...(row.is_default === 1 && { isDefault: true as const }),
        ...(replaced && { replacesDefault: true as const, loosens: false }),
        ...marked(effect),
      }
      await record(db, { event: 'POLICY_CREATED', ...ofWallet(row), ...by, details, raised: raisedBy(effect) })
      return replaced !== undefined
    },
    async change(
      db: Handle,
      { before, after }: { before: StoredPolicy; after: StoredPolicy },
      { version, by, effect }: Change,
    ) {
      const changed = { ...after, version }
      await policyStore.change(db, changed)
      await keep(db, 'UPDATED', { row: changed, version, by })
      const was = { rules: before.rules, priority: before.priority, enabled: before.enabled === 1 }
      const details = { ...told(after), before: was, ...marked(effect) }
      await record(db, { event: 'POLICY_UPDATED', ...ofWallet(after), ...by, details, raised: raisedBy(effect) })
    },
    async remove(db: Handle, row: StoredPolicy, { version, by, effect }: Change) {
      await policyStore.remove(db, row.id)
      await keep(db, 'DELETED', { row, version, by })
      const details = { ...told(row), ...marked(effect) }
      await record(db, { event: 'POLICY_DELETED', ...ofWallet(row), ...by, details, raised: raisedBy(effect) })
    },
  }
}

const marked = (effect: Strictness) => mayLoosen(effect) && { loosens: true as const }
const raisedBy = (effect: Strictness) => (mayLoosen(effect) ? 'warning' : undefined)

/** The job holds the wallet's lock, or that of all. */
async function requireFreeName(db: Handle, { wallet_id, name }: StoredPolicy): Promise<void> {
  const other = name === null ? undefined : await policyStore.named(db, wallet_id, name)
  if (!other) return
  throw new Failure(
    'POLICY_NAME_EXISTS',
    `policy ${other.id} is called "${name}" already; change it with waiaas policy update ${other.id}, delete it with waiaas policy delete ${other.id}, or choose another name`,
    { details: { policyId: other.id } },
  )
}

const ofWallet = (row: StoredPolicy) => (row.wallet_id === null ? {} : { walletId: row.wallet_id })
/** A policy as the evidence tells of it. */
const told = (row: StoredPolicy) => ({
  id: row.id,
  type: row.type,
  network: row.network,
  rules: row.rules,
  priority: row.priority,
  enabled: row.enabled === 1,
  ...((row.session_id ?? row.session_label) && { scope: (row.session_id ?? row.session_label)! }),
  ...(row.name !== null && { name: row.name }),
})
