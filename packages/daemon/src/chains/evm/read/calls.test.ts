import { factsOf, findNetwork, LOCAL_NETWORKS, nativeAsset, UNREAD_RECIPIENT } from '@waiaas/contract'
import fc from 'fast-check'
import {
  concat,
  encodeAbiParameters,
  encodeFunctionData,
  encodePacked,
  getAddress,
  type Hex,
  parseAbi,
  toFunctionSelector,
} from 'viem'
import { describe, expect, test } from 'vitest'
import { effectsOf } from '../decode.ts'

const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const native = nativeAsset(network)
const account = (digit: string): Hex => getAddress(`0x${digit.repeat(40)}`)
const [me, eve, bob, token, safe] = ['a', 'e', 'b', 'c', '5'].map(account) as [Hex, Hex, Hex, Hex, Hex]
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3'
const asset = `eip155:31337/erc20:${token.toLowerCase()}`

const abi = parseAbi([
  'struct Call { address to; bytes data; }',
  'struct Call3 { address to; bool mayFail; bytes data; }',
  'struct Call3Value { address to; bool mayFail; uint256 value; bytes data; }',
  'struct Execution { address to; uint256 value; bytes data; }',
  'struct Details { address token; uint160 amount; uint48 expiration; uint48 nonce; }',
  'struct Single { Details details; address spender; uint256 deadline; }',
  'struct Batch { Details[] details; address spender; uint256 deadline; }',
  'struct Move { address from; address to; uint160 amount; address token; }',
  'function transfer(address,uint256)',
  'function transferFrom(address,address,uint256)',
  'function approve(address,uint256)',
  'function permit(address,address,uint256,uint256,uint8,bytes32,bytes32)',
  'function permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)',
  'function permit(address,Single,bytes)',
  'function permit(address,Batch,bytes)',
  'function approve(address,address,uint160,uint48)',
  'function transferFrom(address,address,uint160,address)',
  'function transferFrom(Move[])',
  'function safeTransferFrom(address,address,uint256)',
  'function safeTransferFrom(address,address,uint256,bytes)',
  'function safeTransferFrom(address,address,uint256,uint256,bytes)',
  'function safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)',
  'function setApprovalForAll(address,bool)',
  'function multicall(bytes[])',
  'function multicall(uint256,bytes[])',
  'function aggregate(Call[])',
  'function aggregate3(Call3[])',
  'function aggregate3Value(Call3Value[])',
  'function execute(address,uint256,bytes)',
  'function executeBatch(Execution[])',
  'function executeBatch(address[],uint256[],bytes[])',
  'struct Pair { address token; address spender; }',
  'function lockdown(Pair[])',
  'function transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)',
  'function execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)',
  'function multiSend(bytes)',
  'function execute(bytes32,bytes)',
  'function executeFromExecutor(bytes32,bytes)',
])
const executions = [
  {
    type: 'tuple[]',
    components: [
      { name: 'to', type: 'address' },
      { name: 'value', type: 'uint256' },
      { name: 'data', type: 'bytes' },
    ],
  },
] as const
const zero = `0x${'0'.repeat(40)}` as const
const data = (
  functionName: (typeof abi)[number] extends { name: infer N } ? N : string,
  args: readonly unknown[],
): Hex => encodeFunctionData({ abi, functionName, args } as never)
const read = (to: Hex, calldata: Hex, value = 0n) =>
  effectsOf({ network, sender: me.toLowerCase(), tx: { to: to.toLowerCase(), value, data: calldata.toLowerCase() } })
const facts = (to: Hex, calldata: Hex, value = 0n) =>
  factsOf({ network: network.id, sender: me, effects: read(to, calldata, value), fee: { asset: native, max: '0' } })

const pay = data('transfer', [eve, 5n])
const r = `0x${'11'.repeat(32)}` as const
const details = { token, amount: 7n, expiration: 9, nonce: 1 }

