import { hasMore, type JsonSchema, type Operation } from '@waiaas/contract'

const FIELD = 'expand'

/** What a tool takes that tells more than it does at first. */
export const expandField = (op: Operation): Record<string, JsonSchema> =>
  hasMore(op) ? { [FIELD]: { type: 'boolean', description: 'tells all' } } : {}

/** Whether all of the answer is asked for, apart from the arguments. */
export function withoutExpand({ [FIELD]: asked, ...rest }: Record<string, unknown>) {
  return { rest, isWhole: !NO.includes(asked) }
}
/** Clients fill in what models leave open. */
const NO: readonly unknown[] = [undefined, null, false, '', 'false']
