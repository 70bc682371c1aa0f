import { type Named, namedFields, type Operation } from '@waiaas/contract'
import type { Principal } from '../caller.ts'

/** The id of what a caller means by an id or a name. Fails when it is nobody's, or several have it. */
export type IdOf = (
  kind: Named,
  name: string,
  principal: Principal<'agent' | 'operator' | 'stopper'>,
) => Promise<string>
type Values = Record<string, unknown>

/** Makes ids of the names in the inputs of an operation. */
export function nameReader(op: Operation, idOf: IdOf): (input: unknown, principal: Principal) => Promise<unknown> {
  const fields = namedFields(op.input)
  return async (input, principal) => {
    // Inputs are objects: every operation's schema is one.
    const values = input as Values
    const given = fields.filter(({ field }) => values[field] !== undefined)
    // Owners and everybody name things by id alone.
    if (given.length === 0 || principal.kind === 'public' || principal.kind === 'owner' || principal.kind === 'viewer')
      return input
    const result = { ...values }
    for (const { field, kind } of given) {
      const value = values[field]
      const read = (name: unknown) => idOf(kind, String(name), principal)
      result[field] = Array.isArray(value) ? await Promise.all(value.map(read)) : await read(value)
    }
    return result
  }
}