describe('what leaves by a call within a call', () => {
  test.each([
    ['multicall', token, data('multicall', [[pay]])],
    ['multicall with a deadline', token, data('multicall', [1n, [pay]])],
    ['aggregate', safe, data('aggregate', [[{ to: token, data: pay }]])],
    ['aggregate3', safe, data('aggregate3', [[{ to: token, mayFail: true, data: pay }]])],
    ['aggregate3Value', safe, data('aggregate3Value', [[{ to: token, mayFail: true, value: 0n, data: pay }]])],
    ['execute', safe, data('execute', [token, 0n, pay])],
    ['executeBatch', safe, data('executeBatch', [[{ to: token, value: 0n, data: pay }]])],
    ['executeBatch of lists', safe, data('executeBatch', [[token], [0n], [pay]])],
    [
      'execute in executeBatch in multicall',
      safe,
      data('multicall', [[data('executeBatch', [[{ to: safe, value: 0n, data: data('execute', [token, 0n, pay]) }]])]]),
    ],
  ])('%s is seen, with the names of both', (_, to, calldata) => {
    const { pays, calls, unknown } = facts(to, calldata)
    expect(pays).toContainEqual({ asset, amount: 5n, to: eve })
    expect(unknown).toEqual([])
    expect(calls).toContainEqual({ contract: to, selector: calldata.slice(0, 10) })
    expect(calls).toContainEqual({ contract: token, selector: '0xa9059cbb' })
  })

  test('is what a Safe or an account does, by calls alone', () => {
    const packed = (operation: number, ...calls: (readonly [Hex, bigint, Hex])[]) =>
      concat(
        calls.map(([to, value, inner]) =>
          encodePacked(
            ['uint8', 'address', 'uint256', 'uint256', 'bytes'],
            [operation, to, value, BigInt((inner.length - 2) / 2), inner],
          ),
        ),
      )
    const exec = (operation: number, gasPrice = 0n) =>
      data('execTransaction', [token, 0n, pay, operation, 0n, 0n, gasPrice, zero, zero, '0x'])
    const mode = (start: string) => `0x${start.padEnd(64, '0')}` as Hex
    const list = encodeAbiParameters(executions, [[{ to: token, value: 0n, data: pay }]])
    const signedList = encodeAbiParameters(
      [...executions, { type: 'bytes' }],
      [[{ to: token, value: 0n, data: pay }], '0x1234'],
    )
    const one = encodePacked(['address', 'uint256', 'bytes'], [token, 0n, pay])
    const toNobody = encodeAbiParameters(executions, [[{ to: zero, value: 0n, data: pay }]])
    const known: readonly Hex[] = [
      exec(0),
      data('multiSend', [packed(0, [token, 0n, pay])]),
      data('execute', [mode('00'), one]),
      data('execute', [mode('0001'), one]),
      data('execute', [mode('01'), list]),
      data('execute', [mode('01000000000078210001'), list]),
      data('execute', [mode('01000000000078210001'), signedList]),
      data('executeFromExecutor', [mode('01'), list]),
    ]
    for (const calldata of known)
      expect(facts(safe, calldata)).toMatchObject({ pays: [{ asset, amount: 5n, to: eve }], unknown: [] })
    const unknown: readonly Hex[] = [
      exec(1),
      exec(0, 1n),
      data('multiSend', [packed(1, [token, 0n, pay])]),
      data('multiSend', [packed(0, [token, 0n, pay]).slice(0, -2) as Hex]),
      data('multiSend', [`${packed(0, [token, 0n, pay])}00` as Hex]),
      data('multiSend', ['0x']),
      data('execute', [mode('ff'), one]),
      data('execute', [mode('01000000000078210002'), list]),
      data('execute', [mode('0100000000001234'), list]),
      data('execute', [mode('01'), `${list}00` as Hex]),
      data('execute', [mode('01'), toNobody]),
      data('execute', [mode('00'), '0x1234']),
    ]
    for (const calldata of unknown) {
      const { calls, unknown: not } = facts(safe, calldata)
      expect([not.length, calls[0]]).toEqual([1, { contract: safe, selector: calldata.slice(0, 10) }])
    }
  })

  test('is what was put in, however often and in whatever it is wrapped', () => {
    type Paid = { readonly to: Hex; readonly amount: bigint }
    type Tree = { readonly calldata: Hex; readonly paid: readonly Paid[] }
    const payment: fc.Arbitrary<Tree> = fc
      .tuple(fc.constantFrom(eve, bob), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }))
      .map(([to, amount]) => ({ calldata: data('transfer', [to, amount]), paid: [{ to, amount }] }))
    const mode = `0x01${'0'.repeat(62)}`
    const wrap: readonly ((all: readonly Tree[]) => Hex)[] = [
      (all) => data('multicall', [all.map(({ calldata }) => calldata)]),
      (all) => data('aggregate3', [all.map(({ calldata }) => ({ to: token, mayFail: false, data: calldata }))]),
      (all) => data('executeBatch', [all.map(({ calldata }) => ({ to: token, value: 0n, data: calldata }))]),
      (all) =>
        data('execute', [
          mode,
          encodeAbiParameters(executions, [all.map(({ calldata }) => ({ to: token, value: 0n, data: calldata }))]),
        ]),
    ]
    const within = (inner: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> =>
      fc
        .tuple(fc.nat(wrap.length - 1), fc.array(inner, { minLength: 1, maxLength: 3 }))
        .map(([at, all]) => ({ calldata: wrap[at]!(all), paid: all.flatMap(({ paid }) => paid) }))
    const trees = fc.oneof(payment, within(payment), within(fc.oneof(payment, within(payment))))
    fc.assert(
      fc.property(trees, ({ calldata, paid }) => {
        const { pays, unknown } = facts(token, calldata)
        expect(unknown).toEqual([])
        expect(pays.map(({ to, amount }) => ({ to, amount }))).toEqual(paid)
        expect(pays.every((one) => one.asset === asset)).toBe(true)
      }),
    )
  })

  test('is paid with what was sent along, and only beyond that with other money', () => {
    const calls = (value: bigint) => data('aggregate3Value', [[{ to: bob, mayFail: false, value, data: '0x' }]])
    const native_ = (value: bigint, sent: bigint) => facts(safe, calls(value), sent).pays
    const sum = (pays: readonly { amount: bigint }[]) => pays.reduce((total, { amount }) => total + amount, 0n)
    for (const [value, sent, total] of [
      [3n, 3n, 3n],
      [3n, 4n, 4n],
      [4n, 3n, 4n],
      [3n, 0n, 3n],
    ] as const) {
      expect(sum(native_(value, sent))).toBe(total)
      expect(native_(value, sent).map(({ to }) => to)).toContain(bob)
    }
  })

  test('adds up, and money without data too', () => {
    const calldata = data('executeBatch', [
      [
        { to: bob, value: 3n, data: '0x' },
        { to: token, value: 0n, data: pay },
        { to: token, value: 0n, data: pay },
      ],
    ])
    const { pays } = facts(safe, calldata, 4n)
    const sum = (of: string) => pays.reduce((total, { asset, amount }) => (asset === of ? total + amount : total), 0n)
    expect([sum(native), sum(asset)]).toEqual([4n, 10n])
  })

  test('is unknown where one of many is, or where they are too deep', () => {
    const odd = data('multicall', [[pay, '0x12345678']])
    expect(facts(token, odd).unknown).toHaveLength(1)
    let deep: Hex = pay
    for (let depth = 0; depth < 6; depth++) deep = data('execute', [token, 0n, deep])
    expect(facts(safe, deep).unknown).toHaveLength(1)
  })
})

