import { z } from 'zod'
import type { Form, Operation } from './operation.ts'

/** The part of JSON Schema (2020-12) that the derivations read. */
export type JsonSchema = {
  type?: string
  /** What a text or number is to whoever fills it in, such as usd, seconds or address. */
  format?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  minimum?: number
  maximum?: number
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  pattern?: string
  minItems?: number
  additionalProperties?: unknown
}

const inputs = new WeakMap<Operation, JsonSchema>()

const toSchema = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    ...{ io, unrepresentable: 'any' },
    // That a whole number is one tells nobody anything, and makes examples of it.
    override: ({ jsonSchema }) => {
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
    },
  })
  return rest as JsonSchema
}

/** The JSON Schema of what callers send. */
export function inputSchema(op: Operation): JsonSchema {
  const known = inputs.get(op)
  if (known) return known
  const schema = toSchema(op.input, 'input')
  inputs.set(op, schema)
  return schema
}

/** The JSON Schema of the rules of a policy, as they are written. */
export const rulesSchema = (rules: z.ZodType): JsonSchema => toSchema(rules, 'input')

/** The JSON Schema of what is answered. */
export const outputSchema = (op: Operation): JsonSchema => answerSchema(op.output)

/** The same of a part of it. */
export const answerSchema = (part: z.ZodType): JsonSchema => toSchema(part, 'output')

/** The part of an input that a form shows. */
export function formSchema(op: Operation, { fields, descriptions = {}, required = [], values = {} }: Form): JsonSchema {
  const whole = inputSchema(op)
  if (!fields) return whole
  const shown = fields.map((field): [string, JsonSchema] => {
    const description = descriptions[field]
    const schema = { ...whole.properties?.[field], ...(description !== undefined && { description }) }
    return [field, values[field] ? { ...schema, enum: [...values[field]] } : schema]
  })
  const all = [...(whole.required ?? []), ...required]
  return { ...whole, properties: Object.fromEntries(shown), required: fields.filter((field) => all.includes(field)) }
}
