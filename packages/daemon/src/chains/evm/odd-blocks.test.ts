import { toBase } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ask, lagging } from '../../../../../test/support/rpc-faults.ts'
import {
  type Answer,
  type Answered,
  changing,
  forwardTo,
  fundedKey,
  type Key,
  localEvm,
  newKey,
  prepare,
  type Request,
  startEndpoint,
} from '../../../test/evm-bed.ts'
import type { Chain } from '../chain.ts'
import { evmChain } from './chain.ts'

let node: EvmNode
let key: Key
let nonce = 0
beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--no-mining'], slotsInAnEpoch: 1 })
  key = await fundedKey(node)
})
afterAll(() => node.stop())

const pay = () => ({ kind: 'transfer', to: newKey().address, amount: toBase(1n) }) as const
const clock = { now: 0 }
const over = (...urls: string[]): Chain =>
  evmChain({ network: localEvm, urls, allowForeignGenesis: true, clock: () => clock.now, warn: () => undefined })

async function behind(change: (request: Request, answer: Answered) => Answered | undefined) {
  const { url } = await startEndpoint(changing(node.url, change))
  return over(url)
}

/** A payment of which the chain object knows from before it was sent. */
async function sent(chain: Chain) {
  const made = await prepare(chain, key, pay(), nonce)
  nonce += 1
  await chain.observe([made.attempt])
  expect(await chain.broadcast([made.bytes])).toEqual([{ outcome: 'accepted' }])
  return made.attempt
}

async function expectPaid(chain: Chain) {
  const attempt = await sent(chain)
  clock.now += 5_000
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
  return attempt
}

const hash = `0x${'7'.repeat(64)}`
const refusals: [string, Answered][] = [
  ['method not found', { error: { code: -32601, message: 'Method not found' } }],
  ['not whitelisted', { error: { code: -32000, message: 'rpc method is not whitelisted' } }],
  ['not available', { error: { code: -32001, message: 'eth_getBlockReceipts is not available on this plan' } }],
  ['a plain error', { error: { code: -32000, message: 'archive only' } }],
  ['null', { result: null }],
  ['text', { result: 'none' }],
  ['an object', { result: { receipts: [] } }],
  ['an empty list', { result: [] }],
  ['a list of junk', { result: [null, 1, 'x', {}, [[]]] }],
  [
    'receipts of another block',
    { result: [{ transactionHash: hash, blockHash: hash, blockNumber: '0x1', status: '0x1' }] },
  ],
]
test.each(refusals)('block receipts answered with %s are read one by one', async (_what, answer) => {
  const chain = await behind(({ method }) => (method === 'eth_getBlockReceipts' ? answer : undefined))
  const attempt = await expectPaid(chain)
  await node.mine(3)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', final: true }])
})

test('an endpoint that refuses any message with block receipts in it is asked without them, and again later', async () => {
  const asked: string[] = []
  const pass = changing(node.url, ({ method }) => void asked.push(method))
  const answer: Answer = (body, response, raw) => {
    if (!raw.includes('eth_getBlockReceipts')) return pass(body, response, raw)
    asked.push('refused')
    return void response.writeHead(403).end()
  }
  const { url } = await startEndpoint(answer)
  const chain = over(url)
  await expectPaid(chain)
  const refused = asked.filter((method) => method === 'refused').length
  await expectPaid(chain)
  expect(asked.filter((method) => method === 'refused')).toHaveLength(refused)
  clock.now += 700_000
  await expectPaid(chain)
  expect(asked.filter((method) => method === 'refused').length).toBeGreaterThan(refused)
})

type Block = Record<string, unknown>
const changed =
  (change: (block: Block) => unknown, isMeant = (request: Request) => request.params[0] !== 'finalized') =>
  (request: Request, { result }: Answered) =>
    request.method === 'eth_getBlockByNumber' && request.params[0] !== '0x0' && isMeant(request) && result
      ? { result: change(result as Block) }
      : undefined

test.each<[string, (block: Block) => unknown]>([
  ['without transactions', ({ transactions: _, ...rest }) => rest],
  ['with transactions null', (block) => ({ ...block, transactions: null })],
  ['with junk among the transactions', (block) => ({ ...block, transactions: [1, null, {}] })],
  [
    'with whole transactions',
    (block) => ({ ...block, transactions: (block.transactions as string[]).map((each) => ({ hash: each })) }),
  ],
  [
    'with hashes in upper case',
    (block) =>
      JSON.parse(JSON.stringify(block).replace(/"0x[0-9a-f]{64}"/g, (text) => `"0x${text.slice(3).toUpperCase()}`)),
  ],
  ['with JSON numbers', (block) => ({ ...block, number: Number(block.number) })],
  ['without uncles, bloom and size', ({ uncles: _u, logsBloom: _b, size: _s, sha3Uncles: _h, ...rest }) => rest],
])('blocks %s are followed to their end', async (_what, change) => {
  const chain = await behind(changed(change))
  const attempt = await expectPaid(chain)
  await node.mine(3)
  clock.now += 5_000
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', final: true }])
})