describe('what others may take', () => {
  const grant = (amount: bigint, unlimited = false) => ({ asset, amount, spender: eve, unlimited })
  test.each([
    ['approve', token, data('approve', [eve, 7n]), grant(7n)],
    ['permit', token, data('permit', [me, eve, 7n, 9n, 27, r, r]), grant(7n)],
    ['permit of DAI', token, data('permit', [me, eve, 7n, 9n, true, 27, r, r]), grant(2n ** 256n - 1n, true)],
    ['approve of Permit2', PERMIT2, data('approve', [token, eve, 2n ** 160n - 1n, 9]), grant(2n ** 160n - 1n, true)],
    ['permit of Permit2', PERMIT2, data('permit', [me, { details, spender: eve, deadline: 9n }, '0x']), grant(7n)],
    [
      'permits of Permit2',
      PERMIT2,
      data('permit', [me, { details: [details], spender: eve, deadline: 9n }, '0x']),
      grant(7n),
    ],
  ] as const)('by %s', (_, to, calldata, expected) => {
    expect(facts(to, calldata).spenders).toEqual([expected])
  })

  test('is the matter of whoever signed the permit, and of Permit2 at its own address alone', () => {
    expect(facts(token, data('permit', [bob, eve, 7n, 9n, 27, r, r]))).toMatchObject({
      spenders: [],
      unknown: [expect.anything()],
    })
    expect(facts(token, data('permit', [me, eve, 0n, 9n, false, 27, r, r]))).toMatchObject({ spenders: [] })
    expect(facts(eve, data('approve', [token, eve, 7n, 9]))).toMatchObject({
      spenders: [],
      unknown: [expect.anything()],
    })
  })

  test('of NFTs is everything, or nothing any more', () => {
    expect(facts(token, data('setApprovalForAll', [eve, true])).operators).toEqual([{ contract: token, operator: eve }])
    expect(facts(token, data('setApprovalForAll', [eve, false])).operators).toEqual([])
  })
})

