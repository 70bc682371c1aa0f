import { toBase } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { expect, onTestFinished, test } from 'vitest'
import {
  type Answer,
  each,
  ether,
  forwardTo,
  fundedKey,
  localEvm,
  newKey,
  prepare,
  type Request,
  signed,
  startChain,
  startEndpoint,
} from '../../../test/evm-bed.ts'
import type { Chain } from '../chain.ts'
import type { Attempt } from '../follow.ts'
import type { Intent } from '../intent.ts'
import { evmChain } from './chain.ts'

const to = newKey().address
const pay = (amount: bigint): Intent => ({ kind: 'transfer', to, amount: toBase(amount) })
const quietNode = { extraArgs: ['--no-mining'], slotsInAnEpoch: 1 }
const block = async (node: EvmNode, tag: string) =>
  (await node.rpc('eth_getBlockByNumber', [tag, false])) as { number: string; hash: string }

/** A second chain object over the same node, as after a restart. */
const restarted = (url: string): Chain => evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })

test('an attempt is pending, then included, then final two blocks later', async () => {
  const { node, chain, key } = await startChain(quietNode)
  await chain.observe([])
  const { attempt, bytes } = await prepare(chain, key, pay(ether), 0)
  expect(await chain.observe([attempt])).toEqual([{ id: attempt.id, state: 'missing' }])
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
  expect(await chain.observe([attempt])).toEqual([{ id: attempt.id, state: 'pending' }])
  await node.mine()
  const head = await block(node, 'latest')
  const included = {
    id: attempt.id,
    state: 'included',
    height: 1,
    depth: 1,
    blockHash: head.hash,
    succeeded: true,
    fee: expect.any(BigInt),
    final: false,
  }
  expect(await chain.observe([attempt])).toEqual([included])
  await node.mine(2)
  expect(await chain.observe([attempt])).toEqual([{ ...included, depth: 3, final: true }])
  expect(await node.rpc('eth_getBalance', [to, 'latest'])).toBe('0xde0b6b3a7640000')
})

test('an attempt whose block is rewritten is reported again, with what became of it', async () => {
  const { node, chain, key } = await startChain({ extraArgs: ['--no-mining'] })
  const sent = await Promise.all([0, 1].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  const attempts = sent.map(({ attempt }) => attempt)
  await chain.broadcast([sent[0]!.bytes])
  await node.mine()
  await chain.broadcast([sent[1]!.bytes])
  await node.mine()
  expect(await chain.observe(attempts)).toMatchObject([
    { state: 'included', height: 1 },
    { state: 'included', height: 2 },
  ])
  await node.rpc('anvil_reorg', [1, []])
  expect((await block(node, 'latest')).number).toBe('0x2')
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'included', height: 1 }, { state: 'missing' }])
  expect(await chain.broadcast([sent[1]!.bytes])).toEqual([{ outcome: 'accepted' }])
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'included' }, { state: 'pending' }])
  await node.mine()
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'included' }, { state: 'included', height: 3 }])
})

test('what leaves its block is missing at once, also where its first look had found it there', async () => {
  const { node, chain, key } = await startChain({ extraArgs: ['--no-mining'] })
  const sent = await Promise.all([0, 1].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  const [first, second] = sent.map(({ attempt }) => attempt) as [Attempt, Attempt]
  await chain.broadcast([sent[0]!.bytes])
  await node.mine()
  expect(await chain.observe([first])).toMatchObject([{ state: 'included' }])
  await chain.broadcast([sent[1]!.bytes])
  await node.mine()
  expect(await chain.observe([first, second])).toMatchObject([{ state: 'included' }, { state: 'included' }])
  await node.rpc('anvil_reorg', [1, []])
  expect(await chain.observe([first, second])).toMatchObject([{ state: 'included' }, { state: 'missing' }])
})

test('what waited in the pool is looked for at once when a block leaves the chain', async () => {
  const { node, chain, key } = await startChain({ extraArgs: ['--no-mining'] })
  const sent = await Promise.all([0, 1].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  const attempts = sent.map(({ attempt }) => attempt)
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'missing' }, { state: 'missing' }])
  await chain.broadcast([sent[0]!.bytes])
  await node.mine()
  await chain.broadcast([sent[1]!.bytes])
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'included' }, { state: 'pending' }])
  await node.rpc('anvil_dropTransaction', [attempts[1]!.hash])
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'included' }, { state: 'pending' }])
  await node.rpc('anvil_reorg', [1, []])
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'missing' }, { state: 'missing' }])
})

