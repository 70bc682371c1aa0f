import { toBase } from '@waiaas/contract'
import { callFixture, type EvmNode, evmContracts, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ether,
  forwardTo,
  fundedKey,
  type Key,
  localEvm,
  newKey,
  prepare,
  type Request,
  startChain,
  startEndpoint,
} from '../../../test/evm-bed.ts'
import { evmChain } from './chain.ts'
import { quantity } from './hex.ts'
import { inclusionOf } from './inclusion.ts'
import { readReceipt } from './receipts.ts'

const oracle = '0x420000000000000000000000000000000000000F'
const l1Block = '0x4200000000000000000000000000000000000015'
const rollup = { ...localEvm, l1Fee: 'op-stack' } as const
const to = newKey().address
const gas = 21_000n
const intent = { kind: 'transfer', to, amount: toBase(1n) } as const
/** Posting at most, and the operator's scalar and constant. */
const parameters = [1_000n, 2_000_000n, 777n] as const

let node: EvmNode
let key: Key
beforeAll(async () => {
  node = await startEvm()
  key = await fundedKey(node)
})
afterAll(() => node.stop())

const over = (url: string, network: typeof localEvm = rollup) =>
  evmChain({ network, urls: [url], allowForeignGenesis: true })

/** What is reserved beside gas at its cap. */
async function beside(chain: ReturnType<typeof over>): Promise<bigint> {
  const { body, maxFee } = await chain.draft(key.address, intent)
  const { gas: limit, maxFeePerGas } = JSON.parse(body)
  return maxFee - BigInt(limit) * BigInt(maxFeePerGas)
}

async function putOracle(at: EvmNode, forks: readonly [isthmus: boolean, jovian: boolean]): Promise<void> {
  await at.rpc('anvil_setCode', [oracle, evmContracts.GasPriceOracle.deployedBytecode])
  const call = { contract: 'GasPriceOracle', address: oracle } as const
  await callFixture(at, { ...call, functionName: 'set', args: parameters })
  await callFixture(at, { ...call, functionName: 'setForks', args: forks })
}

test('a rollup’s charges for its parent chain and its operator are counted twice, by the formula of its upgrade', async () => {
  const [posting, scalar, constant] = parameters
  await putOracle(node, [false, false])
  expect(await beside(over(node.url, localEvm))).toBe(0n)
  expect(await beside(over(node.url))).toBe(2n * posting)
  await putOracle(node, [true, false])
  expect(await beside(over(node.url))).toBe(2n * (posting + (gas * scalar) / 1_000_000n + constant))
  await putOracle(node, [true, true])
  expect(await beside(over(node.url))).toBe(2n * (posting + gas * scalar * 100n + constant))
})

test('an oracle from before the operator’s fee names none, and one that is not there or cannot answer stops the payment', async () => {
  // Returns 1,000 to getL1FeeUpperBound and reverts on everything else.
  await node.rpc('anvil_setCode', [oracle, '0x60003560e01c63f1c7a58b1460145760006000fd5b6103e860005260206000f3'])
  expect(await beside(over(node.url))).toBe(2_000n)
  await node.rpc('anvil_setCode', [oracle, '0x'])
  await expect(beside(over(node.url))).rejects.toThrow(/L1 fee.*GasPriceOracle/)
  await putOracle(node, [true, false])
  const asksFee = ({ params }: Request) => JSON.stringify(params).includes('0x275aedd2')
  const { url } = await editing(node, (request, result) =>
    asksFee(request) ? { error: { code: -32603, message: 'out of order' } } : { result },
  )
  await expect(beside(over(url))).rejects.toMatchObject({
    code: 'CHAIN_ERROR',
    message: expect.stringContaining('operator fee'),
  })
})

