import { toBase } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Answered,
  changing,
  fundedKey,
  type Key,
  localEvm,
  newKey,
  prepare,
  startEndpoint,
} from '../../../test/evm-bed.ts'
import { RpcError } from '../rpc.ts'
import { evmChain } from './chain.ts'
import { classify, leastOf } from './classify.ts'
import { feeFloors, type Suggestion, tipMost } from './fee-floors.ts'
import { leastPriceIn } from './least-price.ts'

const gwei = 1_000_000_000n

// As Geth and its kin, Bor, Nethermind, OpenEthereum, Erigon, Besu, Nitro and chains that took over their code write it.
test.each<[string, 'tip' | 'price' | 'base', bigint]>([
  ['transaction gas price below minimum: gas tip cap 1500000000, minimum needed 25000000000', 'tip', 25n * gwei],
  ['transaction underpriced: gas tip cap 100000000, minimum needed 1000000000', 'tip', gwei],
  ['transaction underpriced: tip cap 1 gwei, needs at least 30 gwei', 'tip', 30n * gwei],
  ['FeeTooLow, EffectivePriorityFeePerGas too low 586749412 < 1000000000, BaseFee: 7', 'tip', gwei],
  ['max priority fee per gas too low: 1 wei, minimum: 0x3b9aca00', 'tip', gwei],
  ['transaction underpriced: fee cap 5, minimum needed 16000000000', 'price', 16n * gwei],
  [
    "Transaction gas price is too low. It does not satisfy your node's minimal gas price (minimal: 38856828, got: 5).",
    'price',
    38_856_828n,
  ],
  ['tx gas price is too low, minimum: 1000000000', 'price', gwei],
  ['gas price below configured minimum gas price: 0.1 gwei', 'price', gwei / 10n],
  ['fee too low, mempoolMinFee 2500000000', 'price', 2_500_000_000n],
  ['insufficient gas price, min gas price is 0.25 Gwei', 'price', gwei / 4n],
  ['gas price below minimum, required 1.0000000001 gwei', 'price', gwei + 1n],
  [
    'max fee per gas less than block base fee: address 0x12aB34567890123456789012345678901234aBcD, maxFeePerGas: 1, baseFee: 13',
    'base',
    13n,
  ],
  [
    'err: max fee per gas less than block base fee: address 0x12, maxFeePerGas: 1 baseFee: 13 (supplied gas 15010499)',
    'base',
    13n,
  ],
])('%s', (message, of, wei) => {
  const sent = classify(new RpcError(-32000, message))
  expect(sent).toMatchObject({ outcome: 'refused', reason: 'underpriced' })
  expect(leastOf(sent)).toEqual({ of, wei })
})

test.each([
  'transaction underpriced',
  'replacement transaction underpriced',
  'Gas price below configured minimum gas price',
  'FeeTooLow',
  'transaction underpriced: gas tip cap 1, minimum needed 0',
])('a refusal that names no number asks for nothing: %s', (message) => {
  expect(leastOf(classify(new RpcError(-32000, message)))).toBeUndefined()
})

test('a number in another refusal is no price', () => {
  expect(
    leastOf(classify(new RpcError(-32000, 'intrinsic gas too low: gas 20000, minimum needed 21000'))),
  ).toBeUndefined()
})

test('whatever a refusal says is read to a positive number or to nothing', () => {
  const word = fc.constantFrom(
    'minimum',
    'needed',
    'tip',
    'base fee',
    'gwei',
    'wei',
    '<',
    ':',
    '0x',
    '0',
    '25000000000',
    '1.5',
    'at least',
  )
  const message = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word).map((words) => words.join(' ')),
  )
  fc.assert(fc.property(message, (text) => (leastPriceIn(text)?.wei ?? 1n) > 0n))
})

const amount = fc.bigInt({ min: 0n, max: 10n ** 24n })
const suggestion: fc.Arbitrary<Suggestion> = fc.oneof(
  fc.record({ type: fc.constant('legacy' as const), gasPrice: amount }),
  fc.record({ type: fc.constant('eip1559' as const), baseFee: amount, tip: fc.bigInt({ min: 1n, max: tipMost }) }),
)
const named = fc.record({ of: fc.constantFrom('tip' as const, 'price' as const, 'base' as const), wei: amount })

test('a node that lies about a minimum makes a transaction at most fifty times as dear as what is suggested', () => {
  fc.assert(
    fc.property(suggestion, fc.array(named, { maxLength: 5 }), (now, lies) => {
      const floors = feeFloors(() => 0)
      for (const lie of lies) floors.raise(lie, undefined)
      const fees = floors.over(now)
      const most = (suggested: bigint) => 50n * (suggested > gwei ? suggested : gwei)
      if (fees.type === 'legacy')
        return now.type === 'legacy' && fees.gasPrice <= most(now.gasPrice) && fees.gasPrice >= now.gasPrice
      if (now.type === 'legacy') return false
      const tip = fees.maxPriorityFeePerGas
      const isWithin = tip <= tipMost && tip <= most(now.baseFee + now.tip) && tip >= now.tip
      return (
        isWithin && fees.maxFeePerGas <= 2n * most(now.baseFee) + tip && fees.maxFeePerGas >= 2n * now.baseFee + tip
      )
    }),
  )
})

