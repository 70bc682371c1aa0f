import { type Effect, toBase } from '@waiaas/contract'
import { deployEvmFixtures, type EvmFixtures, evmContracts, evmFaucet, mintToken } from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, type Hex } from 'viem'
import { expect, test } from 'vitest'
import {
  type Answered,
  changing,
  ether,
  type Key,
  localEvm,
  newKey,
  type Request,
  startChain,
  startEndpoint,
} from '../../../../test/evm-bed.ts'
import { evmChain } from '../chain.ts'
import { toGas } from '../gas-units.ts'
import { encodeUnsigned } from '../transaction.ts'

const { abi, bytecode } = evmContracts.Hostile
const chainOf = (...urls: string[]) =>
  evmChain({ network: localEvm, urls, allowForeignGenesis: true, warn: () => undefined })

/** A node with a contract that takes seven of a token, and who has allowed that. */
async function bed() {
  const { node } = await startChain()
  const at: EvmFixtures = await deployEvmFixtures(node)
  const send = (from: string, more: object) =>
    node.rpc('eth_sendTransactionSync', [{ from, ...more }]) as Promise<{ contractAddress: Hex; transactionHash: Hex }>
  const { contractAddress: to } = await send(evmFaucet, { data: encodeDeployData({ abi, bytecode }) })
  const key: Key = newKey()
  await node.fund(key.address, ether)
  await mintToken(node, at.plainToken, { to: key.address, amount: 100n })
  const erc20 = evmContracts.PlainToken.abi
  await node.rpc('anvil_impersonateAccount', [key.address])
  await send(key.address, {
    to: at.plainToken,
    data: encodeFunctionData({ abi: erc20, functionName: 'approve', args: [to, 50n] }),
  })
  await send(evmFaucet, {
    to,
    data: encodeFunctionData({ abi, functionName: 'become', args: [1, at.plainToken, at.sink, 7n] }),
  })
  const data = encodeFunctionData({ abi, functionName: 'work' })
  const intent = { kind: 'contract-call' as const, to, value: toBase(0n), data, tokens: [] }
  return {
    ...{ node, at },
    seen: async (...urls: string[]) => (await chainOf(...urls).draft(key.address, intent)).seen,
    /** The call in a block; what endpoints tell of it. */
    async landing(alone?: boolean) {
      const { transactionHash: hash } = await send(key.address, { to, data })
      return async (...urls: string[]) => chainOf(...urls).landed!({ hash, sender: key.address, alone })
    },
  }
}

/** A node that does as it likes with the one method or the other. */
const changed = async (url: string, methods: readonly string[], instead: (answer: Answered) => Answered | undefined) =>
  (
    await startEndpoint(
      changing(url, (request: Request, answer) => (methods.includes(request.method) ? instead(answer) : undefined)),
    )
  ).url
const simulating = (url: string, instead: (answer: Answered) => Answered | undefined) =>
  changed(url, ['eth_simulateV1'], instead)
const missing = (): Answered => ({ error: { code: -32601, message: 'the method does not exist' } })

test('what an honest node sees counts, whichever of two endpoints it is', async () => {
  const { node, at, seen } = await bed()
  const outflow = {
    kind: 'outflow',
    asset: `eip155:31337/erc20:${at.plainToken.toLowerCase()}`,
    amount: '7',
    to: at.sink,
  }
  expect(await seen(node.url)).toEqual([outflow])
  const liar = await simulating(node.url, ({ result }) => {
    const [block] = result as { calls: { returnData: string }[] }[]
    // Nothing has moved, and all balances are what they were.
    const calls = block!.calls.map((one) => ({ ...one, logs: [], returnData: `0x${'0'.repeat(64)}` }))
    return { result: [{ ...block, calls }] }
  })
  expect(await seen(liar)).toEqual([])
  expect(await seen(node.url, liar)).toEqual([outflow])
  expect(await seen(liar, node.url)).toEqual([outflow])
})

