import type { Caller, Operation } from './operation.ts'

const KIB = 1_024
const AGENT_BODY = 16 * KIB
const OPERATOR_BODY = 1_024 * KIB
/** Rows of a page that count as one call. */
const ROWS_PER_CALL = 10

/** An agent's body with the ABI of a contract, or the code of one. */
export const CODE_BODY = 160 * KIB

/** Most bytes that the body of a call may have. */
export const mostBytes = (
  caller: Caller | 'public',
  { maxBody = AGENT_BODY }: Pick<Operation, 'maxBody'> = {},
): number => (caller === 'operator' ? OPERATOR_BODY : maxBody)

/** As how many calls one counts within the rate of its caller: each ten rows that it asks for are one, and each step of a plan. */
export function callsIn(input: unknown): number {
  // Inputs are objects; `limit` is a whole number wherever a list has it.
  const { limit, steps } = input as { limit?: unknown; steps?: unknown }
  if (Array.isArray(steps)) return Math.max(1, steps.length)
  return typeof limit === 'number' ? Math.max(1, Math.ceil(limit / ROWS_PER_CALL)) : 1
}

/** An agent's body of ordinary size is part of its call; each further one's worth of bytes counts as a call more. */
export const callsInBody = (bytes: number): number => Math.floor(Math.max(0, bytes - 1) / AGENT_BODY)
