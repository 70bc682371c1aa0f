import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { JsonSchema } from './json-schema.ts'
import { operation } from './operation.ts'
import { operations } from './operations.ts'
import { toolInput } from './tool-input.ts'
import { tools } from './tools.ts'

const id = '01900000-0000-7000-8000-000000000000'
const send = (args: Record<string, unknown>) => toolInput(operations.sendToken, args)
const shownBy = (tool: string) => tools(operations).find(({ name }) => name === tool)!.inputSchema
const list = (args: Record<string, unknown>) => toolInput(operations.listTransactions, args)

describe('arguments that say nothing', () => {
  test('null is as good as left out, under every name of a field', () => {
    const rest = {
      type: null,
      amount: null,
      token: null,
      memo: null,
      network: null,
      walletId: null,
      wallet_id: null,
    }
    expect(send({ to: 'x', humanAmount: '1', dryRun: null, ...rest })).toEqual({ to: 'x', humanAmount: '1' })
    expect(list({ walletId: null, wallet_id: id, limit: null, cursor: null })).toEqual({ walletId: id })
    expect(toolInput(operations.getTransaction, { id: null, transaction_id: id })).toEqual({ id })
  })

  test('so is empty text, and an object in which nothing is left', () => {
    expect(send({ to: 'x', amount: '', humanAmount: '1', memo: ' ', token: {}, walletId: '' })).toEqual({
      to: 'x',
      humanAmount: '1',
    })
    expect(send({ to: 'x', token: { address: null, symbol: '', decimals: null } })).toEqual({ to: 'x' })
    expect(send({ to: 'x', token: { address: 'y', symbol: null, decimals: '' } })).toEqual({
      to: 'x',
      token: { address: 'y' },
    })
  })

  test('what is required and empty, and what nobody knows, is left to be refused by name', () => {
    expect(toolInput(operations.getTransaction, { id: '' })).toEqual({ id: '' })
    expect(toolInput(operations.getTransaction, { id: null })).toEqual({})
    expect(send({ to: 'x', colour: null, token: { address: 'y', fee: null } })).toEqual({
      to: 'x',
      colour: null,
      token: { address: 'y', fee: null },
    })
    expect(Object.keys(send(JSON.parse('{"__proto__":{"dryRun":true},"constructor":null}')))).toEqual([
      '__proto__',
      'constructor',
    ])
  })

  test('null stays where a field has a meaning for it', () => {
    const op = operation({
      method: 'POST',
      path: '/x',
      access: 'public',
      tag: 'x',
      summary: 'x',
      input: z.strictObject({ limit: z.int().nullable().optional(), names: z.array(z.string()).optional() }),
      output: z.object({}),
      errors: [],
    })
    expect(toolInput(op, { limit: null, names: '["a","b"]' })).toEqual({ limit: null, names: ['a', 'b'] })
    expect(toolInput(op, { limit: '3', names: [] })).toEqual({ limit: 3, names: [] })
  })

  test('one value under both names of a field counts once, two values are refused', () => {
    expect(list({ walletId: id, wallet_id: id })).toEqual({ walletId: id })
    expect(list({ walletId: id, wallet_id: 'other' })).toEqual({ walletId: id, wallet_id: 'other' })
    expect(toolInput(operations.cancelTransaction, { transaction_id: id, txId: id })).toEqual({ id })
  })
})

