import type { Sighting } from '../../chains/follow.ts'
import type { Parts } from '../job.ts'
import type { AttemptRow } from '../rows/attempt-store.ts'

type Included = Extract<Sighting, { state: 'included' }>
/** By attempt, whether its transaction is told as CONFIRMED or FAILED. */
export type Told = ReadonlyMap<string, boolean>
export type Confirmed = ReturnType<typeof confirmed>

/**
 * When what is in a block is told as CONFIRMED or FAILED: as deep in the chain as the operator wants it, or final. What was
 * told before a restart is told again, which changes nothing.
 */
export function confirmed({ confirmations }: Pick<Parts, 'confirmations'>) {
  const told = new Set<string>()
  return {
    isDeep: ({ network }: AttemptRow, { final, depth }: Included): boolean => final || depth >= confirmations(network),
    isTold: ({ id }: AttemptRow): boolean => told.has(id),
    /** What a job has stored. */
    note(stored: Told): void {
      for (const [id, is] of stored) {
        if (is) told.add(id)
        else told.delete(id)
      }
    },
    /** Of what is over. */
    forget: (row: AttemptRow) => void told.delete(row.id),
    /** Why it is not told yet, for people. */
    waits: (row: AttemptRow, { height }: Included): string =>
      `it is in block ${height}, and counts as confirmed after ${confirmations(row.network)} blocks`,
  }
}
