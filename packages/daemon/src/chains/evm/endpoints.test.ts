import { toBase } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answer,
  changing,
  each,
  ether,
  ethereum,
  forwardTo,
  fundedKey,
  localEvm,
  newKey,
  prepare,
  startEndpoint,
} from '../../../test/evm-bed.ts'
import type { Chain } from '../chain.ts'
import { evmChain } from './chain.ts'

let node: EvmNode
const to = newKey().address

beforeAll(async () => {
  node = await startEvm()
})
afterAll(() => node.stop())

const over = (...urls: string[]) => evmChain({ network: localEvm, urls, allowForeignGenesis: false })

/** Sends bytes that the node takes, and waits until they are in a block: the node answers before it mines. */
async function land(chain: Chain, bytes: Uint8Array) {
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
  await node.mine()
}
test('an answer that never came leaves the fate open, and the same bytes can be sent again', async () => {
  const key = await fundedKey(node)
  let drops = true
  const forward = forwardTo(node.url)
  const { url } = await startEndpoint(async (body, response, raw) => {
    const answer = await forward(body, response, raw)
    const isSend = [body].flat().some(({ method }) => method === 'eth_sendRawTransaction')
    if (!(drops && isSend)) return answer
    drops = false
    response.destroy()
  })
  const chain = over(url)
  const { bytes, attempt } = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(1n) }, 0)
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'unclear' }])
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
  expect(await chain.broadcast([bytes])).toMatchObject([{ outcome: 'refused', reason: 'nonce-used' }])
})

test('an endpoint that dies mid-run is passed over', async () => {
  const key = await fundedKey(node)
  const first = await startEndpoint(forwardTo(node.url))
  const chain = over(first.url, node.url)
  const before = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(1n) }, 0)
  await land(chain, before.bytes)
  await first.stop()
  const after = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(1n) }, 1)
  await land(chain, after.bytes)
  expect(await chain.observe([before.attempt, after.attempt])).toMatchObject([
    { state: 'included' },
    { state: 'included' },
  ])
  expect(chain.status()).toMatchObject([{ status: 'cooldown' }, { status: 'available' }])
})

test.each<[string, Answer]>([
  ['hangs', () => new Promise(() => undefined)],
  ['answers 429', (_body, response) => void response.writeHead(429).end()],
])('an endpoint that %s before the first call costs one wait at most', async (_what, answer) => {
  const key = await fundedKey(node)
  const bad = await startEndpoint(answer)
  const chain = evmChain({ network: localEvm, urls: [bad.url, node.url], allowForeignGenesis: false, timeoutMs: 200 })
  expect(await chain.balance(key.address)).toBe(1_000n * ether)
  const { bytes } = await prepare(chain, key, { kind: 'transfer', to, amount: toBase(1n) }, 0)
  await land(chain, bytes)
  expect(bad.seen.length).toBe(1)
})

test('an endpoint of another chain is never used', async () => {
  const other = await startEvm({ chainId: 5 })
  try {
    const key = await fundedKey(node)
    const chain = over(other.url, node.url)
    await chain.connect()
    expect(await chain.balance(key.address)).toBe(1_000n * ether)
    await expect(over(other.url).connect()).rejects.toThrow(/expected chain id 31337 of local-evm, it serves 5/)
  } finally {
    await other.stop()
  }
})

test('a copy of a main network is refused unless development nodes are allowed, and on a test network warned about', async () => {
  const copy = await startEvm({ chainId: 1 })
  try {
    const make = (options: object) =>
      evmChain({ network: ethereum, urls: [copy.url], allowForeignGenesis: false, ...options })
    await expect(make({}).connect()).rejects.toThrow(/expected the genesis block 0xd4e567/)
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    await make({ allowForeignGenesis: true, warn }).connect()
    await make({ network: { ...ethereum, environment: 'testnet' }, warn }).connect()
    expect(warnings).toEqual([
      expect.stringContaining('expected the genesis'),
      expect.stringContaining('expected the genesis'),
    ])
  } finally {
    await copy.stop()
  }
})

test('an error of the nodes themselves is a failure of the chain', async () => {
  const { url } = await startEndpoint(
    each(({ method }) =>
      method === 'eth_chainId' ? { result: '0x7a69' } : { error: { code: -32000, message: 'disk gone' } },
    ),
  )
  const chain = over(url)
  const failed = expect.objectContaining({ code: 'CHAIN_ERROR', message: expect.stringContaining('disk gone') })
  await expect(chain.balance(to)).rejects.toEqual(failed)
  await expect(chain.draft(to, { kind: 'transfer', to, amount: toBase(1n) })).rejects.toEqual(failed)
})

test('a nonce above what was expected takes the word of two endpoints, the lower of what they say', async () => {
  const key = await fundedKey(node)
  const lying = (count: string) =>
    startEndpoint(
      changing(node.url, ({ method }) => (method === 'eth_getTransactionCount' ? { result: count } : undefined)),
    )
  const [high, higher] = [await lying('0x64'), await lying('0x65')]
  expect(await over(high.url, node.url).order!.nextNonce(key.address, 0)).toBe(0)
  expect(await over(high.url, higher.url).order!.nextNonce(key.address, 0)).toBe(100)
  expect(await over(high.url, node.url).order!.nextNonce(key.address, 100)).toBe(100)
  expect(await over(high.url).order!.nextNonce(key.address, 0)).toBe(100)
  const gone = await startEndpoint(forwardTo(node.url))
  await gone.stop()
  await expect(over(high.url, gone.url).order!.nextNonce(key.address, 0)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})