describe('arguments in another form', () => {
  test('an object as JSON text is the object', () => {
    const token = { assetId: 'eip155:1/erc20:0x1' }
    expect(send({ to: 'x', token: JSON.stringify(token) })).toEqual({ to: 'x', token })
    expect(send({ to: 'x', token: ' {"address":"y","decimals":"6","symbol":null}' })).toEqual({
      to: 'x',
      token: { address: 'y', decimals: 6 },
    })
  })

  test.each(['{"address"', '[]', '[{"address":"y"}]', 'USDC', '"{}"', 'null'])('%s is no object and stays', (token) => {
    expect(send({ to: 'x', token })).toEqual({ to: 'x', token })
  })

  test('text is never taken apart where text is wanted', () => {
    const memo = '{"a":1}'
    expect(send({ to: 'x', memo, network: 'null' })).toEqual({ to: 'x', memo, network: 'null' })
    expect(send({ to: 'x', memo: 'true', humanAmount: '0010' })).toEqual({ to: 'x', memo: 'true', humanAmount: '0010' })
  })

  test('numbers and booleans as text are numbers and booleans', () => {
    expect(list({ limit: '20' })).toEqual({ limit: 20 })
    expect(list({ limit: ' 20.0 ' })).toEqual({ limit: 20 })
    expect(list({ limit: '9007199254740991' })).toEqual({ limit: Number.MAX_SAFE_INTEGER })
    expect(send({ to: 'x', dryRun: 'true' })).toEqual({ to: 'x', dryRun: true })
    expect(send({ to: 'x', dryRun: 'False' })).toEqual({ to: 'x', dryRun: false })
  })

  test.each(['1e3', '0x10', 'ten', '1,000', '9'.repeat(20), '9007199254740992', '1.0000000000000001'])(
    '%s is no number and stays',
    (limit) => {
      expect(list({ limit })).toEqual({ limit })
    },
  )

  test.each(['yes', '1', 1, 0, 'truee', [], {}])('%s is no boolean and stays', (dryRun) => {
    expect(send({ to: 'x', dryRun })).toEqual({ to: 'x', dryRun })
  })

  test.each([
    [0.01, '0.01'],
    [1, '1'],
    [1000000, '1000000'],
    [1e-7, '0.0000001'],
    [1.5e-7, '0.00000015'],
    [123456789.012345, '123456789.012345'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ])('the number %s is %s', (amount, text) => {
    expect(send({ to: 'x', humanAmount: amount })).toEqual({ to: 'x', humanAmount: text })
  })

  test.each([2 ** 53, 1e21, 0.1 + 0.2, 1234567.123456789, 1e308])('%s may have lost digits and stays', (amount) => {
    expect(send({ to: 'x', humanAmount: amount })).toEqual({ to: 'x', humanAmount: amount })
    const refused = operations.sendToken.input.safeParse({ to: 'x', humanAmount: amount })
    expect(refused.error?.issues[0]?.message).toContain('expected decimal text in quotes')
  })

  test('a decimal of up to 15 digits that went through a number comes out as it was written', () => {
    const written = fc
      .tuple(fc.bigInt({ min: 1n, max: 999_999_999_999_999n }), fc.integer({ min: 0, max: 18 }))
      .map(([digits, places]) => {
        const text = String(digits).padStart(places + 1, '0')
        const whole = text.slice(0, text.length - places)
        const fraction = text.slice(text.length - places).replace(/0+$/, '')
        return fraction === '' ? whole : `${whole}.${fraction}`
      })
    fc.assert(
      fc.property(written, (text) => {
        expect(send({ to: 'x', humanAmount: Number(text) }).humanAmount).toBe(text)
      }),
    )
  })

  test('a token is one word, an object, or an object as text', () => {
    const token = { address: 'y', decimals: 6 }
    for (const given of ['USDC', 'eip155:1/erc20:0x1', token]) expect(send({ token: given })).toEqual({ token: given })
    expect(send({ token: JSON.stringify(token) })).toEqual({ token })
    expect(send({ token: { address: 'y', decimals: '6', symbol: null } })).toEqual({ token })
  })

  test('so are those of the steps of a plan, where zero is the same in both', () => {
    const plan = (step: object) => toolInput(operations.sendPlan, { steps: [{ to: 'x', ...step }] })
    const shown = shownBy('send_plan').properties!.steps!.items!.properties!
    expect(Object.keys(shown)).toContain('humanValue')
    expect(Object.keys(shown)).not.toContain('value')
    for (const value of ['1', '0x1', '00010', 1])
      expect(() => plan({ value })).toThrow(/steps\.0\.value.*give humanValue/)
    for (const step of [{ value: '0' }, { value: '0x00' }, { humanValue: '0.1' }])
      expect(plan(step)).toEqual({ steps: [{ to: 'x', ...step }] })
    const both = { steps: [{ to: 'x', value: '1', humanValue: '1' }] }
    expect(operations.sendPlan.input.safeParse(both).error?.issues[0]?.message).toContain('at most one of')
  })

  test('amounts are in whole units alone: one in base units is refused, and no tool shows the field', () => {
    expect(() => send({ to: 'x', amount: '1' })).toThrow('amount: tools take amounts in whole units: give humanAmount')
    expect(() => send({ to: 'x', amount: 1, humanAmount: '1' })).toThrow('whole units')
    const all = tools(operations)
    expect(all.flatMap(({ inputSchema }) => Object.keys(inputSchema.properties ?? {}))).not.toContain('amount')
    expect(JSON.stringify(all.map(({ inputSchema }) => inputSchema))).not.toMatch(/base unit|\bwei|lamport/i)
    expect(Object.keys(shownBy('send_token').properties!)).toContain('humanAmount')
    expect(Object.keys(shownBy('call_contract').properties!)).toContain('humanValue')
  })

  test('what fits already stays as it is', () => {
    const whole = {
      type: 'TOKEN_TRANSFER',
      to: 'x',
      humanAmount: '1',
      token: { address: 'y', decimals: 6 },
      walletId: id,
    }
    expect(send(whole)).toEqual(whole)
  })
})

test('a tool does what it is named for, whatever its arguments say', () => {
  const toInput = (tool: string, args: Record<string, unknown>) =>
    tools(operations)
      .find(({ name }) => name === tool)!
      .toInput(args)
  expect(toInput('approve_token', { spender: 'x' })).toEqual({ type: 'APPROVE', spender: 'x' })
  expect(toInput('call_contract', { to: 'x', type: null })).toEqual({ type: 'CONTRACT_CALL', to: 'x' })
  expect(toInput('send_token', { to: 'x' })).toEqual({ to: 'x' })
  for (const [tool, type] of [
    ['send_token', 'CONTRACT_CALL'],
    ['call_contract', 'TRANSFER'],
    ['approve_token', 'constructor'],
  ] as const)
    expect(() => toInput(tool, { to: 'x', type })).toThrow(`for the tool ${tool}`)
})

describe('the schemas that tools show', () => {
  const words = ['type', 'description', 'enum', 'minimum', 'maximum', 'items', 'properties', 'required']
  const types = ['object', 'array', 'string', 'integer', 'boolean']
  function faults(schema: JsonSchema, path: string): string[] {
    const odd = Object.keys(schema).filter((word) => ![...words, 'additionalProperties'].includes(word))
    return [
      ...odd.map((word) => `${path}: ${word}`),
      ...(types.includes(schema.type ?? '') ? [] : [`${path}: type ${schema.type}`]),
      ...(path.includes('.') && !schema.description ? [`${path}: no description`] : []),
      ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => faults(inner, `${path}.${name}`)),
      ...(schema.items ? faults(schema.items, `${path}.items`) : []),
    ]
  }

  test('use the words that every client takes, and describe each field', () => {
    expect(tools(operations).flatMap(({ name, inputSchema }) => faults(inputSchema, name))).toEqual([])
  })

  test('of a tool for some kinds have what these take, and what they cannot do without', () => {
    expect(shownBy('send_token').required).toEqual(['to', 'humanAmount'])
    expect(shownBy('send_token').properties).toMatchObject({ type: { enum: ['TRANSFER', 'TOKEN_TRANSFER'] } })
    expect(shownBy('call_contract').required).toEqual(['to'])
    expect(shownBy('approve_token').required).toEqual(['spender', 'token', 'humanAmount'])
    const others = ['type', 'memo', 'bytecode', 'calldata', 'to']
    expect(Object.keys(shownBy('approve_token').properties!).filter((field) => others.includes(field))).toEqual([])
  })

  test('say in the description what is taken when nothing is given', () => {
    const { properties } = tools(operations).find(({ name }) => name === 'list_transactions')!.inputSchema
    expect(properties!.limit).toEqual({
      type: 'integer',
      description: 'rows per page, at most 100; 20 unless given',
      minimum: 1,
      maximum: 100,
    })
  })
})