test('what any of two endpoints tells of a call in a block counts, and one alone is not believed', async () => {
  const { node, at, landing } = await bed()
  const landed = await landing()
  const asset = `eip155:31337/erc20:${at.plainToken.toLowerCase()}`
  const outflow = { kind: 'outflow', asset, amount: '7', to: at.sink }
  expect(await landed(node.url)).toEqual([outflow])
  const receipts = (instead: (answer: Answered) => Answered) =>
    changed(node.url, ['eth_getTransactionReceipt'], instead)
  const liar = await receipts(({ result }) => ({ result: { ...(result as object), logs: [] } }))
  expect(await landed(liar)).toEqual([])
  expect(await landed(node.url, liar)).toEqual([outflow])
  expect(await landed(liar, node.url)).toEqual([outflow])
  const silent = await receipts(() => ({ result: null }))
  for (const urls of [[silent, liar] as const, [liar, silent] as const])
    await expect(landed(...urls)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  const forgets = await changed(node.url, ['eth_call'], () => ({
    error: { code: -32000, message: 'missing trie node' },
  }))
  for (const other of [silent, forgets]) expect(await landed(liar, other, node.url)).toEqual([outflow])

  // Where one's word is enough, a second one is asked all the same.
  const enough = await landing(true)
  expect(await enough(silent, node.url)).toEqual([outflow])
  expect(await enough(liar, node.url)).toEqual([outflow])
  await expect(enough(silent)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

test.each<[string, (answer: Answered) => Answered]>([
  ['answers nonsense', () => ({ result: 'yes' })],
  ['leaves calls out', () => ({ result: [{ calls: [] }] })],
  [
    'shows logs that are none',
    ({ result }) => {
      const [block] = result as { calls: object[] }[]
      return { result: [{ ...block, calls: block!.calls.map((one) => ({ ...one, logs: [7] })) }] }
    },
  ],
])('nothing is seen where one of two endpoints %s', async (_, instead) => {
  const { node, seen } = await bed()
  const odd = await simulating(node.url, instead)
  expect(await seen(odd)).toBeUndefined()
  expect(await seen(node.url, odd)).toBeUndefined()
  expect(await seen(odd, node.url)).toBeUndefined()
})

test('a node that only traces sees the same', async () => {
  const { node, seen } = await bed()
  const tracing = await simulating(node.url, missing)
  const honest = await seen(node.url)
  expect(honest).toMatchObject([{ kind: 'outflow', amount: '7' }])
  expect(await seen(tracing)).toEqual(honest)
  expect(await seen(node.url, tracing)).toEqual(honest)
})

type Trace = { pre?: Record<string, object>; post?: Record<string, object>; calls?: object[] }
test.each<[string, (trace: Trace) => unknown]>([
  ['traces neither', () => undefined],
  ['answers nonsense', () => 'yes'],
  ['shows calls that are none', (trace) => (trace.calls ? { ...trace, calls: 7 } : trace)],
  ['shows accounts that are gone', (trace) => (trace.post ? { ...trace, post: {} } : trace)],
  [
    'changes more than can be looked at',
    ({ pre, post, ...rest }) => {
      if (!post) return rest
      const slots = Array.from({ length: 301 }, (_, at) => [
        `0x${at.toString(16).padStart(64, '0')}`,
        `0x${'1'.repeat(64)}`,
      ])
      return { pre, post: { ...post, [`0x${'7'.repeat(40)}`]: { storage: Object.fromEntries(slots) } } }
    },
  ],
])('nothing is seen where one of two endpoints has no simulation, and %s', async (_, instead) => {
  const { node, seen } = await bed()
  const tracing = await simulating(node.url, missing)
  const odd = await changed(tracing, ['debug_traceCall'], ({ result }) => {
    const other = instead(result as Trace)
    return other === undefined ? missing() : { result: other }
  })
  expect(await seen(odd)).toBeUndefined()
  expect(await seen(node.url, odd)).toBeUndefined()
})

/** A token of which everybody has a hundred, and who is called with less than a word takes seven without a log; and who calls it. */
async function silentBed() {
  const { node, key } = await startChain()
  const send = (from: string, more: object) =>
    node.rpc('eth_sendTransactionSync', [{ from, ...more }]) as Promise<{ transactionHash: Hex }>
  const made = async (runtime: string) => {
    // 100 at 0; what follows is the code.
    const data = `0x60645f5560${(runtime.length / 2).toString(16).padStart(2, '0')}80600d5f395ff3${runtime}`
    const receipt = await node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, data }])
    return (receipt as { contractAddress: Hex }).contractAddress.toLowerCase() as Hex
  }
  const token = await made('36600c5760075f54035f55005b5f545f5260205ff3')
  const take = `${'5f'.repeat(5)}73${token.slice(2)}5af16029575f5ffd5b00`
  const to = await made(`36600418602957${take}`)
  // Asked for a balance it never ends.
  const burning = await made(`36600418602b57${take}5b602b56`)
  const intent = { kind: 'contract-call' as const, to, value: toBase(0n), data: '0x12345678', tokens: [] }
  const outflow = { kind: 'outflow', asset: `eip155:31337/erc20:${token}`, amount: '7' }
  return {
    ...{ node, token, outflow, burning },
    seen: async (...urls: string[]) => (await chainOf(...urls).draft(key.address, intent)).seen,
    /** The call in a block; what endpoints tell of it. */
    async landing(called = to) {
      await node.rpc('anvil_impersonateAccount', [key.address])
      const { transactionHash: hash } = await send(key.address, { to: called, data: intent.data })
      return async (judged: readonly Effect[], ...urls: string[]) =>
        chainOf(...urls).landed!({ hash, sender: key.address, judged })
    },
    async seenInOrder(url: string) {
      const pay = { kind: 'transfer' as const, to: key.address, amount: toBase(1n) }
      const drafts = await chainOf(url).draftsInOrder!(key.address, [pay, intent])
      return drafts?.[1]?.seen
    },
    /** The same behind a gate that another step opens, without which it fails before it gets there. */
    async seenBehindGate(url: string) {
      const gate = await made(
        `3660041460355760015436600514166015575f5ffd5b5f5f60045f5f73${to.slice(2)}5af150005b600160015500`,
      )
      const steps = ['0x00000000', '0x0000000000'].map((data) => ({ ...intent, to: gate, data }))
      return (await chainOf(url).draftsInOrder!(key.address, steps))?.[1]?.seen
    },
  }
}

test('a token that says nothing is seen to leave, however a node tells', async () => {
  const { node, outflow, seen, seenInOrder, seenBehindGate } = await silentBed()
  expect(await seen(node.url)).toMatchObject([outflow])
  expect(await seenInOrder(node.url)).toMatchObject([outflow])
  expect(await seenBehindGate(node.url)).toMatchObject([outflow])
  expect(await seenBehindGate(await changed(node.url, ['debug_traceCall'], missing))).toEqual([])
  const tracing = await simulating(node.url, missing)
  expect(await seen(tracing)).toMatchObject([outflow])
  // One that offers nothing for it sees what logs say, and the other one counts.
  const blind = await changed(node.url, ['eth_createAccessList'], missing)
  expect(await seen(blind)).toEqual([])
  expect(await seen(blind, node.url)).toMatchObject([outflow])
  expect(await seen(node.url, blind)).toMatchObject([outflow])
})

test('and when it has left, whatever was judged', async () => {
  const { node, outflow, landing, burning } = await silentBed()
  const landed = await landing()
  expect(await (await landing(burning))([], node.url)).toMatchObject([outflow])
  const judged: Effect[] = [{ ...outflow, kind: 'outflow', amount: '3', to: evmFaucet }]
  expect(await landed([], node.url)).toMatchObject([outflow])
  // One that has no traces lists what the call reaches upon the block before; one that has not that either sees what was judged.
  const listing = await changed(node.url, ['debug_traceTransaction'], missing)
  expect(await landed([], listing)).toMatchObject([outflow])
  const blind = await changed(listing, ['eth_createAccessList'], missing)
  expect(await landed([], blind)).toEqual([])
  expect(await landed(judged, blind)).toMatchObject([outflow])
  expect(await landed([], blind, node.url)).toMatchObject([outflow])
  // The state alone tells of what was judged where nothing can be run in that block.
  const plain = await changed(node.url, ['eth_simulateV1'], missing)
  expect(await landed([], plain)).toEqual([])
  expect(await landed(judged, plain)).toMatchObject([outflow])
})

test('what is less because time goes by has not left', async () => {
  const { node, key } = await startChain()
  const send = (from: string, more: object) =>
    node.rpc('eth_sendTransactionSync', [{ from, ...more }]) as Promise<{ contractAddress: Hex; transactionHash: Hex }>
  // Everybody has 2^64 of it, less the time.
  const runtime = '4268010000000000000000035f5260205ff3'
  const size = (runtime.length / 2).toString(16).padStart(2, '0')
  const { contractAddress: to } = await send(evmFaucet, { data: `0x60${size}80600a5f395ff3${'00'}${runtime}` })
  expect(await node.rpc('eth_getCode', [to, 'latest'])).toBe(`0x${runtime}`)
  await node.rpc('anvil_impersonateAccount', [key.address])
  await node.rpc('evm_increaseTime', [1_000])
  const { transactionHash: hash } = await send(key.address, { to, data: '0x12345678' })
  expect(await chainOf(node.url).landed!({ hash, sender: key.address })).toEqual([])
})

test.each<[string, (answer: Answered) => Answered]>([
  ['will not tell what a call reaches', () => ({ error: { code: -32000, message: 'no' } })],
  ['answers nonsense', () => ({ result: { accessList: [{ address: 'everything' }] } })],
  ['says that it fails', ({ result }) => ({ result: { ...(result as object), error: 'execution reverted' } })],
  [
    'names too many',
    () => {
      const address = (at: number) => `0x${at.toString(16).padStart(40, '7')}`
      return { result: { accessList: Array.from({ length: 97 }, (_, at) => ({ address: address(at) })) } }
    },
  ],
])('nothing is seen where one of two endpoints %s', async (_, instead) => {
  const { node, seen } = await silentBed()
  const odd = await changed(node.url, ['eth_createAccessList'], instead)
  expect(await seen(odd)).toBeUndefined()
  expect(await seen(node.url, odd)).toBeUndefined()
})

test('what a node tells of a call with more gas is enough', async () => {
  const { node, outflow, seen } = await silentBed()
  let times = 0
  const tight = await changed(node.url, ['eth_createAccessList'], () =>
    times++ === 0 ? { error: { code: -32000, message: 'out of gas' } } : undefined,
  )
  expect(await seen(tight)).toMatchObject([outflow])
  expect(times).toBe(2)
})

test('a call that never ends is refused and says so, however a node tells', async () => {
  const { node, at } = await bed()
  const loop = (await node.rpc('eth_sendTransactionSync', [
    // for (;;) {}
    { from: evmFaucet, data: '0x635b6000566000526004601cf3' },
  ])) as { contractAddress: Hex }
  expect(await node.rpc('eth_getCode', [loop.contractAddress, 'latest'])).toBe('0x5b600056')
  const rich = newKey()
  await node.fund(rich.address, 1_000n * ether)
  const intent = {
    kind: 'contract-call' as const,
    to: loop.contractAddress,
    value: toBase(0n),
    data: '0x12345678',
    tokens: [],
  }
  const drafted = (url: string, more = {}) => chainOf(url).draft(rich.address, { ...intent, ...more })
  const never = {
    code: 'INVALID_TRANSACTION',
    message: expect.stringMatching(/^it would use all of \d+ gas and do nothing/),
  }
  await expect(drafted(node.url)).rejects.toMatchObject(never)
  const saying = (message: string, code = -32000) =>
    changed(node.url, ['eth_estimateGas'], () => ({ error: { code, message } }))
  for (const message of [
    'gas required exceeds allowance (16777216)',
    'gas required exceeds allowance: 30000000',
    'out of gas',
    'execution aborted (timeout = 5s)',
  ])
    await expect(drafted(await saying(message)), message).rejects.toMatchObject(never)
  // What the sender cannot pay says nothing of the call.
  await expect(drafted(await saying('gas required exceeds allowance (50000)'))).rejects.toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
  })
  // One that was built elsewhere has its own gas, and no estimate.
  const bytes = encodeUnsigned({
    ...{ chainId: 31_337, nonce: 0, to: loop.contractAddress.toLowerCase(), value: 0n, data: '0x12345678' },
    ...{ gas: toGas(100_000n), fees: { type: 'legacy', gasPrice: 10n ** 10n } },
  })
  const given = { kind: 'serialized' as const, bytes: bytes.toString('hex'), tokens: [], owners: [] }
  const byTrace = await changed(node.url, ['eth_simulateV1'], missing)
  for (const url of [node.url, byTrace])
    await expect(chainOf(url).draft(rich.address, given)).rejects.toMatchObject({
      ...{ code: 'INVALID_TRANSACTION', message: expect.stringContaining('all of 100000 gas') },
    })
  // A call within a plan is told by its place.
  const pay = { kind: 'transfer' as const, to: at.sink, amount: toBase(1n) }
  await expect(chainOf(node.url).draftsInOrder!(rich.address, [pay, intent])).rejects.toMatchObject({
    ...{ code: 'INVALID_TRANSACTION', message: expect.stringMatching(/^step 2 .* it would use all of \d+ gas/) },
  })
})
