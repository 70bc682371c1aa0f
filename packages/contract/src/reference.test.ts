import { describe, expect, test } from 'vitest'
import { type FailureCode, failures } from './failure.ts'
import { inputSchema, outputSchema } from './json-schema.ts'
import { openapi } from './openapi.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { POLICY_TYPES, policyTypes } from './policies/all.ts'
import { exampleOf, SENT } from './reference-examples.ts'
import { INSTEAD } from './reference-models.ts'
import { TITLES } from './reference-titles.ts'

type Json = Record<string, unknown>
type Content = { 'application/json': { schema: Json; example?: unknown } }
type Described = {
  operationId: string
  summary: string
  parameters: { name: string; in: string; required: boolean; example?: unknown }[]
  requestBody?: { content: Content }
  responses: Record<string, { $ref?: string; description: string; content?: Content }>
}
const description = openapi(operations, { version: '1' }) as {
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, Json>; responses: Record<string, { content?: Content }> }
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
    const refs = [...JSON.stringify(description).matchAll(/"#\/components\/schemas\/([^"]*)"/g)]
    expect(refs.filter(([, name]) => !schemas[name!]).map(([, name]) => name)).toEqual([])
    expect(JSON.stringify(schemas.ListWalletsAnswer)).toContain('"$ref":"#/components/schemas/Wallet"')
  })

  test('calls every object by a name, the same objects by the same', () => {
    const inline: string[] = []
    const look = (part: unknown, at: string): void => {
      if (typeof part !== 'object' || part === null) return
      const { properties, example: _, examples: __, ...rest } = part as Json
      if (typeof properties === 'object' && !/^#\/components\/schemas\/\w+$/.test(at)) inline.push(at)
      for (const [name, each] of Object.entries(properties ?? {})) look(each, `${at}.${name}`)
      for (const [key, each] of Object.entries(rest)) look(each, `${at}/${key}`)
    }
    look(description, '#')
    expect(inline).toEqual([])
    const texts = Object.entries(schemas).map(([name, { description: _, ...shape }]) => [JSON.stringify(shape), name])
    const same = Map.groupBy(texts, ([text]) => text!)
    expect([...same.values()].filter(({ length }) => length > 1).map((all) => all.map(([, name]) => name))).toEqual([])
    expect(Object.values(INSTEAD).filter((name) => !(name in schemas))).toEqual([])
  })

  test('keeps the names of objects, by which the types of generated clients are called', async () => {
    await expect(`${Object.keys(schemas).sort().join('\n')}\n`).toMatchFileSnapshot('./reference-names.pins.txt')
  })

  test('names objects alike in whatever order the operations stand', () => {
    const backwards = Object.fromEntries(table.toReversed())
    const { components } = openapi(backwards, { version: '1' }) as typeof description
    expect(Object.keys(components.schemas).sort()).toEqual(Object.keys(schemas).sort())
    for (const [name, schema] of Object.entries(components.schemas))
      expect({ ...schema, description: '' }, name).toEqual({ ...schemas[name], description: '' })
  })

  test('says the errors of an operation by status, and what they look like once', () => {
    const { responses } = description.components
    for (const { operationId, responses: answers } of all)
      for (const [status, { $ref, description: codes }] of Object.entries(answers)) {
        if (Number(status) < 400) continue
        expect($ref, operationId).toBe(`#/components/responses/Error${status}`)
        for (const code of codes.split(', ')) expect(failures[code as FailureCode].status, code).toBe(Number(status))
        expect(responses[`Error${status}`]!.content!['application/json'].schema).toEqual({
          $ref: '#/components/schemas/Error',
        })
      }
    expect(JSON.stringify(description).length).toBeLessThan(1_000_000)
  })

  test('says the rules of each type of policy, by its type', () => {
    const body = pointed(
      all.find(({ operationId }) => operationId === 'createPolicy')!.requestBody!.content['application/json'].schema,
    ) as { oneOf: Json[]; discriminator: { propertyName: string; mapping: Record<string, string> } }
    const forms = body.oneOf.map((form) => pointed(form) as { properties: { type: Json; rules: Json } })
    expect(body.discriminator.propertyName).toBe('type')
    expect(Object.keys(body.discriminator.mapping)).toEqual(POLICY_TYPES)
    expect(Object.values(body.discriminator.mapping)).toEqual(body.oneOf.map(({ $ref }) => $ref))
    expect(forms.map(({ properties }) => properties.type.const)).toEqual(POLICY_TYPES)
    for (const { properties } of forms) {
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
