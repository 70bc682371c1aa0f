import { describe, expect, test } from 'vitest'
import { inputSchema, outputSchema } from './json-schema.ts'
import { openapi } from './openapi.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { POLICY_TYPES, policyTypes } from './policies/all.ts'
import { exampleOf, SENT } from './reference-examples.ts'
import { TITLES } from './reference-titles.ts'

type Json = Record<string, unknown>
type Content = { 'application/json': { schema: Json; example?: unknown } }
type Described = {
  operationId: string
  summary: string
  parameters: { name: string; in: string; required: boolean; example?: unknown }[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
}
const description = openapi(operations, { version: '1' }) as {
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, Json> }
}
const { schemas } = description.components
const all = Object.values(description.paths).flatMap((methods) => Object.values(methods))
const table = Object.entries<Operation>(operations)
const pointed = ({ $ref }: Json): Json => schemas[String($ref).replace('#/components/schemas/', '')]!

describe('the reference', () => {
  test('shows for each operation what may be sent, and the operation takes it', () => {
    for (const [name, op] of table) {
      const sent = SENT[name] ?? exampleOf(inputSchema(op), 'sent')
      expect(op.input.safeParse(sent).error?.issues, name).toBeUndefined()
    }
    for (const { operationId, parameters, requestBody } of all) {
      if (requestBody) expect(requestBody.content['application/json'].example, operationId).toBeDefined()
      for (const { name, required, example } of parameters)
        if (required) expect(example, `${name} of ${operationId}`).toBeDefined()
    }
  })

  test('shows for each operation what may be answered, and it is of that form', () => {
    for (const [name, op] of table) {
      if (op.status === 204) continue
      expect(op.output.safeParse(exampleOf(outputSchema(op), 'answered')).error?.issues, name).toBeUndefined()
      const { responses } = all.find(({ operationId }) => operationId === name)!
      expect(responses[op.status]!.content!['application/json'].example, name).toBeDefined()
    }
  })

  test('calls each operation by a short sentence of its own', () => {
    for (const { operationId, summary } of all) expect(summary, operationId).toMatch(/^[A-Z].{4,58}\.$/)
    expect(new Set(all.map(({ summary }) => summary)).size).toBe(all.length)
    expect(Object.keys(TITLES).filter((name) => !(name in operations))).toEqual([])
    expect(all.find(({ operationId }) => operationId === 'replaceTransaction')!.summary).toBe(
      'Speed up or cancel a pending EVM transaction.',
    )
  })

  test('names what is sent and answered, and each name leads to something', () => {
    for (const { operationId, requestBody, responses } of all) {
      if (requestBody) expect(requestBody.content['application/json'].schema, operationId).toHaveProperty('$ref')
      for (const status of ['200', '201']) {
        const content = responses[status]?.content
        if (content) expect(content['application/json'].schema, operationId).toHaveProperty('$ref')
      }
    }
    for (const name of ['Wallet', 'Policy', 'Transaction', 'Session', 'Card', 'Decision', 'WorstCase', 'Checklist'])
      expect(Object.keys(schemas[name] ?? {}), name).not.toEqual([])
    const refs = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
    expect(refs.filter(([, name]) => !schemas[name!]).map(([, name]) => name)).toEqual([])
    expect(JSON.stringify(schemas.ListWalletsAnswer)).toContain('"$ref":"#/components/schemas/Wallet"')
  })

  test('says the rules of each type of policy, by its type', () => {
    const body = pointed(
      all.find(({ operationId }) => operationId === 'createPolicy')!.requestBody!.content['application/json'].schema,
    ) as { oneOf: { properties: { type: Json; rules: Json } }[]; discriminator: Json }
    expect(body.discriminator).toEqual({ propertyName: 'type' })
    expect(body.oneOf.map(({ properties }) => properties.type.const)).toEqual(POLICY_TYPES)
    for (const { properties } of body.oneOf) {
      const type = String(properties.type.const) as (typeof POLICY_TYPES)[number]
      const rules = pointed(properties.rules) as { properties: Json }
      expect(Object.keys(rules.properties), type).toEqual(
        expect.arrayContaining(Object.keys(policyTypes[type].example)),
      )
    }
  })

  test('has no number that only says how large a number can be', () => {
    expect(JSON.stringify(description)).not.toContain(String(Number.MAX_SAFE_INTEGER))
  })
})