test.each<[string, (block: Block) => unknown]>([
  ['text', () => 'block'],
  ['an empty object', () => ({})],
  ['without a parent', ({ parentHash: _, ...rest }) => rest],
  ['with a hash that is none', (block) => ({ ...block, hash: '0x12' })],
  ['with a number that is none', (block) => ({ ...block, number: 'latest' })],
  ['only being made', (block) => ({ ...block, number: null, hash: null })],
  ['of another height', (block) => ({ ...block, number: '0x999999' })],
])('where blocks are %s, payments are still found one by one, and nothing is final', async (_what, change) => {
  const chain = await behind(changed(change, () => true))
  const attempt = await prepare(chain, key, pay(), nonce).catch(() => prepare(over(node.url), key, pay(), nonce))
  nonce += 1
  await chain.observe([attempt.attempt])
  expect(await chain.broadcast([attempt.bytes])).toEqual([{ outcome: 'accepted' }])
  clock.now += 5_000
  await node.mine(4)
  expect(await chain.observe([attempt.attempt])).toMatchObject([{ state: 'included', succeeded: true, final: false }])
  const waiting = { id: 'x', hash, sender: newKey().address, lifetime: { nonce: 0 } }
  clock.now += 40_000
  expect((await chain.observe([waiting]))[0]!.state).toMatch(/missing|pending/)
})

test('a node that always shows a child of another block does not keep the look from ending', async () => {
  const foreign = { on: false }
  const chain = await behind((request, answer) =>
    foreign.on ? changed((block) => ({ ...block, parentHash: hash }))(request, answer) : undefined,
  )
  const attempt = await sent(chain)
  foreign.on = true
  await node.mine()
  clock.now += 40_000
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included' }])
})

const unsupportedTag: Answered = {
  error: { code: -32602, message: 'invalid argument 0: hex string without 0x prefix' },
}
test.each<[string, Answered]>([
  ['refused', unsupportedTag],
  ['null', { result: null }],
  ['junk', { result: { number: 'x' } }],
])('a finalized block answered with %s is counted by depth', async (_what, answer) => {
  const chain = await behind(({ method, params }) =>
    method === 'eth_getBlockByNumber' && params[0] === 'finalized' ? answer : undefined,
  )
  const attempt = await expectPaid(chain)
  await node.mine(63)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', final: false }])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', final: true }])
})

test('a count of nonces that is refused for finalized blocks is never read at latest, and proves by height', async () => {
  const tags = new Set<unknown>()
  const chain = await behind(({ method, params }) => {
    if (method !== 'eth_getTransactionCount') return undefined
    tags.add(params[1])
    return params[1] === 'finalized' ? unsupportedTag : undefined
  })
  const mine = await prepare(chain, key, pay(), nonce)
  const foreign = await prepare(chain, key, pay(), nonce)
  nonce += 1
  await chain.observe([mine.attempt])
  await node.rpc('eth_sendRawTransaction', [`0x${Buffer.from(foreign.bytes).toString('hex')}`])
  await node.mine()
  clock.now += 40_000
  expect((await chain.observe([mine.attempt]))[0]!.state).toMatch(/missing|pending/)
  await node.mine(3)
  clock.now += 40_000
  expect(await chain.observe([mine.attempt])).toMatchObject([{ state: 'void', by: foreign.hash }])
  expect(tags).not.toContain('latest')
})

test.each<[string, unknown]>([
  ['null', null],
  ['text', 'many'],
  ['an object', {}],
])('a count of nonces answered with %s proves nothing, and ends no look', async (_what, result) => {
  const chain = await behind(({ method }) => (method === 'eth_getTransactionCount' ? { result } : undefined))
  const mine = await prepare(chain, key, pay(), nonce)
  const foreign = await prepare(chain, key, pay(), nonce)
  nonce += 1
  await node.rpc('eth_sendRawTransaction', [`0x${Buffer.from(foreign.bytes).toString('hex')}`])
  await node.mine(4)
  clock.now += 40_000
  expect((await chain.observe([mine.attempt]))[0]!.state).toMatch(/missing|pending/)
  await expect(chain.order!.nextNonce(key.address, 0)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})

/** An endpoint that has no newest block yet while it is behind, and knows all else. */
async function lateBlocks() {
  const state = { isBehind: true }
  const { url } = await startEndpoint(async (body, response, raw) => {
    const forward = forwardTo(node.url)
    if (!state.isBehind) return forward(body, response, raw)
    const ask: Ask = async (calls) => {
      const answers = await forward(body, response, JSON.stringify(calls))
      return answers as Awaited<ReturnType<Ask>>
    }
    const answers = await lagging([body].flat(), ask)
    return Array.isArray(body) ? answers : answers[0]
  })
  return { state, chain: over(url) }
}
/** A payment that is in the newest block. */
async function mined() {
  const made = await prepare(over(node.url), key, pay(), nonce)
  nonce += 1
  expect(await over(node.url).broadcast([made.bytes])).toEqual([{ outcome: 'accepted' }])
  await node.mine()
  const height = Number(await node.rpc('eth_blockNumber', []))
  return { ...made, height }
}

test('a receipt that comes before its block counts, and is final no sooner than the block', async () => {
  const { state, chain } = await lateBlocks()
  const { attempt, height } = await mined()
  const included = { state: 'included', succeeded: true, height }
  expect(await chain.observe([attempt])).toMatchObject([{ ...included, depth: 1, final: false }])
  state.isBehind = false
  expect(await chain.observe([attempt])).toMatchObject([{ ...included, depth: 1, final: false }])
  await node.mine(2)
  expect(await chain.observe([attempt])).toMatchObject([{ ...included, final: true }])
})

test('a receipt that came before its block falls with it when another block is there', async () => {
  const { state, chain } = await lateBlocks()
  const { attempt, bytes, height } = await mined()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height }])
  await node.rpc('anvil_reorg', [1, []])
  state.isBehind = false
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'missing' }])
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: height + 1 }])
})
