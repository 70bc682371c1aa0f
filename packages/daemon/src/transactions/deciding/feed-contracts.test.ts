import { newId } from '@waiaas/contract'
import { type EvmNode, evmContracts, evmFaucet, startEvm } from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData } from 'viem'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openPrepared } from '../../../../../test/support/prepared.ts'
import { ETHER, startPipeline } from '../../../test/pipeline-bed.ts'

// A price feed as a contract on a chain, which the money path reads as it reads Chainlink's.

const bin = '0x00000000000000000000000000000000DeaDBeef'
const limits = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 1_000 }
/** Of ETH at 2,000 dollars. */
const TEN_DOLLARS = ETHER / 200n
const DAY_S = 86_400n
const { abi, bytecode } = evmContracts.PriceFeed

let node: EvmNode
beforeAll(async () => {
  node = await startEvm()
})
afterAll(() => node.stop())

type Round = { decimals?: number; answer: bigint; updatedAt?: bigint; answeredIn?: bigint }
const now = () => BigInt(Math.floor(Date.now() / 1_000))

async function sent(transaction: object) {
  const hash = await node.rpc('eth_sendTransaction', [{ from: evmFaucet, gas: '0x1e8480', ...transaction }])
  await node.mine()
  const receipt = (await node.rpc('eth_getTransactionReceipt', [hash])) as { status: string; contractAddress: string }
  expect(receipt.status).toBe('0x1')
  return receipt
}

async function answers(feed: string, { answer, updatedAt = now(), answeredIn = 9n }: Round): Promise<void> {
  const args = [9n, answer, now(), updatedAt, answeredIn]
  await sent({ to: feed, data: encodeFunctionData({ abi, functionName: 'setRound', args }) })
}

/** Deploys a feed that answers this. */
async function deployed(round: Round): Promise<string> {
  const args = [round.decimals ?? 8, 'ETH / USD', 1n]
  const { contractAddress } = await sent({ data: encodeDeployData({ abi, bytecode, args }) })
  await answers(contractAddress, round)
  return contractAddress
}

/** What is decided on so much of ETH for a wallet whose price is that of this feed. */
async function decider(feed: string, clock?: { now: () => number }) {
  const database = await openPrepared()
  const bed = await startPipeline(database, node, undefined, clock, { feed })
  onTestFinished(async () => {
    await bed.stop()
    await database.close()
  })
  const from = await bed.wallet()
  await bed.limit(from.id, limits)
  return async (amount: bigint) => {
    const { accepted } = await bed.send(from, { to: bin, amount: String(amount) }, newId())
    return { tier: accepted?.tier, codes: accepted?.decision?.reasons.map(({ code }) => code) ?? [] }
  }
}

test.each([0, 6, 8, 18])('an answer with %i decimals is what it says, to the base unit', async (decimals) => {
  const decided = await decider(await deployed({ decimals, answer: 2_000n * 10n ** BigInt(decimals) }))
  expect(await decided(TEN_DOLLARS)).toMatchObject({ tier: 'INSTANT' })
  expect(await decided(TEN_DOLLARS + 1n)).toMatchObject({ tier: 'NOTIFY' })
})

const faults: Readonly<Record<string, Round>> = {
  'of zero': { answer: 0n },
  'below zero': { answer: -2_000n * 10n ** 8n },
  'of yesterday': { answer: 2_000n * 10n ** 8n, updatedAt: now() - DAY_S },
  'of tomorrow': { answer: 2_000n * 10n ** 8n, updatedAt: now() + DAY_S },
  'of no time': { answer: 2_000n * 10n ** 8n, updatedAt: 0n },
  'of an earlier round': { answer: 2_000n * 10n ** 8n, answeredIn: 8n },
  'with decimals that no price has': { decimals: 39, answer: 2_000n * 10n ** 8n },
}

test.each(Object.entries(faults))('an answer %s is no price, and a human decides', async (_, round) => {
  const decided = await decider(await deployed(round))
  expect(await decided(1n)).toMatchObject({ tier: 'APPROVAL', codes: expect.arrayContaining(['PRICE_UNAVAILABLE']) })
})

test.each([20n, 200_000n])(
  'after an answer of 2,000 dollars one of %s, as by other decimals, is none, and a human decides',
  async (dollars) => {
    let passed = 0
    const clock = { now: () => Date.now() + passed }
    const feed = await deployed({ answer: 2_000n * 10n ** 8n })
    const decided = await decider(feed, clock)
    expect(await decided(TEN_DOLLARS)).toMatchObject({ tier: 'INSTANT' })
    await answers(feed, { answer: dollars * 10n ** 8n })
    passed = 30_000
    // For five minutes what was believed before may stand.
    expect(await decided(TEN_DOLLARS + 1n)).not.toMatchObject({ tier: 'INSTANT' })
    passed = 400_000
    expect(await decided(1n)).toMatchObject({ tier: 'APPROVAL', codes: expect.arrayContaining(['PRICE_UNAVAILABLE']) })
  },
)
