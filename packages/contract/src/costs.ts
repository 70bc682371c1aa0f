import type { Caller, Operation } from './operation.ts'

const KIB = 1_024
const AGENT_BODY = 16 * KIB
const OPERATOR_BODY = 1_024 * KIB
/** Rows of a page that count as one call. */
const ROWS_PER_CALL = 10

/** Most bytes that the body of a call may have. */
export const mostBytes = (op: Pick<Operation, 'maxBody'>, caller: Caller | 'public'): number =>
  caller === 'operator' ? OPERATOR_BODY : (op.maxBody ?? AGENT_BODY)

/** As how many calls one counts within the rate of its caller: each ten rows that it asks for are one. */
export function costOf({ cost = 1 }: Pick<Operation, 'cost'>, input: unknown): number {
  // Inputs are objects; `limit` is a whole number wherever a list has it.
  const { limit } = input as { limit?: unknown }
  return typeof limit === 'number' ? Math.max(cost, Math.ceil(limit / ROWS_PER_CALL)) : cost
}