test('a reorganisation that includes the attempt in another block names that block', async () => {
  const { node, chain, key } = await startChain({ extraArgs: ['--no-mining'] })
  const { attempt, bytes } = await prepare(chain, key, pay(1n), 0)
  await chain.broadcast([bytes])
  await node.mine(1)
  const [first] = await chain.observe([attempt])
  await node.mine(2)
  await node.rpc('anvil_reorg', [3, [[`0x${Buffer.from(bytes).toString('hex')}`, 1]]])
  const [second] = await chain.observe([attempt])
  expect(first).toMatchObject({ state: 'included', height: 1 })
  expect(second).toMatchObject({
    state: 'included',
    height: 2,
    blockHash: (await block(node, '0x2')).hash,
    final: false,
  })
})

test('a head that goes back is followed when the chain grows again', async () => {
  const { node, chain, key } = await startChain({ extraArgs: ['--no-mining'] })
  const { attempt, bytes } = await prepare(chain, key, pay(1n), 0)
  await node.mine(3)
  await chain.broadcast([bytes])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: 4 }])
  await node.rpc('anvil_rollback', [2])
  await node.mine(4)
  const [sighting] = await chain.observe([attempt])
  const height = sighting && 'height' in sighting ? sighting.height : undefined
  const receipt = (await node.rpc('eth_getTransactionReceipt', [attempt.hash])) as { blockNumber: string } | null
  expect(height).toBe(receipt ? Number(receipt.blockNumber) : undefined)
})

test('an attempt whose nonce another one took is void only when that is final', async () => {
  const { node, chain, key } = await startChain(quietNode)
  const loser = await prepare(chain, key, pay(1n), 0, 'loser')
  await chain.broadcast([loser.bytes])
  const draft = await chain.draft(key.address, { kind: 'lane', purpose: 'cancel' }, { replaces: loser.draft })
  const { bytes, hash } = await signed(chain, key, draft, 0)
  const winner: Attempt = { ...loser.attempt, id: 'winner', hash }
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
  await node.mine()
  const [before] = await chain.observe([loser.attempt, winner])
  expect(['pending', 'missing']).toContain(before!.state)
  await node.mine(2)
  const [after, won] = await chain.observe([loser.attempt, winner])
  expect(won).toMatchObject({ id: 'winner', state: 'included', final: true, succeeded: true })
  expect(after).toEqual({
    id: 'loser',
    state: 'void',
    cause: 'overtaken',
    by: hash,
    proof: expect.stringContaining(`nonce 0 of ${key.address}`),
  })
})

test('a nonce used by somebody else with the same key makes the attempt void', async () => {
  const { node, chain, key } = await startChain(quietNode)
  const mine = await prepare(chain, key, pay(1n), 0)
  const foreign = await prepare(chain, key, pay(2n), 0)
  await chain.observe([mine.attempt])
  await node.rpc('eth_sendRawTransaction', [`0x${Buffer.from(foreign.bytes).toString('hex')}`])
  await node.mine(3)
  expect(await chain.observe([mine.attempt])).toMatchObject([{ state: 'void', by: foreign.hash }])
})

test('with two endpoints nothing is void on the word of one', async () => {
  const node = await startEvm(quietNode)
  onTestFinished(() => node.stop())
  const key = await fundedKey(node)
  let other = (): object => ({ error: { code: -32603, message: 'out of order' } })
  const second = await startEndpoint((body, response, raw) => {
    const isIdentity = [body].flat().every(({ method }) => method === 'eth_chainId')
    return isIdentity ? forwardTo(node.url)(body, response, raw) : each(() => other())(body, response, raw)
  })
  const time = { now: 0 }
  const chain = evmChain({
    network: localEvm,
    urls: [node.url, second.url],
    allowForeignGenesis: true,
    clock: () => time.now,
  })
  const mine = await prepare(chain, key, pay(1n), 0)
  const foreign = await prepare(chain, key, pay(2n), 0)
  await node.rpc('eth_sendRawTransaction', [`0x${Buffer.from(foreign.bytes).toString('hex')}`])
  await node.mine(3)
  expect(await chain.observe([mine.attempt])).toMatchObject([{ state: 'missing' }])
  other = () => ({ result: '0x0' })
  time.now += 60_000
  await node.mine()
  expect(await chain.observe([mine.attempt])).toMatchObject([{ state: 'missing' }])
  const agreeing = each(({ method }) => ({ result: method === 'eth_getTransactionCount' ? '0x1' : null }))
  other = () => agreeing as never
  const third = await startEndpoint((body, response, raw) => forwardTo(node.url)(body, response, raw))
  const both = evmChain({ network: localEvm, urls: [node.url, third.url], allowForeignGenesis: true })
  expect(await both.observe([mine.attempt])).toMatchObject([{ state: 'void' }])
})

