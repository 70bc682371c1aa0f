import { INSTALLED_TYPE, invalidField, newId, type PolicyResponse, policyWords } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { type PolicyRow, readRules } from './compile.ts'
import type { StoredPolicy } from './store.ts'

type About = {
  walletId: string | null
  type: string
  rules: object
  network: string | null
  priority: number
  enabled: boolean
  sessionId?: string | undefined
  sessionLabel?: string | undefined
  name?: string | undefined
}

/** What is stored of a new policy. Its version is that of its writing. */
export const newRow = (about: About, now: number): StoredPolicy => ({
  id: newId(now),
  wallet_id: about.walletId,
  type: about.type,
  rules: JSON.stringify(about.rules),
  priority: about.priority,
  enabled: Number(about.enabled),
  network: about.network,
  is_default: 0,
  version: 0,
  created_at: seconds(now),
  updated_at: seconds(now),
  session_id: about.sessionId ?? null,
  session_label: about.sessionLabel ?? null,
  name: about.name ?? null,
})

/** What a policy says, for answers. */
export function contentOf(row: Omit<StoredPolicy, 'id' | 'version' | 'created_at' | 'updated_at'>, id: string) {
  const { rules, problem } = readRules({ ...row, id })
  return {
    name: row.name,
    walletId: row.wallet_id,
    type: row.type,
    rules,
    says: [...policyWords(row.type, rules)],
    ...(problem !== undefined && { problem }),
    priority: row.priority,
    enabled: row.enabled === 1,
    network: row.network,
    sessionId: row.session_id,
    sessionLabel: row.session_label,
    isDefault: row.is_default === 1,
  }
}

export const answerOf = (row: StoredPolicy): PolicyResponse => ({
  id: row.id,
  ...contentOf(row, row.id),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

type Position = { number: number; id: string }
/** A place in a list that goes by a number first. */
export const writeCursor = ({ number, id }: Position): string => `${number}.${id}`

export function readCursor(cursor: string): Position {
  const [number, id = ''] = cursor.split('.')
  if (!Number.isSafeInteger(Number(number)))
    throw invalidField('cursor', 'expected the cursor that came with the previous page')
  return { number: Number(number), id }
}

/** Whether a policy that is added takes the place of the one that its wallet got by default: one that applies to less would leave the rest without a limit. */
export const replacesDefault = ({
  wallet_id,
  type,
  enabled,
  is_default,
  network,
  session_id,
  session_label,
}: StoredPolicy): boolean =>
  wallet_id !== null &&
  type === INSTALLED_TYPE &&
  enabled === 1 &&
  is_default === 0 &&
  network === null &&
  session_id === null &&
  session_label === null

/** A stored policy as it is compiled. */
export const toPolicyRow = (row: Omit<StoredPolicy, 'created_at' | 'updated_at'>): PolicyRow => ({
  id: row.id,
  walletId: row.wallet_id,
  type: row.type,
  rules: row.rules,
  enabled: row.enabled === 1,
  network: row.network,
  version: row.version,
  sessionId: row.session_id,
  sessionLabel: row.session_label,
})