test('what was named is forgotten after some minutes', () => {
  let now = 0
  const floors = feeFloors(() => now)
  const suggested = { type: 'eip1559', baseFee: 10n, tip: gwei } as const
  expect(floors.raise({ of: 'tip', wei: 25n * gwei }, suggested)).toBe(true)
  expect(floors.over(suggested)).toMatchObject({ maxPriorityFeePerGas: 25n * gwei, maxFeePerGas: 20n + 25n * gwei })
  now = 600_000
  expect(floors.over(suggested)).toMatchObject({ maxPriorityFeePerGas: gwei })
  expect(floors.raise({ of: 'tip', wei: 51n * gwei }, suggested)).toBe(false)
})

let node: EvmNode
let key: Key
beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--no-mining'] })
  key = await fundedKey(node)
})
afterAll(() => node.stop())

const least = 25n * gwei
const pay = () => ({ kind: 'transfer', to: newKey().address, amount: toBase(1n) }) as const
const tipOf = ({ body }: { body: string }) => BigInt(JSON.parse(body).maxPriorityFeePerGas)
const refusing = (message: string): Answered => ({ error: { code: -32000, message } })

async function behind(message: string) {
  const refuses = { now: true }
  const { url } = await startEndpoint(
    changing(node.url, ({ method }) => {
      if (method === 'eth_maxPriorityFeePerGas') return { result: '0x59682f00' }
      return method === 'eth_sendRawTransaction' && refuses.now ? refusing(message) : undefined
    }),
  )
  return { refuses, chain: evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true }) }
}

test('the minimum tip that a node names is told, and offered by the next draft and by the one that replaces it', async () => {
  const { chain, refuses } = await behind(
    `transaction gas price below minimum: gas tip cap 1500000000, minimum needed ${least}`,
  )
  const first = await prepare(chain, key, pay(), 0)
  expect(tipOf(first.draft)).toBe(1_500_000_000n)
  expect(await chain.broadcast([first.bytes])).toMatchObject([{ outcome: 'refused', reason: 'underpriced', least }])
  const again = await chain.draft(key.address, pay(), { replaces: first.draft })
  expect(tipOf(again)).toBe(least)
  expect(again.maxFee).toBeGreaterThan(first.draft.maxFee)
  const next = await prepare(chain, key, pay(), 0)
  expect(tipOf(next.draft)).toBe(least)
  refuses.now = false
  expect(await chain.broadcast([next.bytes])).toEqual([{ outcome: 'accepted' }])
})

test('a minimum beyond belief is neither told nor offered', async () => {
  const { chain } = await behind(
    'transaction gas price below minimum: gas tip cap 1500000000, minimum needed 900000000000',
  )
  const first = await prepare(chain, key, pay(), 0)
  const [sent] = await chain.broadcast([first.bytes])
  expect(sent).toMatchObject({ outcome: 'refused', reason: 'underpriced' })
  expect(sent).not.toHaveProperty('least')
  expect(tipOf(await chain.draft(key.address, pay()))).toBe(1_500_000_000n)
})

test.each<[string, Record<string, Answered>, string]>([
  ['no tip', { eth_maxPriorityFeePerGas: refusing('the method does not exist') }, 'eip1559'],
  ['a tip of zero', { eth_maxPriorityFeePerGas: { result: '0x0' } }, 'eip1559'],
  ['a tip of null', { eth_maxPriorityFeePerGas: { result: null } }, 'eip1559'],
  ['a tip as a list', { eth_maxPriorityFeePerGas: { result: ['0x1'] } }, 'eip1559'],
  ['no gas price', { eth_gasPrice: refusing('not whitelisted') }, 'eip1559'],
  ['neither tip nor gas price', { eth_gasPrice: { result: {} }, eth_maxPriorityFeePerGas: { result: {} } }, 'eip1559'],
])('a node that names %s is offered the least tip', async (_what, answers, type) => {
  const { url } = await startEndpoint(changing(node.url, ({ method }) => answers[method]))
  const chain = evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })
  const { body } = await chain.draft(key.address, pay())
  expect(JSON.parse(body).type).toBe(type)
  expect(tipOf({ body })).toBeGreaterThanOrEqual(1_000_000n)
})

test('a block without a base fee means a gas price, and one without either is named with the words of the node', async () => {
  const answers: Record<string, Answered> = {}
  const { url } = await startEndpoint(
    changing(node.url, ({ method, params }, { result }) =>
      method === 'eth_getBlockByNumber' && params[0] === 'latest'
        ? { result: { ...(result as object), baseFeePerGas: null } }
        : answers[method],
    ),
  )
  const over = () => evmChain({ network: localEvm, urls: [url], allowForeignGenesis: true })
  expect(JSON.parse((await over().draft(key.address, pay())).body).type).toBe('legacy')
  answers.eth_gasPrice = refusing('gas prices are not for you')
  await expect(over().draft(key.address, pay())).rejects.toMatchObject({
    code: 'CHAIN_ERROR',
    message: expect.stringContaining('gas prices are not for you'),
  })
})