describe('what is moved', () => {
  test('by Permit2 leaves the wallet, or somebody whose matter it is', () => {
    const move = { from: me, to: eve, amount: 7n, token }
    expect(facts(PERMIT2, data('transferFrom', [me, eve, 7n, token])).pays).toEqual([{ asset, amount: 7n, to: eve }])
    expect(facts(PERMIT2, data('transferFrom', [[move, { ...move, from: bob, to: safe }]]))).toMatchObject({
      pays: [
        { asset, amount: 7n, to: eve },
        { amount: 0n, to: safe },
      ],
      unknown: [expect.anything()],
    })
  })

  test.each([
    ['one', data('safeTransferFrom', [me, eve, 7n])],
    ['one with data', data('safeTransferFrom', [me, eve, 7n, '0x12'])],
    ['some of one', data('safeTransferFrom', [me, eve, 7n, 2n, '0x'])],
    ['many', data('safeBatchTransferFrom', [me, eve, [7n], [2n], '0x'])],
  ])('of NFTs: %s', (_, calldata) => {
    expect(facts(token, calldata)).toMatchObject({
      nfts: [{ contract: token, tokenId: '7', to: eve }],
      calls: [{ contract: token }],
      unknown: [],
    })
  })

  test('by a transfer that its owner has signed leaves the wallet, or somebody whose matter it is', () => {
    const moved = (from: Hex) => data('transferWithAuthorization', [from, eve, 7n, 0n, 9n, r, '0x'])
    expect(facts(token, moved(me))).toMatchObject({ pays: [{ asset, amount: 7n, to: eve }], unknown: [] })
    expect(facts(token, moved(bob)).unknown).toHaveLength(1)
  })

  test('by nobody any more is an allowance of nothing', () => {
    const calldata = data('lockdown', [[{ token, spender: eve }]])
    expect(facts(PERMIT2, calldata).spenders).toEqual([{ asset, amount: 0n, spender: eve, unlimited: false }])
    expect(facts(token, calldata).unknown).toHaveLength(1)
  })

  test('from an account that only allowed it is not understood', () => {
    for (const [to, paid] of [
      [eve, [{ asset: native, amount: 0n, to: eve }]],
      [me, []],
    ] as const)
      for (const name of ['safeTransferFrom', 'transferFrom'] as const)
        expect(facts(token, data(name, [bob, to, 7n]))).toMatchObject({ unknown: [expect.anything()], pays: paid })
  })
})

test('a call inside that is in no exact form, or too deep, is for nobody knows whom', () => {
  const anybody = { unknown: [expect.anything()], pays: [{ amount: 0n, to: UNREAD_RECIPIENT }] }
  const odd = [`${pay}00`, `${pay}${'0'.repeat(64)}`, pay.replace('9059cbb00', '9059cbb01'), pay.slice(0, -2)] as Hex[]
  for (const inner of [...odd, `${data('multicall', [[pay]])}00` as Hex])
    for (const calldata of [inner, data('multicall', [[inner]]), data('execute', [token, 0n, inner])])
      expect(facts(token, calldata), calldata).toMatchObject(anybody)
  let deep: Hex = pay
  for (let depth = 0; depth < 4; depth++) deep = data('multicall', [[deep]])
  expect(facts(token, deep)).toMatchObject(anybody)
  // A function that nobody knows names nobody either way: whose code runs is what the lists say of it.
  expect(facts(token, '0x12345678')).toMatchObject({ unknown: [expect.anything()], pays: [] })
})

test('code of a contract never runs unnamed, and what is not told of it is unknown', () => {
  expect(facts(token, data('setApprovalForAll', [eve, false]))).toMatchObject({ calls: [{ contract: token }] })
  for (const empty of [data('multicall', [[]]), data('aggregate3', [[]]), data('executeBatch', [[]])])
    expect(facts(token, empty)).toMatchObject({ calls: [{ contract: token }], unknown: [expect.anything()] })
  for (const [to, values, contents] of [
    [[token], [0n, 0n], [pay]],
    [[token, token], [0n], [pay]],
    [[token], [0n], []],
  ])
    expect(facts(safe, data('executeBatch', [to, values, contents])).unknown).toHaveLength(1)
})

test('junk is never nothing, and never throws', () => {
  const known = abi.flatMap((item) => (item.type === 'function' ? [item] : []))
  const bytes = fc.uint8Array({ maxLength: 400 }).map((all) => Buffer.from(all).toString('hex'))
  const calldata = fc.oneof(
    bytes.map((hex) => `0x${hex}` as Hex),
    fc.tuple(fc.nat(known.length - 1), bytes).map(([at, hex]): Hex => `${toFunctionSelector(known[at]!)}${hex}`),
    // What is packed has no form that junk could fail to have.
    bytes.map((hex) => data('multiSend', [`0x${hex}`])),
    fc
      .tuple(fc.constantFrom('00', '01'), bytes)
      .map(([kind, hex]) => data('execute', [`0x${kind.padEnd(64, '0')}`, `0x${hex}`])),
  )
  fc.assert(
    fc.property(calldata, (junk) => {
      if (junk === '0x') return
      const { pays, spenders, operators, nfts, calls, unknown } = facts(token, junk)
      expect(
        pays.length + spenders.length + operators.length + nfts.length + calls.length + unknown.length,
      ).toBeGreaterThan(0)
    }),
    { numRuns: 1_000 },
  )
})