test('a transaction that reverts is included without success, and its fee is known', async () => {
  const { node, chain, key } = await startChain(quietNode)
  const contract = newKey().address
  // No code yet, so that the draft is good; then code that reverts.
  const { attempt, bytes } = await prepare(chain, key, { kind: 'transfer', to: contract, amount: toBase(1n) }, 0)
  await node.rpc('anvil_setCode', [contract, '0x60006000fd'])
  await chain.broadcast([bytes])
  await node.mine()
  const [sighting] = await chain.observe([attempt])
  expect(sighting).toMatchObject({ state: 'included', succeeded: false, error: expect.stringMatching(/reverted/) })
  expect((sighting as { fee: bigint }).fee).toBeGreaterThan(0n)
})

test('with two endpoints nothing has reverted on the word of one', async () => {
  const node = await startEvm(quietNode)
  onTestFinished(() => node.stop())
  const key = await fundedKey(node)
  const says = { revert: false, silent: false }
  const lying: Answer = async (body, response, raw) => {
    if (says.silent) return void response.writeHead(503).end()
    const answer = JSON.stringify(await forwardTo(node.url)(body, response, raw))
    return JSON.parse(says.revert ? answer.replaceAll('"status":"0x1"', '"status":"0x0"') : answer)
  }
  const other = await startEndpoint(lying)
  const time = { now: 0 }
  const warnings: string[] = []
  const over = (...urls: string[]) =>
    evmChain({
      network: localEvm,
      urls,
      allowForeignGenesis: true,
      clock: () => time.now,
      warn: (message) => void warnings.push(message),
    })
  const chain = over(other.url, node.url)
  const { attempt, bytes } = await prepare(chain, key, pay(1n), 0)
  await chain.broadcast([bytes])
  says.revert = true
  await node.mine(4)
  const reason = expect.stringContaining('do not agree')
  expect(await chain.observe([attempt])).toEqual([{ id: attempt.id, state: 'pending', reason }])
  expect(warnings).toEqual([expect.stringContaining(attempt.hash)])
  // The other way round the true one is asked first.
  expect(await over(node.url, other.url).observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])

  const contract = newKey().address
  const failing = await prepare(chain, key, { kind: 'transfer', to: contract, amount: toBase(1n) }, 1)
  await node.rpc('anvil_setCode', [contract, '0x60006000fd'])
  await chain.broadcast([failing.bytes])
  await node.mine(4)
  const failed = { id: failing.attempt.id, state: 'included', succeeded: false, final: true }
  const [sighting] = await chain.observe([failing.attempt])
  expect(sighting).toMatchObject(failed)
  // Without a second answer it waits; nothing is claimed.
  const late = over(node.url, other.url)
  says.silent = true
  expect(await late.observe([failing.attempt])).toMatchObject([{ state: 'pending' }])
  const block = { height: 5, hash: (sighting as { blockHash: string }).blockHash }
  const afterRestart = (succeeded: boolean) =>
    over(node.url, other.url).observe([{ ...failing.attempt, block: { ...block, succeeded } }])
  expect(await afterRestart(true)).toMatchObject([{ state: 'pending' }])
  // It was believed before the restart.
  expect(await afterRestart(false)).toMatchObject([failed])
  says.silent = false
  time.now += 600_000
  expect(await late.observe([failing.attempt])).toMatchObject([failed])
  expect(warnings).toHaveLength(1)
})

