import { invalidField, type JsonSchema, type Operation } from '@waiaas/contract'

const FIELD = 'idempotencyKey'
const NAMES: readonly string[] = [FIELD, 'idempotency_key']

/** What a tool that sends takes beside the fields of its operation. */
export const keyField: Record<string, JsonSchema> = {
  [FIELD]: {
    type: 'string',
    description: 'names this call: repeated under it, it is the same call; another one makes it anew',
  },
}

/** The key that a model gave a call, apart from its arguments. Failure of one that no call can have. */
export function withoutKey({ idempotent }: Operation, args: Record<string, unknown>) {
  if (!idempotent) return { rest: args }
  const rest = Object.fromEntries(Object.entries(args).filter(([name]) => !NAMES.includes(name)))
  const given = new Set(NAMES.flatMap((name) => ((args[name] ?? '') === '' ? [] : [String(args[name])])))
  const [key, ...others] = given
  if (key === undefined) return { rest }
  if (others.length > 0 || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalidField(FIELD, 'expected one text of 1 to 255 visible ASCII characters, without spaces')
  return { rest, key }
}
