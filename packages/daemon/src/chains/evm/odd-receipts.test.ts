import { toBase } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answered,
  changing,
  fundedKey,
  type Key,
  localEvm,
  newKey,
  prepare,
  type Request,
  startEndpoint,
  tokenAt,
} from '../../../test/evm-bed.ts'
import type { Chain } from '../chain.ts'
import type { Intent } from '../intent.ts'
import { evmChain } from './chain.ts'

let node: EvmNode
let key: Key
let nonce = 0
beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--no-mining'], slotsInAnEpoch: 1 })
  key = await fundedKey(node)
})
afterAll(() => node.stop())

type Receipt = Record<string, unknown>
const pay = (): Intent => ({ kind: 'transfer', to: newKey().address, amount: toBase(1_000n) })
const over = (urls: string[], clock?: () => number): Chain =>
  evmChain({ network: localEvm, urls, allowForeignGenesis: true, warn: () => undefined, ...(clock && { clock }) })

/** A node in front of which receipts, and perhaps what it tells of transactions, are changed. */
async function withReceipts(change: (receipt: Receipt) => unknown, also?: (request: Request) => Answered | undefined) {
  const { url } = await startEndpoint(
    changing(node.url, (request, { result }) => {
      if (request.method === 'eth_getTransactionReceipt' && result) return { result: change(result as Receipt) }
      if (request.method === 'eth_getBlockReceipts') return { result: (result as Receipt[]).map(change) }
      return also?.(request)
    }),
  )
  return url
}

async function sent(chain: Chain, intent: Intent = pay()) {
  const made = await prepare(chain, key, intent, nonce)
  nonce += 1
  await chain.observe([made.attempt])
  expect(await chain.broadcast([made.bytes])).toEqual([{ outcome: 'accepted' }])
  return made
}

async function paidFor(hash: string): Promise<bigint> {
  const { gasUsed, effectiveGasPrice } = (await node.rpc('eth_getTransactionReceipt', [hash])) as Record<string, string>
  return BigInt(gasUsed!) * BigInt(effectiveGasPrice!)
}

const without =
  (...names: string[]) =>
  (receipt: Receipt) =>
    Object.fromEntries(Object.entries(receipt).filter(([name]) => !names.includes(name)))
const upper = (text: unknown) => `0x${String(text).slice(2).toUpperCase()}`

test.each<[string, (receipt: Receipt) => Receipt]>([
  ['without a price', without('effectiveGasPrice')],
  ['with the price null', (receipt) => ({ ...receipt, effectiveGasPrice: null })],
  ['with a price that is no number', (receipt) => ({ ...receipt, effectiveGasPrice: 'cheap' })],
  ['with JSON numbers', (receipt) => ({ ...receipt, ...decimal(receipt, Number) })],
  ['with decimal text', (receipt) => ({ ...receipt, ...decimal(receipt, String) })],
  ['with status 1', (receipt) => ({ ...receipt, status: 1 })],
  ['with status true', (receipt) => ({ ...receipt, status: true })],
  ['with status 0x01', (receipt) => ({ ...receipt, status: '0x01' })],
  [
    'without type, logs, bloom and index',
    without('type', 'logs', 'logsBloom', 'transactionIndex', 'cumulativeGasUsed'),
  ],
  ['with odd type and logs', (receipt) => ({ ...receipt, type: null, logs: 'none', logsBloom: [] })],
  [
    'with hashes in upper case',
    ({ transactionHash, blockHash, ...rest }) => ({
      ...rest,
      transactionHash: upper(transactionHash),
      blockHash: upper(blockHash),
    }),
  ],
  ['of a transfer without a status', without('status', 'logs')],
  [
    'of a transfer with a state root in place of a status',
    ({ status, ...rest }) => ({ ...rest, root: `0x${'1'.repeat(64)}` }),
  ],
])('a receipt %s is read, with the fee that was paid', async (_what, change) => {
  const chain = over([await withReceipts(change)])
  const { attempt } = await sent(chain)
  await node.mine()
  const included = { id: attempt.id, state: 'included', succeeded: true, fee: await paidFor(attempt.hash) }
  expect(await chain.observe([attempt])).toMatchObject([{ ...included, final: false }])
  await node.mine(3)
  expect(await chain.observe([attempt])).toMatchObject([{ ...included, final: true }])
})

function decimal(receipt: Receipt, as: (value: bigint) => unknown): Receipt {
  const names = ['blockNumber', 'gasUsed', 'effectiveGasPrice', 'status']
  return Object.fromEntries(names.map((name) => [name, as(BigInt(receipt[name] as string))]))
}

test('a receipt that names no gas costs all that the bytes allow', async () => {
  const chain = over([await withReceipts(without('gasUsed'))])
  const { attempt, draft } = await sent(chain, { ...pay(), memo: 'hello' } as Intent)
  await node.mine()
  const { gas } = JSON.parse(draft.body) as { gas: string }
  const { effectiveGasPrice } = (await node.rpc('eth_getTransactionReceipt', [attempt.hash])) as Record<string, string>
  expect(await chain.observe([attempt])).toMatchObject([
    { state: 'included', succeeded: true, fee: BigInt(gas) * BigInt(effectiveGasPrice!) },
  ])
})