test('no node is asked for what is just being sent, unless it was in a block; blocks show it all the same', async () => {
  const { node, key } = await startChain(quietNode)
  const { url, seen } = await startEndpoint(forwardTo(node.url))
  const chain = restarted(url)
  const sent = await Promise.all([0, 1].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  const leaving = sent.map(({ attempt }) => ({ ...attempt, isLeaving: true }))
  const asked = () => seen.flat().filter(({ method }) => /ByHash|TransactionReceipt$/.test(method)).length
  // Who begins to look has seen no blocks yet, and asks for everything.
  await chain.observe([sent[0]!.attempt])
  seen.length = 0
  expect(await chain.observe(leaving.slice(1))).toMatchObject([{ state: 'pending' }])
  expect(asked()).toBe(0)
  await chain.broadcast([sent[0]!.bytes])
  await node.mine()
  expect(await chain.observe(leaving)).toMatchObject([{ state: 'included', height: 1 }, { state: 'pending' }])
  expect(asked()).toBe(0)
  expect(await chain.observe([sent[1]!.attempt])).toMatchObject([{ state: 'missing' }])
  const block = { height: 1, hash: `0x${'1'.repeat(64)}`, succeeded: true }
  const before = asked()
  expect(await restarted(url).observe([{ ...leaving[1]!, block }])).toMatchObject([{ state: 'missing' }])
  expect(asked()).toBeGreaterThan(before)
})

test('after a restart attempts are found by themselves, final ones included', async () => {
  const { node, chain, key } = await startChain(quietNode)
  const sent = await Promise.all([0, 1, 2, 7].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  await chain.broadcast([sent[0]!.bytes])
  await node.mine(90)
  await chain.broadcast([sent[1]!.bytes])
  await node.mine()
  await chain.broadcast([sent[2]!.bytes])
  const again = restarted(node.url)
  expect(await again.observe(sent.map(({ attempt }) => attempt))).toMatchObject([
    { state: 'included', height: 1, final: true },
    { state: 'included', height: 91, final: false },
    { state: 'pending' },
    { state: 'missing' },
  ])
  await node.mine(3)
  expect(await again.observe(sent.map(({ attempt }) => attempt))).toMatchObject([
    { state: 'included', final: true },
    { state: 'included', height: 91, final: true },
    { state: 'included', height: 92, final: true },
    { state: 'missing' },
  ])
})

test('blocks that came while nobody looked are made up for', async () => {
  const { node, chain, key } = await startChain(quietNode)
  const { attempt, bytes } = await prepare(chain, key, pay(1n), 0)
  await chain.broadcast([bytes])
  await chain.observe([attempt])
  await node.mine(200)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: 1, final: true }])
})

/** A node in front of which some methods fail. */
async function behind(node: EvmNode, refuse: (request: Request) => boolean) {
  const forward = forwardTo(node.url)
  return startEndpoint(async (body, response, raw) => {
    const answers = [(await forward(body, response, raw)) as object].flat()
    const asked = [body].flat()
    const edited = asked.map((request, index) =>
      refuse(request)
        ? { jsonrpc: '2.0', id: request.id, error: { code: -32601, message: 'the method is not available' } }
        : answers[index],
    )
    return Array.isArray(body) ? edited : edited[0]
  })
}

test('a node without block receipts and finalized tag is followed by hashes and depth', async () => {
  const { node, key } = await startChain(quietNode)
  const { url } = await behind(
    node,
    ({ method, params }) =>
      method === 'eth_getBlockReceipts' || (method === 'eth_getBlockByNumber' && params[0] === 'finalized'),
  )
  const chain = restarted(url)
  const { attempt, bytes } = await prepare(chain, key, pay(1n), 0)
  await chain.broadcast([bytes])
  await chain.observe([attempt])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: 1, final: false }])
  await node.mine(63)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', final: false }])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', final: true }])
})

test('a node that forgot the receipt of a transaction is no proof that it never was', async () => {
  const { node, chain: direct, key } = await startChain(quietNode)
  const { attempt, bytes } = await prepare(direct, key, pay(1n), 0)
  await direct.broadcast([bytes])
  await node.mine(70)
  const forward = forwardTo(node.url)
  const { url } = await startEndpoint(async (body, response, raw) => {
    const forgotten = ['eth_getTransactionReceipt', 'eth_getTransactionByHash']
    const answers = [(await forward(body, response, raw)) as object].flat()
    const edited = [body]
      .flat()
      .map((request, index) =>
        forgotten.includes(request.method) ? { jsonrpc: '2.0', id: request.id, result: null } : answers[index],
      )
    return Array.isArray(body) ? edited : edited[0]
  })
  expect(await restarted(url).observe([attempt])).toEqual([{ id: attempt.id, state: 'missing' }])
  expect(await direct.observe([attempt])).toMatchObject([{ state: 'included', final: true }])
})