/** A node in front of which answers are changed. */
function editing(of: EvmNode, edit: (request: Request, result: unknown) => object) {
  const forward = forwardTo(of.url)
  return startEndpoint(async (body, response, raw) => {
    const answers = [(await forward(body, response, raw)) as { id: number; result?: unknown }].flat()
    const edited = [body].flat().map((request, index) => {
      const answer = answers[index]!
      return 'result' in answer ? { jsonrpc: '2.0', id: answer.id, ...edit(request, answer.result) } : answer
    })
    return Array.isArray(body) ? edited : edited[0]
  })
}

/** What op-geth's receipts say of the operator's fee; Anvil charges it like any node of the stack, and does not say so. */
const operatorFields = { operatorFeeScalar: quantity(parameters[1]), operatorFeeConstant: quantity(parameters[2]) }

function withOperatorFields(of: EvmNode) {
  const completed = (receipt: unknown) => (receipt ? { ...receipt, l1Fee: '0x0', ...operatorFields } : receipt)
  return editing(of, ({ method }, result) => {
    if (method === 'eth_getTransactionReceipt') return { result: completed(result) }
    if (method === 'eth_getBlockReceipts') return { result: (result as unknown[] | null)?.map(completed) ?? null }
    return { result }
  })
}

test('what a rollup charges is what is booked, and no more than was reserved', async () => {
  const [, scalar, constant] = parameters
  const extraArgs = ['--network', 'optimism', '--hardfork', 'isthmus']
  const { node: real, key: payer } = await startChain({ extraArgs })
  // L1Block keeps the operator's scalar and constant in slot 8: https://specs.optimism.io/protocol/isthmus/l1-attributes.html
  await real.rpc('anvil_setCode', [l1Block, '0x00'])
  const word = scalar.toString(16).padStart(48, '0') + constant.toString(16).padStart(16, '0')
  await real.rpc('anvil_setStorageAt', [l1Block, '0x8', `0x${word}`])
  await putOracle(real, [true, false])
  const { url } = await withOperatorFields(real)
  const chain = over(url)
  const balance = async () => BigInt(String(await real.rpc('eth_getBalance', [payer.address, 'latest'])))
  const before = await balance()
  const { attempt, bytes, draft } = await prepare(chain, payer, { ...intent, amount: toBase(ether) }, 0)
  expect(await chain.broadcast([bytes])).toEqual([{ outcome: 'accepted' }])
  await real.mine()
  const [sighting] = await chain.observe([attempt])
  const paid = before - (await balance()) - ether
  expect(sighting).toMatchObject({ state: 'included', succeeded: true, fee: paid })
  const receipt = (await real.rpc('eth_getTransactionReceipt', [attempt.hash])) as { effectiveGasPrice: string }
  const forGas = gas * BigInt(receipt.effectiveGasPrice)
  expect(paid).toBe(forGas + (gas * scalar) / 1_000_000n + constant)
  expect(paid).toBeLessThanOrEqual(draft.maxFee)
})

test('a receipt’s fee holds all that a rollup charged, by the formula of its upgrade', () => {
  const receipt = {
    transactionHash: `0x${'1'.repeat(64)}`,
    blockHash: `0x${'2'.repeat(64)}`,
    blockNumber: '0x3',
    status: '0x1',
    gasUsed: quantity(gas),
    effectiveGasPrice: '0x2',
  }
  const feeOf = (fields: object) => inclusionOf(readReceipt({ ...receipt, ...fields })!)?.fee
  const [, scalar, constant] = parameters
  expect(feeOf({})).toBe(2n * gas)
  expect(feeOf({ l1Fee: '0x5' })).toBe(2n * gas + 5n)
  expect(feeOf({ l1Fee: '0x5', ...operatorFields })).toBe(2n * gas + 5n + (gas * scalar) / 1_000_000n + constant)
  const jovian = { l1Fee: '0x5', ...operatorFields, daFootprintGasScalar: '0x190' }
  expect(feeOf(jovian)).toBe(2n * gas + 5n + gas * scalar * 100n + constant)
})