test('where no node tells a price, the worst that the bytes allow is booked, and nothing before that is known', async () => {
  const url = await withReceipts(without('effectiveGasPrice'), ({ method }) =>
    method === 'eth_getTransactionByHash' ? { result: null } : undefined,
  )
  const chain = over([url])
  const { attempt, draft } = await sent(chain)
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', fee: draft.maxFee }])
  expect(await over([url]).observe([{ ...attempt, maxFee: draft.maxFee }])).toMatchObject([
    { state: 'included', fee: draft.maxFee },
  ])
  expect(await over([url]).observe([attempt])).toEqual([
    { id: attempt.id, state: 'pending', reason: expect.stringContaining('names no price') },
  ])
})

test('a price above what the bytes allow is not booked', async () => {
  const url = await withReceipts(without('effectiveGasPrice'), ({ method, params }) =>
    method === 'eth_getTransactionByHash'
      ? { result: { hash: params[0], gas: '0xffffff', gasPrice: '0xffffffffffff', input: '0x' } }
      : undefined,
  )
  const chain = over([url])
  const { attempt, draft } = await sent(chain)
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', fee: draft.maxFee }])
})

test('without a status a token transfer has succeeded when it left a log', async () => {
  // Leaves an empty log and returns true.
  const token = newKey().address
  await node.rpc('anvil_setCode', [token, '0x60006000a0600160005260206000f3'])
  const chain = over([await withReceipts(without('status'))])
  const { attempt } = await sent(chain, {
    kind: 'token-transfer',
    to: newKey().address,
    amount: toBase(1n),
    token: tokenAt(token),
  })
  await node.mine()
  expect(await chain.observe([attempt])).toMatchObject([{ state: 'included', succeeded: true }])
})

test('what may have failed is neither done nor failed without a status, until an endpoint tells', async () => {
  const url = await withReceipts((receipt) => ({ ...receipt, status: null }))
  const chain = over([url])
  const contract = newKey().address
  const failing = await sent(chain, { kind: 'transfer', to: contract, amount: toBase(1n) })
  // It uses all of its gas, as much as a plain transfer.
  await node.rpc('anvil_setCode', [contract, '0x60006000fd'])
  const memo = await sent(chain, { ...pay(), memo: 'hello' } as Intent)
  const plain = await sent(chain)
  await node.mine(4)
  const attempts = [failing, memo, plain].map(({ attempt }) => attempt)
  const open = { state: 'pending', reason: expect.stringContaining('does not say whether it succeeded') }
  expect(await chain.observe(attempts)).toMatchObject([open, open, { state: 'included', succeeded: true }])
  expect(await over([url, url]).observe(attempts.slice(0, 2))).toMatchObject([open, open])
  // A failure needs two endpoints as ever, a success one.
  const [failed, paid] = await over([url, node.url]).observe(attempts.slice(0, 2))
  expect(failed).toMatchObject({ state: 'pending', reason: expect.stringContaining('by the word of one endpoint') })
  expect(paid).toMatchObject({ state: 'included', succeeded: true, final: true })
  expect(await over([url, node.url, node.url]).observe(attempts.slice(0, 1))).toMatchObject([
    { state: 'included', succeeded: false, final: true },
  ])
})

test.each<[string, (receipt: Receipt) => unknown]>([
  ['text', () => 'receipt'],
  ['a list', (receipt) => [receipt]],
  ['a number', () => 7],
  ['an empty object', () => ({})],
  ['one of another transaction', (receipt) => ({ ...receipt, transactionHash: `0x${'5'.repeat(64)}` })],
  ['one without its block', without('blockHash')],
  ['one without its height', without('blockNumber')],
  ['one of a block that is not in the chain', (receipt) => ({ ...receipt, blockHash: `0x${'6'.repeat(64)}` })],
  ['one with a success and gas that no number can be', (receipt) => ({ ...receipt, status: 'ok', gasUsed: {} })],
])('a receipt that is %s leaves its own attempt open, and says why; the others go on', async (_what, change) => {
  const odd = { hash: '' }
  const clock = { now: 0 }
  const url = await withReceipts((receipt) => (receipt.transactionHash === odd.hash ? change(receipt) : receipt))
  const chain = over([url], () => clock.now)
  const [first, second] = [await sent(chain), await sent(chain)]
  odd.hash = first.attempt.hash
  await node.mine()
  const attempts = [first.attempt, second.attempt]
  const [open, paid] = await chain.observe(attempts)
  expect(open).toEqual({ id: first.attempt.id, state: 'pending', reason: expect.any(String) })
  expect(paid).toMatchObject({ state: 'included', succeeded: true })
  odd.hash = ''
  clock.now += 5_000
  expect(await chain.observe(attempts)).toMatchObject([{ state: 'included' }, { state: 'included' }])
})

test('an attempt that was in a block stays in it while its receipt cannot be read', async () => {
  const says: { receipt: unknown } = { receipt: 'odd' }
  const url = await withReceipts((receipt) => says.receipt ?? receipt)
  const direct = over([node.url])
  const { attempt } = await sent(direct)
  await node.mine(4)
  const [seen] = await direct.observe([attempt])
  if (seen?.state !== 'included') throw new Error(`expected an included attempt, got ${seen?.state}`)
  const included = { ...attempt, block: { height: seen.height, hash: seen.blockHash, succeeded: true } }
  const clock = { now: 0 }
  const chain = over([url], () => clock.now)
  expect(await chain.observe([included])).toEqual([])
  says.receipt = undefined
  clock.now += 5_000
  expect(await chain.observe([included])).toEqual([{ ...seen, final: true }])
})
