import { factsOf, findNetwork, LOCAL_NETWORKS, nativeAsset } from '@waiaas/contract'
import fc from 'fast-check'
import { encodeFunctionData, getAddress, type Hex, parseAbi } from 'viem'
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
])
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
    expect([sum(native), sum(asset)]).toEqual([7n, 10n])
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
    expect(facts(PERMIT2, data('transferFrom', [[move, { ...move, from: bob }]])).pays).toEqual([
      { asset, amount: 7n, to: eve },
    ])
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

  test('from an account that only allowed it is not understood', () => {
    for (const calldata of [data('safeTransferFrom', [bob, eve, 7n]), data('transferFrom', [bob, eve, 7n])])
      expect(facts(token, calldata).unknown).toHaveLength(1)
  })
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
    fc.tuple(fc.nat(known.length - 1), bytes).map(([at, hex]): Hex => `${facade(known[at]!)}${hex}`),
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

/** The selector of a function, from calldata of its own: whatever stands behind it is junk. */
function facade({ name }: { name: string }): Hex {
  const samples: Record<string, Hex> = { multicall: data('multicall', [[]]), execute: data('execute', [bob, 0n, '0x']) }
  return (samples[name] ?? pay).slice(0, 10) as Hex
}
