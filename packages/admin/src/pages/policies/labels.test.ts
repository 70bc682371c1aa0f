import { type JsonSchema, POLICY_TYPES, policyTypes, rulesSchema } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { koreanFields } from './labels.ts'

/** The names of all fields in it, at any depth. */
const namesIn = ({ properties = {}, items, additionalProperties }: JsonSchema): string[] => [
  ...Object.entries(properties).flatMap(([name, schema]) => [name, ...namesIn(schema)]),
  ...(items ? namesIn(items) : []),
  // Of JSON Schema it is a schema or a boolean.
  ...(typeof additionalProperties === 'object' ? namesIn(additionalProperties as JsonSchema) : []),
]

test('each field of each type has a name in Korean, and no other has', () => {
  const all = new Set(POLICY_TYPES.flatMap((type) => namesIn(rulesSchema(policyTypes[type].rules))))
  expect(Object.keys(koreanFields).sort()).toEqual([...all].sort())
})