test('an endpoint that lags behind the one before it takes nothing back', async () => {
  const { node, key } = await startChain(quietNode)
  const behindBy = { blocks: 0 }
  const forward = forwardTo(node.url)
  const { url } = await startEndpoint(async (body, response, raw) => {
    const { number } = await block(node, 'latest')
    const height = `"0x${(Number(number) - behindBy.blocks).toString(16)}"`
    return forward(body, response, behindBy.blocks ? raw.replaceAll('"latest"', height) : raw)
  })
  const chain = restarted(url)
  await node.mine(5)
  const { attempt, bytes } = await prepare(chain, key, pay(1n), 0)
  await chain.broadcast([bytes])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: 6 }])
  behindBy.blocks = 3
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: 6 }])
  behindBy.blocks = 0
  await node.mine(2)
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', height: 6, final: true }])
})

test('receipts of foreign kinds, and blocks with fewer receipts than transactions, do not stop the view', async () => {
  const { node, key } = await startChain(quietNode)
  const forward = forwardTo(node.url)
  const { url } = await startEndpoint(async (body, response, raw) => {
    const answers = [(await forward(body, response, raw)) as { result?: unknown }].flat()
    const edited = [body].flat().map((request, index) => {
      if (request.method !== 'eth_getBlockReceipts') return answers[index]
      const [first, ...rest] = answers[index]!.result as Record<string, unknown>[]
      return {
        ...answers[index],
        result: [{ transactionHash: '0x12', type: '0x7e' }, { ...first, status: null }, ...rest.slice(1)],
      }
    })
    return Array.isArray(body) ? edited : edited[0]
  })
  const chain = restarted(url)
  const sent = await Promise.all([0, 1, 2].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  await chain.observe(sent.map(({ attempt }) => attempt))
  await chain.broadcast(sent.map(({ bytes }) => bytes))
  await node.mine()
  const sightings = await chain.observe(sent.map(({ attempt }) => attempt))
  expect(sightings.map(({ state }) => state)).toEqual(['included', 'included', 'included'])
})

test('two thousand live attempts cost a few calls per block', async () => {
  const { node, key } = await startChain({ extraArgs: ['--no-mining'], gasLimit: 300_000_000n })
  const { url, seen } = await startEndpoint(forwardTo(node.url))
  const chain = restarted(url)
  await chain.observe([{ id: 'x', hash: `0x${'1'.repeat(64)}`, sender: key.address, lifetime: { nonce: 9_999 } }])
  const draft = await chain.draft(key.address, pay(1n))
  const sent = await Promise.all(Array.from({ length: 2_000 }, (_, nonce) => signed(chain, key, draft, nonce)))
  const attempts = sent.map(({ hash }, nonce) => ({ id: `${nonce}`, hash, sender: key.address, lifetime: { nonce } }))
  const outcomes = await chain.broadcast(sent.map(({ bytes }) => bytes))
  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']))
  seen.length = 0
  expect((await chain.observe(attempts)).every(({ state }) => state === 'pending')).toBe(true)
  await node.mine()
  const states = (await chain.observe(attempts)).map(({ state }) => state)
  expect(states.filter((state) => state === 'included').length).toBe(2_000)
  expect(seen.flat().length).toBeLessThan(12)
})

test('what a pool has dropped without a word is looked for by the lowest nonce, and then all behind it', async () => {
  const node = await startEvm(quietNode)
  onTestFinished(() => node.stop())
  const key = await fundedKey(node)
  const time = { now: 0 }
  const chain = evmChain({ network: localEvm, urls: [node.url], allowForeignGenesis: true, clock: () => time.now })
  onTestFinished(() => chain.close())
  await chain.observe([])
  const sent = await Promise.all([0, 1, 2, 3].map((nonce) => prepare(chain, key, pay(1n), nonce)))
  const attempts = sent.map(({ attempt }) => attempt)
  const seen = async (afterMs: number) => {
    time.now += afterMs
    return (await chain.observe(attempts)).map(({ state }) => state)
  }
  expect(await seen(0)).toEqual(['missing', 'missing', 'missing', 'missing'])
  await chain.broadcast(sent.map(({ bytes }) => bytes))
  expect(await seen(1_000)).toEqual(['pending', 'pending', 'pending', 'pending'])
  // What depends on it goes with it.
  await node.rpc('anvil_dropTransaction', [attempts[0]!.hash])
  expect(await seen(1_000)).toEqual(['pending', 'pending', 'pending', 'pending'])
  expect(await seen(6_000)).toEqual(['missing', 'pending', 'pending', 'pending'])
  expect(await seen(1)).toEqual(['missing', 'missing', 'missing', 'missing'])
  await chain.broadcast(sent.map(({ bytes }) => bytes))
  await node.mine()
  expect(await seen(1_000)).toEqual(['included', 'included', 'included', 'included'])
})
