import { Failure, factsOf, type TypedDataInput, UNREAD_RECIPIENT } from '@waiaas/contract'
import fc from 'fast-check'
import { hashTypedData } from 'viem'
import { expect, test } from 'vitest'
import { readTyped } from '../src/chains/evm/messages/typed.ts'
import { readTypedData } from '../src/chains/evm/messages/typed-data.ts'
import { typedDataHash } from '../src/chains/evm/messages/typed-hash.ts'
import { KeyError } from '../src/keys/key-error.ts'
import { readEvmTypedData } from '../src/keys/signer/evm-typed-data.ts'
import { readTypedData as readBySigner, typedHash } from '../src/keys/signer/typed-data.ts'
import { localEvm } from './evm-bed.ts'

const OWNER = '0x00000000000000000000000000000000000000a1'
const SPENDER = '0x00000000000000000000000000000000000000b2'
const TOKEN = '0x00000000000000000000000000000000000000c3'
const PERMIT2 = '0x000000000022d473030f116ddee9f6b43ac78ba3'
const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`
const written = (data: unknown) => Buffer.from(JSON.stringify(data), 'utf8')
const on = { network: localEvm, chainId: 31_337, sender: OWNER }
const effectsOf = (input: TypedDataInput) => readTyped(on, readTypedData(input)).effects
const factsIn = (input: TypedDataInput) =>
  factsOf({ network: localEvm.id, sender: OWNER, effects: effectsOf(input), fee: { asset: '', max: '0' } })

type Value = unknown
type Made = { type: string; value: Value; types: Record<string, { name: string; type: string }[]> }
const bits = fc.integer({ min: 1, max: 32 })
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(hex)
const atom: fc.Arbitrary<Made> = fc
  .oneof(
    bits.chain((n) =>
      fc.bigInt({ min: 0n, max: 2n ** BigInt(8 * n) - 1n }).map((value) => [`uint${8 * n}`, `${value}`]),
    ),
    bits.chain((n) => {
      const half = 2n ** BigInt(8 * n - 1)
      return fc.bigInt({ min: -half, max: half - 1n }).map((value) => [`int${8 * n}`, `${value}`])
    }),
    bytes(20).map((value) => ['address', value]),
    fc.boolean().map((value) => ['bool', value]),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => ['string', value]),
    bits.chain((n) => bytes(n).map((value) => [`bytes${n}`, value])),
    fc.uint8Array({ maxLength: 40 }).map((value) => ['bytes', hex(value)]),
  )
  .map(([type, value]) => ({ type: String(type), value, types: {} }))

let structs = 0
const struct = (depth: number): fc.Arbitrary<Made> =>
  fc
    .array(depth === 0 ? atom : fc.oneof({ weight: 3, arbitrary: atom }, list(depth - 1), struct(depth - 1)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((made) => {
      const name = `T${++structs}`
      return {
        type: name,
        value: Object.fromEntries(made.map(({ value }, at) => [`f${at}`, value])),
        types: {
          [name]: made.map(({ type }, at) => ({ name: `f${at}`, type })),
          ...Object.assign({}, ...made.map(({ types }) => types)),
        },
      }
    })
function list(depth: number): fc.Arbitrary<Made> {
  return fc
    .tuple(fc.oneof(atom, struct(depth)), fc.integer({ min: 0, max: 3 }), fc.boolean())
    .map(([one, count, isFixed]) => ({
      type: `${one.type}[${isFixed ? count : ''}]`,
      value: Array.from({ length: count }, () => one.value),
      types: one.types,
    }))
}
const domain = fc.record(
  {
    name: fc.string({ maxLength: 9 }),
    version: fc.string({ maxLength: 3 }),
    chainId: fc.nat(),
    verifyingContract: bytes(20),
    salt: bytes(32),
  },
  { requiredKeys: [] },
)
const typed = fc.tuple(domain, struct(2)).map(
  ([of, made]): TypedDataInput => ({
    domain: of,
    types: made.types,
    primaryType: made.type,
    message: made.value as Record<string, unknown>,
  }),
)

test('daemon and signer hash whatever is well formed as viem does', () => {
  fc.assert(
    fc.property(typed, (input) => {
      const data = readTypedData(input)
      const expected = hashTypedData(input as Parameters<typeof hashTypedData>[0])
      expect(hex(typedDataHash(data))).toBe(expected)
      expect(hex(typedHash(readBySigner(written(data))))).toBe(expected)
    }),
    { numRuns: 300 },
  )
})

const permit = (more: Partial<TypedDataInput> = {}, message: Record<string, unknown> = {}): TypedDataInput => ({
  domain: { name: 'Token', version: '1', chainId: 31_337, verifyingContract: TOKEN },
  types: {
    Permit: [
      { name: 'owner', type: 'address' },
      { name: 'spender', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
  },
  primaryType: 'Permit',
  message: { owner: OWNER, spender: SPENDER, value: '5', nonce: 0, deadline: '2000000000', ...message },
  ...more,
})
const { Permit } = permit().types

test.each<[string, TypedDataInput]>([
  ['a field that no type has', permit({}, { hidden: 1 })],
  ['a type that nothing is of', permit({ types: { Permit: Permit!, Other: [] } })],
  ['a type that is not declared', permit({ primaryType: 'Mail' })],
  ['a type that contains itself', permit({ types: { Permit: [...Permit!, { name: 'x', type: 'Permit[]' }] } })],
  ['a type called like an atom', permit({ types: { Permit: [{ name: 'a', type: 'uint8' }], uint8: [] } })],
  ['a field that is there twice', permit({ types: { Permit: [...Permit!, Permit![0]!] } })],
  ['a name with a comma', permit({ types: { Permit: [{ name: 'a,address b', type: 'address' }] } })],
  ['a number out of its range', permit({}, { value: `${2n ** 256n}` })],
  ['a negative amount', permit({}, { value: '-1' })],
  ['a number that lost digits', permit({}, { value: 2 ** 60 })],
  ['a number with zeros in front', permit({}, { value: '05' })],
  ['a number with a point', permit({}, { value: '5.0' })],
  ['an address with a wrong checksum', permit({}, { spender: '0x00000000000000000000000000000000000000bA' })],
  ['a short address', permit({}, { spender: '0xb2' })],
  ['a missing value', permit({ message: { owner: OWNER } })],
  ['a domain of another chain', permit({ domain: { ...permit().domain, chainId: 1 } })],
  ['a domain of another chain in hex', permit({ domain: { ...permit().domain, chainId: '0x1' } })],
  [
    'a domain type with other fields',
    permit({ types: { ...permit().types, EIP712Domain: [{ name: 'name', type: 'string' }] } }),
  ],
  ['a permit of another account', permit({}, { owner: SPENDER })],
])('%s is refused', (_what, input) => {
  expect(() => effectsOf(input)).toThrow(Failure)
})

test('what is signed by other names of the same value is the same data', () => {
  const plain = JSON.stringify(readTypedData(permit()))
  const domainType = ['name', 'version', 'chainId', 'verifyingContract'].map((name) => ({
    name,
    type: { chainId: 'uint256', verifyingContract: 'address' }[name] ?? 'string',
  }))
  const others = [
    permit({ domain: { ...permit().domain, chainId: '31337' } }),
    permit({ domain: { ...permit().domain, chainId: '0x7a69' } }),
    permit({}, { value: 5 }),
    permit({}, { value: '0x5' }),
    permit({}, { spender: `0x${SPENDER.slice(2).toUpperCase()}` }),
    permit({ types: { ...permit().types, EIP712Domain: domainType } }),
  ]
  for (const other of others) expect(JSON.stringify(readTypedData(other))).toBe(plain)
})

test('the signer takes the one form alone', () => {
  const data = readTypedData(permit())
  const { domain: _, ...rest } = data
  const odd = [
    permit(),
    { ...data, more: 1 },
    { ...data, message: { ...data.message, value: '05' } },
    { ...data, message: { ...data.message, value: '0x5' } },
    { ...data, message: { ...data.message, hidden: '1' } },
    { ...data, message: { ...data.message, spender: '0x00000000000000000000000000000000000000B2' } },
    { ...data, types: { ...data.types, Other: [] } },
    { ...data, domain: { ...data.domain, chainId: '0' } },
    { ...data, domain: { name: 'Token', version: '1', chainId: '31337' } },
    { ...rest, domain: data.domain },
    'text',
  ]
  for (const each of odd) expect(() => readEvmTypedData(written(each)), JSON.stringify(each)).toThrow(KeyError)
  expect(() => readEvmTypedData(Buffer.concat([written(data), Buffer.from(' ')]))).toThrow(KeyError)
})

const fieldsOf = (text: string) =>
  text.split(',').map((each) => {
    const [type, name] = each.split(' ')
    return { name: name!, type: type! }
  })
const at2 = { name: 'Permit2', chainId: 31_337, verifyingContract: PERMIT2 }
const details = { token: TOKEN, amount: '7', expiration: '2000000000', nonce: '3' }
const permitted = { token: TOKEN, amount: '7' }
const DETAILS = fieldsOf('address token,uint160 amount,uint48 expiration,uint48 nonce')
const PERMISSIONS = fieldsOf('address token,uint256 amount')
const of2 = (
  primaryType: string,
  fields: string,
  message: Record<string, unknown>,
  more: TypedDataInput['types'],
): TypedDataInput => ({
  domain: at2,
  types: { [primaryType]: fieldsOf(fields), ...more },
  primaryType,
  message: { spender: SPENDER, ...message },
})
const single = 'PermitDetails details,address spender,uint256 sigDeadline'
const transfer = 'TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline'
const many = (text: string) => text.replace(/^(\w+)/, '$1[]')
const grants: Record<string, [TypedDataInput, bigint]> = {
  'EIP-2612': [permit({}, { value: '7' }), 7n],
  DAI: [
    {
      ...permit({
        types: { Permit: fieldsOf('address holder,address spender,uint256 nonce,uint256 expiry,bool allowed') },
      }),
      message: { holder: OWNER, spender: SPENDER, nonce: '0', expiry: '2000000000', allowed: true },
    },
    2n ** 256n - 1n,
  ],
  PermitSingle: [of2('PermitSingle', single, { details, sigDeadline: '2000000000' }, { PermitDetails: DETAILS }), 7n],
  PermitBatch: [
    of2(
      'PermitBatch',
      many(single),
      { details: [details, details], sigDeadline: '2000000000' },
      { PermitDetails: DETAILS },
    ),
    14n,
  ],
  PermitTransferFrom: [
    of2(
      'PermitTransferFrom',
      transfer,
      { permitted, nonce: '1', deadline: '2000000000' },
      { TokenPermissions: PERMISSIONS },
    ),
    7n,
  ],
  PermitBatchTransferFrom: [
    of2(
      'PermitBatchTransferFrom',
      many(transfer),
      { permitted: [permitted, permitted], nonce: '1', deadline: '2000000000' },
      { TokenPermissions: PERMISSIONS },
    ),
    14n,
  ],
  PermitWitnessTransferFrom: [
    of2(
      'PermitWitnessTransferFrom',
      `${transfer},Order witness`,
      { permitted, nonce: '1', deadline: '2000000000', witness: { a: '1' } },
      { TokenPermissions: PERMISSIONS, Order: fieldsOf('uint256 a') },
    ),
    7n,
  ],
}

test.each(Object.entries(grants))(
  '%s is an allowance of the token to the spender, for daemon and signer',
  (_name, [input, amount]) => {
    const { spenders, messages, deadlines } = factsIn(input)
    expect(spenders.reduce((sum, each) => sum + BigInt(each.amount), 0n)).toBe(amount)
    for (const each of spenders)
      expect([each.asset.toLowerCase(), each.spender.toLowerCase()]).toEqual([`eip155:31337/erc20:${TOKEN}`, SPENDER])
    expect([messages, deadlines]).toEqual([[], [2_000_000_000n]])
    const { moves, calls, chain, nonce } = readEvmTypedData(written(readTypedData(input)))
    expect({ calls, chain, nonce }).toEqual({ calls: null, chain: 'eip155:31337', nonce: null })
    expect(moves.reduce((sum, each) => sum + each.amount, 0n)).toBe(amount)
    for (const each of moves) expect(each).toMatchObject({ asset: TOKEN.slice(2), to: SPENDER.slice(2), isGrant: true })
  },
)

const INFO =
  'address reactor,address swapper,uint256 nonce,uint256 deadline,address additionalValidationContract,bytes additionalValidationData'
const DUTCH_OUTPUT = 'address token,uint256 startAmount,uint256 endAmount,address recipient'
/** Orders of UniswapX: their fields, the types beside, and the field that holds what comes out. */
const filled: Record<string, [fields: string, beside: Record<string, string>, outputs: string]> = {
  LimitOrder: [
    'OrderInfo info,address inputToken,uint256 inputAmount,OutputToken[] outputs',
    { OutputToken: 'address token,uint256 amount,address recipient' },
    'outputs',
  ],
  ExclusiveDutchOrder: [
    'OrderInfo info,uint256 decayStartTime,uint256 decayEndTime,address exclusiveFiller,uint256 exclusivityOverrideBps,address inputToken,uint256 inputStartAmount,uint256 inputEndAmount,DutchOutput[] outputs',
    { DutchOutput: DUTCH_OUTPUT },
    'outputs',
  ],
  V2DutchOrder: [
    'OrderInfo info,address cosigner,address baseInputToken,uint256 baseInputStartAmount,uint256 baseInputEndAmount,DutchOutput[] baseOutputs',
    { DutchOutput: DUTCH_OUTPUT },
    'baseOutputs',
  ],
  V3DutchOrder: [
    'OrderInfo info,address cosigner,uint256 startingBaseFee,V3DutchInput baseInput,V3DutchOutput[] baseOutputs',
    {
      NonlinearDutchDecay: 'uint256 relativeBlocks,int256[] relativeAmounts',
      V3DutchInput:
        'address token,uint256 startAmount,NonlinearDutchDecay curve,uint256 maxAmount,uint256 adjustmentPerGweiBaseFee',
      V3DutchOutput:
        'address token,uint256 startAmount,NonlinearDutchDecay curve,address recipient,uint256 minAmount,uint256 adjustmentPerGweiBaseFee',
    },
    'baseOutputs',
  ],
  PriorityOrder: [
    'OrderInfo info,address cosigner,uint256 auctionStartBlock,uint256 baselinePriorityFeeWei,PriorityInput input,PriorityOutput[] outputs',
    {
      PriorityInput: 'address token,uint256 amount,uint256 mpsPerPriorityFeeWei',
      PriorityOutput: 'address token,uint256 amount,uint256 mpsPerPriorityFeeWei,address recipient',
    },
    'outputs',
  ],
}
type Fields = Record<string, unknown>
/** Some value of each field: addresses are of tokens, but for those that are named. */
function someOf(types: Record<string, { name: string; type: string }[]>, type: string, named: Fields): unknown {
  if (type.endsWith('[]')) return [someOf(types, type.slice(0, -2), named)]
  const fields = types[type]
  if (fields)
    return Object.fromEntries(fields.map((each) => [each.name, named[each.name] ?? someOf(types, each.type, named)]))
  return type === 'address' ? TOKEN : type === 'bytes' ? '0x' : '5'
}
function ordered(name: string, more: Fields): TypedDataInput {
  const [fields, beside] = filled[name]!
  const own = { ...beside, OrderInfo: INFO, [name]: fields }
  const types = Object.fromEntries(Object.entries(own).map(([each, text]) => [each, fieldsOf(text)]))
  const witness = someOf(types, name, { swapper: OWNER, ...more })
  const message = { permitted, nonce: '1', deadline: '2000000000', order: witness }
  return of2('PermitWitnessTransferFrom', `${transfer},${name} order`, message, {
    TokenPermissions: PERMISSIONS,
    ...types,
  })
}
const receivers = (input: TypedDataInput) => factsIn(input).pays.map(({ to }) => to.toLowerCase())
const THIEF = '0x00000000000000000000000000000000000000d4'

test.each(Object.keys(filled))('whoever gets what a %s buys is a recipient, beside who may take', (name) => {
  const { spenders } = factsIn(ordered(name, { recipient: THIEF }))
  expect(spenders).toMatchObject([{ amount: 7n, spender: expect.stringMatching(new RegExp(SPENDER, 'i')) }])
  expect(receivers(ordered(name, { recipient: THIEF }))).toEqual([THIEF])
  expect(receivers(ordered(name, { recipient: OWNER }))).toEqual([])
  expect(() => factsIn(ordered(name, { swapper: THIEF }))).toThrow(/expected typed data of/)
  // Of a type that only looks like it, nobody knows whom it pays.
  const { types, ...rest } = ordered(name, { recipient: OWNER })
  const swapped = { ...types, OrderInfo: [...types.OrderInfo!.slice(1), types.OrderInfo![0]!] }
  expect(receivers({ ...rest, types: swapped })).toEqual([UNREAD_RECIPIENT])
})

test('a permit for something that nobody can read is for anybody, one for nothing is for its spender', () => {
  expect(receivers(grants.PermitWitnessTransferFrom![0])).toEqual([UNREAD_RECIPIENT])
  expect(receivers(grants.PermitTransferFrom![0])).toEqual([])
})

test.each(['TransferWithAuthorization', 'ReceiveWithAuthorization'])('%s is a payment', (primaryType) => {
  const input = {
    ...permit({
      primaryType,
      types: {
        [primaryType]: fieldsOf(
          'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce',
        ),
      },
    }),
    message: {
      from: OWNER,
      to: SPENDER,
      value: '9',
      validAfter: '0',
      validBefore: '2000000000',
      nonce: `0x${'ab'.repeat(32)}`,
    },
  }
  expect(factsIn(input)).toMatchObject({ pays: [{ amount: 9n }], spenders: [], messages: [] })
  const { moves } = readEvmTypedData(written(readTypedData(input)))
  expect(moves).toEqual([{ asset: TOKEN.slice(2), amount: 9n, to: SPENDER.slice(2) }])
})

test('what only looks like a permit is known to nobody: other types, other contracts, no contract or chain', () => {
  const [plain] = grants.PermitSingle!
  const other = { ...plain, domain: { ...at2, verifyingContract: TOKEN } }
  const renamed = permit(
    { types: { Permit: [...Permit!.slice(0, 4), { name: 'expiry', type: 'uint256' }] } },
    { deadline: undefined, expiry: '1' },
  )
  delete (renamed.message as Record<string, unknown>).deadline
  const [witness] = grants.PermitWitnessTransferFrom!
  const shifted = { ...witness, types: { ...witness.types, TokenPermissions: PERMISSIONS.toReversed() } }
  const smaller = permit({
    types: { Permit: Permit!.map((each) => (each.name === 'value' ? { ...each, type: 'uint8' } : each)) },
  })
  for (const input of [other, renamed, shifted, smaller]) {
    expect(factsIn(input)).toMatchObject({
      spenders: [],
      messages: [{ form: 'typed-data', contract: expect.any(String) }],
    })
    expect(readEvmTypedData(written(readTypedData(input)))).toMatchObject({ moves: [], calls: { isText: false } })
  }
  for (const missing of ['chainId', 'verifyingContract']) {
    const { [missing as 'chainId']: _gone, ...less } = permit().domain
    expect(factsIn(permit({ domain: less }))).toMatchObject({ spenders: [], messages: [{ contract: null }] })
    expect(() => readEvmTypedData(written(readTypedData(permit({ domain: less }))))).toThrow(KeyError)
  }
})
