import { factsOf, nativeAsset, UNREAD_RECIPIENT } from '@waiaas/contract'
import fc from 'fast-check'
import { encodeAbiParameters, encodeFunctionData, getAddress, type Hex, parseAbiParameters } from 'viem'
import { expect, test } from 'vitest'
import { localEvm } from '../../../../test/evm-bed.ts'
import { effectsOf } from '../decode.ts'
import { swaps } from './swaps.ts'

const ME = '0x00000000000000000000000000000000000000a1'
const ROUTER = '0x00000000000000000000000000000000000000c3'
const THIEF = '0x00000000000000000000000000000000000000b2'

/** Whom a call of the router pays, and whether more of it is unknown. */
function read(data: string) {
  const tx = { to: ROUTER, value: 0n, data }
  const effects = effectsOf({ network: localEvm, sender: ME, tx })
  const fee = { asset: nativeAsset(localEvm), max: '0' }
  const { pays, unknown, calls } = factsOf({ network: localEvm.id, sender: ME, effects, fee })
  const paid = pays.filter(({ amount }) => amount === 0n)
  return { receivers: paid.map(({ to }) => to.toLowerCase()), isUnknown: unknown.length > 0, calls: calls.length }
}

type Field = { type: string; components?: Field[] }
const typesIn = (text: string): Field[] => parseAbiParameters(text) as unknown as Field[]
/** Some value of a type; an address is the one that is given. */
function made({ type, components }: Field, account: string): unknown {
  if (type.endsWith('[]')) return [made({ type: type.slice(0, -2), ...(components && { components }) }, account)]
  if (components) return components.map((one) => made(one, account))
  if (type === 'address') return account
  if (type === 'bool') return true
  return type.startsWith('uint') ? (type === 'uint24' ? 3_000 : 7n) : '0x1234'
}

const V2 = '(uint256,uint256,address[],address,uint256)'
const V2_FOR_MONEY = '(uint256,address[],address,uint256)'
const functions = [
  `swapExactTokensForTokens${V2}`,
  `swapTokensForExactTokens${V2}`,
  `swapTokensForExactETH${V2}`,
  `swapExactTokensForETH${V2}`,
  `swapExactTokensForTokensSupportingFeeOnTransferTokens${V2}`,
  `swapExactTokensForETHSupportingFeeOnTransferTokens${V2}`,
  `swapExactETHForTokens${V2_FOR_MONEY}`,
  `swapETHForExactTokens${V2_FOR_MONEY}`,
  `swapExactETHForTokensSupportingFeeOnTransferTokens${V2_FOR_MONEY}`,
  'swapExactTokensForTokens(uint256,uint256,address[],address)',
  'swapTokensForExactTokens(uint256,uint256,address[],address)',
  ...['exactInput', 'exactOutput'].flatMap((name) => [
    `${name}Single((address,address,uint24,address,uint256,uint256,uint256,uint160))`,
    `${name}Single((address,address,uint24,address,uint256,uint256,uint160))`,
    `${name}((bytes,address,uint256,uint256,uint256))`,
    `${name}((bytes,address,uint256,uint256))`,
  ]),
  'unwrapWETH9(uint256,address)',
  'unwrapWETH9WithFee(uint256,address,uint256,address)',
  'sweepToken(address,uint256,address)',
  'sweepTokenWithFee(address,uint256,address,uint256,address)',
]
test.each(functions)('%s pays whoever it names, and what it costs is not known from its bytes', (signature) => {
  const [, name, inputs] = /^(\w+)\((.*)\)$/.exec(signature)!
  const abi = [{ type: 'function', name, inputs: typesIn(inputs!), outputs: [], stateMutability: 'payable' }]
  const called = (account: string): Hex =>
    encodeFunctionData({ abi, args: typesIn(inputs!).map((one) => made(one, account)) } as never)
  const found = read(called(THIEF))
  expect([...new Set(found.receivers)]).toEqual([THIEF])
  expect(found).toMatchObject({ isUnknown: true, calls: 1 })
  const receivers = (account: string) => [...new Set(read(called(account)).receivers)]
  expect(receivers(ME)).toEqual([])
  const word = (number: number) => `0x${String(number).padStart(40, '0')}`
  const { caller, router } = wordsOf(signature)
  for (const number of [0, 1, 2])
    expect(receivers(word(number))).toEqual(number === caller ? [] : [number === router ? ROUTER : word(number)])
  // What the router keeps is anybody's.
  expect(receivers(ROUTER)).toEqual([ROUTER])
})

