import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { requestKind, SENDABLE } from './all.ts'
import { SendRequest } from './request.ts'

const fieldsOf = (type: (typeof SENDABLE)[number]) => Object.entries(requestKind(type).fields)
const faults = (input: unknown) =>
  SendRequest.safeParse(input).error?.issues.map(({ path, message }) => [path, message])

describe('the kinds of requests', () => {
  test('mean the same by a field that several take', () => {
    const schemas = new Map<string, unknown>()
    for (const [name, schema] of SENDABLE.flatMap(fieldsOf)) {
      expect(schemas.get(name) ?? schema, name).toBe(schema)
      schemas.set(name, schema)
    }
  })

  test('describe each field', () => {
    for (const [name, schema] of SENDABLE.flatMap(fieldsOf))
      expect(z.toJSONSchema(schema, { io: 'input' }).description, name).toEqual(expect.any(String))
  })

  test('take no field of the envelope for their own', () => {
    for (const [name] of SENDABLE.flatMap(fieldsOf))
      expect(['type', 'network', 'walletId', 'dryRun'], name).not.toContain(name)
  })
})

describe('a request', () => {
  test('keeps the order of the fields that clients know', () => {
    const known = ['type', 'to', 'amount', 'humanAmount', 'token', 'memo', 'network', 'walletId', 'dryRun']
    expect(Object.keys(SendRequest.shape).filter((field) => known.includes(field))).toEqual(known)
  })

  test('is told of each rule of its kind that it breaks, and of fields that are for others', () => {
    const amount = [['amount'], 'expected exactly one of amount and humanAmount']
    const token = [['token'], 'expected token with type TOKEN_TRANSFER, APPROVE, and only there']
    expect(faults({ to: 'x' })).toEqual([amount])
    expect(faults({ to: 'x', token: { address: 'y' } })).toEqual([amount, token])
    expect(faults({ type: 'TOKEN_TRANSFER', to: 'x' })).toEqual([amount, token])
    expect(faults({ type: 'TOKEN_TRANSFER', to: 'x', amount: '1' })).toEqual([token])
    expect(faults({ type: 'TOKEN_TRANSFER', to: 'x', amount: '1', token: { address: 'y' } })).toBeUndefined()
  })
})
