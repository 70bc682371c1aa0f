import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { withoutAliases } from '../operation.ts'
import { operations } from '../operations.ts'
import { requestKind, SENDABLE } from './all.ts'
import { typedPart } from './batch.ts'
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
    const token = [['token'], 'expected token with type TOKEN_TRANSFER, APPROVE, NFT_TRANSFER, and only there']
    expect(faults({ to: 'x' })).toEqual([amount])
    expect(faults({ to: 'x', token: { address: 'y' } })).toEqual([amount, token])
    expect(faults({ type: 'TOKEN_TRANSFER', to: 'x' })).toEqual([amount, token])
    expect(faults({ type: 'TOKEN_TRANSFER', to: 'x', amount: '1' })).toEqual([token])
    expect(faults({ type: 'TOKEN_TRANSFER', to: 'x', amount: '1', token: { address: 'y' } })).toBeUndefined()
  })
})

test('what is too long, or a number, is told as that', () => {
  expect(faults({ to: 'x', amount: '9'.repeat(81) })).toEqual([[['amount'], 'expected at most 80 digits']])
  expect(faults({ to: 'x', humanAmount: 1 })).toEqual([[['humanAmount'], expect.stringContaining('in quotes')]])
  const steps = (value: unknown) => operations.sendPlan.input.safeParse({ steps: [{ to: 'x', value }] })
  expect(steps(1).error?.issues.map(({ message }) => message)).toEqual([expect.stringContaining('in quotes')])
  expect(['1', '0x1'].map((value) => steps(value).success)).toEqual([true, true])
})

describe('an NFT as clients of 2.x name it', () => {
  const read = (token: object, more: object = {}) => {
    const input = withoutAliases(operations.sendToken, { type: 'NFT_TRANSFER', to: 'x', token, ...more })
    const { data } = operations.sendToken.input.safeParse(input)
    return data && { token: data.token, nft: data.nft, amount: data.amount }
  }

  test('is the one that is named now', () => {
    const nft = { tokenId: '7', standard: 'ERC-721' } as const
    expect(read({ address: 'y', ...nft })).toEqual({ token: { address: 'y' }, nft })
    expect(read({ address: 'y', ...nft })).toEqual(read({ address: 'y' }, { nft }))
    const several = { tokenId: '7', standard: 'ERC-1155' }
    expect(read({ address: 'y', assetId: 'z', ...several }, { amount: '2' })).toEqual({
      ...{ token: { address: 'y', assetId: 'z' }, nft: several, amount: '2' },
    })
    const mint = { address: 'y', tokenId: 'y', standard: 'METAPLEX' }
    expect(read(mint)).toEqual({ token: { address: 'y' }, nft: { standard: 'METAPLEX' } })
  })

  test('is refused where it says two things, too little, or stands in another request', () => {
    const nft = { tokenId: '7', standard: 'ERC-721' }
    expect(read({ address: 'y', ...nft }, { nft })).toBeUndefined()
    expect(read({ address: 'y', tokenId: '7' })).toBeUndefined()
    expect(read({ address: 'y', tokenId: 'z', standard: 'METAPLEX' })).toBeUndefined()
    expect(read({ address: 'y', ...nft }, { type: 'TOKEN_TRANSFER', amount: '1' })).toBeUndefined()
  })
})

describe('a batch', () => {
  const to = '11111111111111111111111111111112'
  const pay = { to, amount: '1' }
  const batch = (...instructions: object[]) => SendRequest.safeParse({ type: 'BATCH', instructions })

  test('holds parts that say what they are, or show it', () => {
    const token = { ...pay, token: 'USDC' }
    const approve = { spender: to, humanAmount: '1', token: 'USDC' }
    const call = { to, instructionData: '' }
    expect(batch(pay, token, approve, call, { ...pay, type: 'TRANSFER' }).success).toBe(true)
    expect([pay, token, approve, call].map((part) => typedPart(part as never).type)).toEqual([
      'TRANSFER',
      'TOKEN_TRANSFER',
      'APPROVE',
      'CONTRACT_CALL',
    ])
  })

  test.each<[string, object[]]>([
    ['one part', [pay]],
    ['too many parts', Array.from({ length: 21 }, () => pay)],
    ['a part without an amount', [pay, { to }]],
    ['a part with both amounts', [pay, { ...pay, humanAmount: '1' }]],
    ['a part with a field of another type', [pay, { ...pay, type: 'TRANSFER', token: 'USDC' }]],
    ['a part that no type has', [pay, { ...pay, type: 'BATCH' }]],
    ['a part with a field that nobody knows', [pay, { ...pay, also: 1 }]],
    ['a part with a network of its own', [pay, { ...pay, network: 'solana-mainnet' }]],
    ['accounts without data', [pay, { to, instructionData: undefined, accounts: [], calldata: '0x12345678' }]],
  ])('refuses %s', (_, parts) => {
    expect(batch(...parts).success).toBe(false)
  })
})