/** The first version of the router takes 0 for itself, the second 1 for its caller and 2 for itself, and others no number at all. */
function wordsOf(signature: string): { caller?: number; router?: number } {
  const isSecond = /uint256,uint256,uint160\)\)$|uint256,uint256\)\)$|address\[\],address\)$/.test(signature)
  const isFirst = /uint256,uint256,uint256,uint160\)\)$|uint256,uint256,uint256\)\)$/.test(signature)
  return isFirst ? { router: 0 } : isSecond ? { caller: 1, router: 2 } : {}
}

test.each(functions)('%s is for anybody where it is not in its exact form', (signature) => {
  const [, name, inputs] = /^(\w+)\((.*)\)$/.exec(signature)!
  const abi = [{ type: 'function', name, inputs: typesIn(inputs!), outputs: [], stateMutability: 'payable' }]
  const exact = encodeFunctionData({ abi, args: typesIn(inputs!).map((one) => made(one, ME)) } as never)
  expect(read(exact).receivers).toEqual([])
  for (const odd of [`${exact}00`, `${exact}${'0'.repeat(64)}`, exact.slice(0, -2), exact.slice(0, 10)])
    expect(read(odd)).toEqual({ receivers: [UNREAD_RECIPIENT], isUnknown: true, calls: 1 })
})

const TOKEN = '0x00000000000000000000000000000000000000d4'
const OTHER = '0x00000000000000000000000000000000000000e5'
/** What leaves at most, by the bytes. */
const most = (data: string) =>
  effectsOf({ network: localEvm, sender: ME, tx: { to: ROUTER, value: 0n, data } }).flatMap((effect) =>
    effect.kind === 'outflow' && effect.isMost ? [[effect.asset, effect.amount]] : [],
  )
const BOUND = [[`eip155:31337/erc20:${TOKEN}`, '900']]

test.each([
  ['swapTokensForExactTokens(uint256,uint256,address[],address,uint256)', [5n, 900n, [TOKEN, OTHER], ME, 9n], BOUND],
  ['swapTokensForExactETH(uint256,uint256,address[],address,uint256)', [5n, 900n, [TOKEN, OTHER], ME, 9n], BOUND],
  ['swapTokensForExactTokens(uint256,uint256,address[],address)', [5n, 900n, [TOKEN, OTHER], ME], BOUND],
  ['swapExactTokensForTokens(uint256,uint256,address[],address,uint256)', [900n, 5n, [TOKEN, OTHER], ME, 9n], []],
  [
    'exactOutputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))',
    [[TOKEN, OTHER, 3_000, ME, 9n, 5n, 900n, 0n]],
    BOUND,
  ],
  [
    'exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))',
    [[TOKEN, OTHER, 3_000, ME, 5n, 900n, 0n]],
    BOUND,
  ],
  // Where it stops at a price, an amount is a bound too.
  ...([0n, 7n] as const).flatMap((limit) => [
    [
      'exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))',
      [[TOKEN, OTHER, 3_000, ME, 9n, 900n, 5n, limit]],
      limit === 0n ? [] : BOUND,
    ] as const,
    [
      'exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))',
      [[TOKEN, OTHER, 3_000, ME, 900n, 5n, limit]],
      limit === 0n ? [] : BOUND,
    ] as const,
  ]),
  ['exactOutput((bytes,address,uint256,uint256,uint256))', [[pathOf(OTHER, TOKEN), ME, 9n, 5n, 900n]], BOUND],
  ['exactOutput((bytes,address,uint256,uint256))', [[pathOf(OTHER, ROUTER, TOKEN), ME, 5n, 900n]], BOUND],
  ['exactInput((bytes,address,uint256,uint256))', [[pathOf(TOKEN, OTHER), ME, 900n, 5n]], []],
] as const)('%s takes at most what its bytes name', (signature, args, bound) => {
  const [, name, inputs] = /^(\w+)\((.*)\)$/.exec(signature)!
  const abi = [{ type: 'function', name, inputs: typesIn(inputs!), outputs: [], stateMutability: 'payable' }]
  expect(most(encodeFunctionData({ abi, args } as never))).toEqual(bound)
})

