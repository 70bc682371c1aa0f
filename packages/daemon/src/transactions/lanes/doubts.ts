import type { AttemptRow } from '../rows/attempt-store.ts'
import { groupBy } from './group-by.ts'
import type { Lanes } from './lanes.ts'

/** Why the fate of signed bytes is not known; undefined when there is no reason to tell. */
export type Doubt = { row: AttemptRow; reason: string | undefined }

/** What transactions say of their open fate. Only what has changed is written. */
export function doubts(lanes: Lanes) {
  /** By transaction. */
  const told = new Map<string, { network: string; reason: string }>()
  return {
    /** A reason of another kind, such as a refusal, is left as it is. */
    async note(doubtful: readonly Doubt[]): Promise<void> {
      const news = doubtful.filter(({ row, reason }) => told.get(row.transaction_id)?.reason !== reason)
      for (const [id, some] of groupBy(news, ({ row }) => row.lane)) {
        const reasons = some.map(({ row, reason }) => [row.transaction_id, reason ?? null] as const)
        await lanes.byId(id)?.reasons.transactions(new Map(reasons))
      }
      for (const { row, reason } of news) {
        if (reason === undefined) told.delete(row.transaction_id)
        else told.set(row.transaction_id, { network: row.network, reason })
      }
    },
    forget: (row: AttemptRow) => void told.delete(row.transaction_id),
    /** Of a network, only these are still open. */
    keepOnly(network: string, rows: readonly AttemptRow[]): void {
      if (told.size === 0) return
      const open = new Set(rows.map((row) => row.transaction_id))
      for (const [id, doubt] of told) if (doubt.network === network && !open.has(id)) told.delete(id)
    },
    /** By network: a line each. */
    troubles: (): string[] => [...new Set([...told.values()].map(({ network, reason }) => `${network}: ${reason}`))],
  }
}
