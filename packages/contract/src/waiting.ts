import { z } from 'zod'

const MOST_WAIT_S = 60

/** How long an answer may wait for what becomes of a request. */
export const Wait = z
  .int()
  .min(0)
  .max(MOST_WAIT_S)
  .optional()
  .describe('seconds to wait, at most 60, until it is over or a human has to decide; 0, as without it, answers at once')

/** What a caller has seen of something that may stay so for long. */
export const seen = <Status extends z.ZodType>(status: Status) =>
  status.optional().describe('the status that is known already: while it stays so and is not the end, wait goes on')

const UNDER_WAY: readonly unknown[] = ['PENDING', 'EXECUTING']

/** The id of what the details of a refusal say is not signed yet, and will be without anybody's doing. */
export function underWay(details: Record<string, unknown> | undefined): string | undefined {
  return UNDER_WAY.includes(details?.status) && typeof details?.id === 'string' ? details.id : undefined
}

/** The seconds that a call of these inputs may wait. */
export function secondsToWait(input: unknown): number {
  const wait = typeof input === 'object' && input !== null && 'wait' in input ? input.wait : 0
  return typeof wait === 'number' ? wait : 0
}