function pathOf(...tokens: readonly string[]): Hex {
  return `0x${tokens.map((token) => token.slice(2)).join('000bb8')}`
}

const input = (types: string, values: readonly unknown[]): Hex =>
  encodeAbiParameters(typesIn(types) as never, values as never)

test('commands of the Universal Router take at most what their bytes name, and of its caller alone', () => {
  for (const [isOfCaller, bound] of [
    [true, BOUND],
    [false, []],
  ] as const) {
    const byPools = input(BY_POOLS, [ME, 5n, 900n, pathOf(OTHER, TOKEN), isOfCaller])
    const byPairs = input(BY_PAIRS, [ME, 5n, 900n, [TOKEN, OTHER], isOfCaller])
    expect(most(commanded([1], [byPools]))).toEqual(bound)
    expect(most(commanded([9], [byPairs]))).toEqual(bound)
    for (const [command, one] of [[0, byPools] as const, [8, byPairs] as const])
      expect(most(commanded([command], [one]))).toEqual([])
  }
  const settle = (token: string) => actions('080c', '0x', input('address,uint256', [token, 900n]))
  expect(most(commanded([0x10], [settle(TOKEN)]))).toEqual(BOUND)
  expect(most(commanded([0x10], [settle(`0x${'0'.repeat(40)}`)]))).toEqual([])
})

test('what pools are paid by a caller is so much, or all that is owed without a bound, and never nothing', () => {
  const told = (token: string, amount: bigint, isOfCaller: boolean) => {
    const data = commanded([0x10], [actions('060b', '0x', input('address,uint256,bool', [token, amount, isOfCaller]))])
    const effects = effectsOf({ network: localEvm, sender: ME, tx: { to: ROUTER, value: 0n, data } })
    return { most: most(data), open: effects.filter((one) => JSON.stringify(one).includes('comes to owe')) }
  }
  expect(told(TOKEN, 900n, true)).toEqual({ most: BOUND, open: [] })
  for (const amount of [0n, 1n << 255n]) {
    const open = [{ kind: 'unknown', description: expect.stringContaining(getAddress(TOKEN)) }]
    expect(told(TOKEN, amount, true)).toEqual({ most: [], open })
  }
  // The router pays by itself, or money was sent along.
  expect(told(TOKEN, 0n, false)).toEqual({ most: [], open: [] })
  expect(told(`0x${'0'.repeat(40)}`, 0n, true)).toEqual({ most: [], open: [] })
})

const details = '(address,uint160,uint48,uint48)'
/** A call of the router with one command, or more of them. */
function commanded(commands: readonly number[], inputs: readonly string[], more: readonly unknown[] = []): Hex {
  const types = typesIn(more.length > 0 ? 'bytes,bytes[],uint256' : 'bytes,bytes[]')
  const abi = [{ type: 'function', name: 'execute', inputs: types, outputs: [], stateMutability: 'payable' }]
  const bytes = `0x${commands.map((one) => one.toString(16).padStart(2, '0')).join('')}`
  return encodeFunctionData({ abi, args: [bytes, inputs, ...more] } as never)
}
const inputFor = (types: string, account: string): Hex => {
  const fields = typesIn(types)
  return encodeAbiParameters(fields as never, fields.map((one) => made(one, account)) as never)
}
/** For the pools that are in one contract, what it is told in a command. */
const actions = (codes: string, ...inputs: readonly Hex[]): Hex =>
  encodeAbiParameters([{ type: 'bytes' }, { type: 'bytes[]' }], [`0x${codes}`, inputs])
const BY_POOLS = 'address,uint256,uint256,bytes,bool'
const BY_PAIRS = 'address,uint256,uint256,address[],bool'
const PASSED = 'address,address,uint256'

