import { NETWORKS, parseUsd, type SessionConstraints, UNREAD_RECIPIENT } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ConstraintFacts, canonicalConstraints, constraintFaults, readConstraints } from './rules.ts'

const alice = '0x52908400098527886E0F7030069857D2E4169EE7'
const bob = '0x8617E340B3D01FA5F11F306F4090FD50E238070D'
const facts: ConstraintFacts = {
  network: 'ethereum-sepolia',
  types: ['TRANSFER'],
  recipients: [alice],
  usd: parseUsd('10'),
  sessionTotalUsd: parseUsd('30'),
}
const faults = (constraints: SessionConstraints | null, change: Partial<ConstraintFacts> = {}) =>
  constraintFaults(constraints, { ...facts, ...change })

test('a session without constraints is bound by its policies only', () => {
  expect(faults(null)).toEqual([])
  expect(faults({})).toEqual([])
})

test.each<[string, SessionConstraints, Partial<ConstraintFacts>, Partial<ConstraintFacts>]>([
  ['networks', { networks: ['ethereum-sepolia'] }, {}, { network: 'base-sepolia' }],
  ['transactionTypes', { transactionTypes: ['TRANSFER'] }, {}, { types: ['TOKEN_TRANSFER'] }],
  [
    'transactionTypes, of each part',
    { transactionTypes: ['TRANSFER', 'BATCH'] },
    {},
    { types: ['BATCH', 'TRANSFER', 'APPROVE'] },
  ],
  ['allowedAddresses', { allowedAddresses: [alice.toLowerCase()] }, {}, { recipients: [bob] }],
  ['allowedAddresses, every one of several', { allowedAddresses: [alice] }, {}, { recipients: [alice, bob] }],
  [
    'allowedAddresses, one that bytes do not name',
    { allowedAddresses: [alice] },
    {},
    { recipients: [alice, UNREAD_RECIPIENT] },
  ],
  ['allowedAddresses, unknown recipient', { allowedAddresses: [alice] }, {}, { recipients: [] }],
  ['maxTransactionUsd, at the limit', { maxTransactionUsd: 10 }, {}, { usd: parseUsd('10.000001') }],
  ['maxTransactionUsd, no price', { maxTransactionUsd: '10' }, {}, { usd: null }],
  ['maxTotalUsd, at the limit', { maxTotalUsd: 30 }, {}, { sessionTotalUsd: parseUsd('30.000001') }],
  ['maxTotalUsd, no price', { maxTotalUsd: 30 }, {}, { usd: null }],
  ['maxTotalUsd, no price of the fee', { maxTotalUsd: 30 }, {}, { sessionTotalUsd: null }],
])('%s lets through what it allows and names what it refuses', (_name, constraints, good, bad) => {
  expect(faults(constraints, good)).toEqual([])
  const [fault, ...others] = faults(constraints, bad)
  expect(others).toEqual([])
  expect(fault).toMatchObject({ code: 'CONSTRAINT_VIOLATED', message: expect.stringContaining('the session allows') })
  expect(fault!.observed).toBeDefined()
  expect(fault!.allowed).toBeDefined()
})

test('every broken constraint is named', () => {
  const strict = {
    networks: ['base-sepolia'],
    transactionTypes: ['APPROVE'],
    maxTransactionUsd: 1,
  } as SessionConstraints
  expect(faults(strict)).toHaveLength(3)
})

test('a further constraint never permits more', () => {
  const some = fc.record(
    {
      networks: fc.subarray(['ethereum-sepolia', 'base-sepolia'], { minLength: 1 }),
      transactionTypes: fc.subarray(['TRANSFER', 'APPROVE'] as const, { minLength: 1 }),
      allowedAddresses: fc.subarray([alice, bob], { minLength: 1 }),
      maxTransactionUsd: fc.integer({ min: 0, max: 20 }),
      maxTotalUsd: fc.integer({ min: 0, max: 60 }),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(some, some, (one, other) => {
      const both = { ...other, ...one } as SessionConstraints
      const alone = faults(one as SessionConstraints).length
      expect(faults(both).length).toBeGreaterThanOrEqual(alone)
    }),
  )
})

test('networks are kept under their own ids, and an unknown one is refused', () => {
  const kept = canonicalConstraints(NETWORKS, { networks: ['eip155:84532', 'devnet', 'base-sepolia'] })
  expect(kept.networks).toEqual(['base-sepolia', 'solana-devnet'])
  expect(() => canonicalConstraints(NETWORKS, { networks: ['nowhere'] })).toThrow(
    expect.objectContaining({ code: 'ACTION_VALIDATION_FAILED' }),
  )
})

test('constraints that cannot be read open nothing', () => {
  expect(readConstraints(null)).toBeNull()
  expect(readConstraints('{"maxTotalUsd":5}')).toEqual({ maxTotalUsd: 5 })
  for (const text of ['', '{', '[]', '{"maxTotal":5}', '{"maxTotalUsd":-1}'])
    expect(() => readConstraints(text)).toThrow()
})