test.each([
  ...[0x00, 0x01].map((command) => [command, (account: string) => inputFor(BY_POOLS, account)] as const),
  ...[0x04, 0x05, 0x06].map((command) => [command, (account: string) => inputFor(PASSED, account)] as const),
  ...[0x08, 0x09].map((command) => [command, (account: string) => inputFor(BY_PAIRS, account)] as const),
  ...[0x0b, 0x0c].map((command) => [command, (account: string) => inputFor('address,uint256', account)] as const),
  [
    0x10,
    (account: string) => actions('060c0e', '0x1234', inputFor('address,uint256', THIEF), inputFor(PASSED, account)),
  ],
  [0x21, (account: string) => actions('05', inputFor(PASSED, account))],
] as const)('command %i of the Universal Router pays whoever it names, also where it may fail', (command, input) => {
  const held = inputFor(PASSED, ME)
  const receivers = (account: string) =>
    [command, command | 0x80].flatMap((code) =>
      [[], [7n]].map((more) => {
        const found = read(commanded([0x0e, code], [held, input(account)], more))
        expect(found).toMatchObject({ isUnknown: true, calls: 1 })
        return found.receivers.join()
      }),
    )
  for (const [account, receiver] of [
    [THIEF, THIEF],
    [ME, ''],
    [`0x${'0'.repeat(39)}1`, ''],
    [`0x${'0'.repeat(39)}2`, ROUTER],
    [ROUTER, ROUTER],
  ] as const)
    expect(receivers(account)).toEqual(Array(4).fill(receiver))
})

test('tokens that the Universal Router takes by Permit2, and what it lets others take, are told', () => {
  const effects = (command: number, types: string) =>
    effectsOf({
      ...{ network: localEvm, sender: ME },
      tx: { to: ROUTER, value: 0n, data: commanded([command], [inputFor(types, THIEF)]) },
    })
  const asset = `eip155:31337/erc20:${THIEF}`
  for (const [command, types] of [
    [0x02, 'address,address,uint160'],
    [0x0d, '(address,address,uint160,address)[]'],
  ] as const)
    expect(effects(command, types)).toContainEqual(
      expect.objectContaining({ kind: 'outflow', asset, amount: '7', to: expect.stringMatching(/b2$/i) }),
    )
  for (const [command, types] of [
    [0x0a, `(${details},address,uint256),bytes`],
    [0x03, `(${details}[],address,uint256),bytes`],
  ] as const)
    expect(effects(command, types)).toContainEqual(
      expect.objectContaining({ kind: 'approval', asset, amount: '7', spender: expect.stringMatching(/b2$/i) }),
    )
})

test('a command of the Universal Router that cannot be read is for anybody', () => {
  const mine = inputFor(PASSED, ME)
  const deep = (levels: number): Hex => (levels === 0 ? mine : actions(levels === 1 ? '05' : '21', deep(levels - 1)))
  for (const [commands, inputs] of [
    [[0x05], [`${mine}00`]],
    [[0x05], [`${mine}${'0'.repeat(64)}`]],
    [[0x05], ['0x']],
    [[0x05, 0x05], [mine]],
    [[0x05], [mine, mine]],
    // Commands that only some version of the router has.
    ...[0x07, 0x0f, 0x11, 0x12, 0x13, 0x20, 0x22, 0x3f, 0x40, 0x45].map((code) => [[code], [mine]] as const),
    [[0x10], [actions('0d', mine)]],
    [[0x10], [actions('0e0e', mine)]],
    [[0x10], [actions('0e', `${mine}00`)]],
    [[0x21], [deep(9)]],
  ] as const)
    expect(read(commanded(commands, inputs)).receivers).toEqual([UNREAD_RECIPIENT])
  expect(read(commanded([0x21], [deep(3)])).receivers).toEqual([])
})

test('whatever follows a selector that is known, it is never nothing', () => {
  const selectors = fc.constantFrom(...swaps.map(({ called }) => called.selector))
  const bytes = fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each).toString('hex'))
  fc.assert(
    fc.property(selectors, bytes, (selector, rest) => {
      expect(read(`${selector}${rest}`)).toEqual({ receivers: [UNREAD_RECIPIENT], isUnknown: true, calls: 1 })
    }),
  )
})
