import { newId, operations } from '@waiaas/contract'
import { callFixture, deployEvmFixtures, type EvmFixtures, type EvmNode } from '@waiaas/localnet'
import { serializeTransaction } from 'viem'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { until } from '../../../../test/support/until.ts'
import { bin, DEAR, ownersOf, usd } from '../../test/owned-bed.ts'
import { peopleOf } from '../../test/owners-bed.ts'
import { migrations, type Oracle, startEvm, startPipeline } from '../../test/pipeline-bed.ts'

let node: EvmNode
let fixtures: EvmFixtures
beforeAll(async () => {
  node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
  fixtures = await deployEvmFixtures(node)
})
afterAll(() => node.stop())
const tellFeed = (functionName: string, args: readonly unknown[]) =>
  callFixture(node, { contract: 'PriceFeed', address: fixtures.priceFeed, functionName, args })

forEachEngine((_engine, open) => {
  let stop: () => Promise<void> = async () => undefined
  afterEach(() => stop())

  async function startOn(chain: EvmNode, oracle: Oracle) {
    let passed = 0
    const clock = { now: () => Date.now() + passed }
    const bed = await startPipeline(await open(migrations), chain, undefined, clock, oracle)
    stop = bed.stop
    const pass = (ms: number) => {
      passed += ms
    }
    return { ...ownersOf(bed), pass }
  }
  async function start() {
    await tellFeed('setAnswer', [2_000n * 10n ** 8n])
    return startOn(node, { feed: fixtures.priceFeed })
  }

  /** A wallet whose owner has two keys, one of which somebody else has too. */
  async function withCopiedKey(starting = start()) {
    const bed = await starting
    const [stolen, spare] = [evmOwner(), evmOwner()]
    const { wallet } = await bed.owned(stolen)
    const { id } = wallet
    const { addWallet, verify, cutOff, dropWallet, removeAll, owners } = peopleOf(bed, id)
    await addWallet(stolen, { ownerId: (await owners())[0]!.id, wallet: spare })
    await verify(spare)

    async function approved(by: TestOwner, status: string, more: object = {}) {
      const { id } = (await bed.send(wallet, { to: bin, amount: usd(600), ...more }, newId())).accepted!
      await bed.answer(id, 'approve', await bed.word(by, id, 'approve'))
      expect(await bed.until(id, status, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe(status)
      return id
    }
    return {
      ...{ bed, wallet, stolen, spare },
      /** What the stolen key approved, and the other one. */
      async both(status: string, more: object = {}): Promise<readonly [string, string]> {
        return [await approved(stolen, status, more), await approved(spare, status, more)]
      },
      /** They say why they wait. */
      wait: (ids: readonly string[], why: string) =>
        until(`to read "${why}"`, async () => {
          const reasons = await Promise.all(ids.map(async (id) => (await bed.service.get(id, undefined)).waitReason))
          return reasons.every((reason) => reason?.includes(why))
        }),
      /** By its own word. */
      cutOff: async () => void (await cutOff(stolen, stolen.address)),
      /** By the operator. */
      takeAway: async () => void (await dropWallet(stolen)),
      /** The wallet is nobody's, as the other key agrees. */
      removeOwners: async () => void (await removeAll(spare)),
    }
  }
  type Copied = Awaited<ReturnType<typeof withCopiedKey>>
  const end = ({ bed }: Copied, id: string) => bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')

  type Waits = { ids: readonly [string, string]; comes(): Promise<unknown> }
  /** Where what was approved waits, and how that comes which it waits for. */
  const waits: Record<string, (at: Copied) => Promise<Waits>> = {
    async 'cheaper gas'({ bed, both }) {
      const ids = await both('GAS_WAITING', DEAR)
      return { ids, comes: () => bed.cheapen(ids) }
    },
    async 'its turn'({ bed, wallet, both }) {
      await bed.service.stops.halt(wallet.id)
      return { ids: await both('PENDING'), comes: async () => bed.service.stops.resume(wallet.id) }
    },
    async 'its turn, and gas is cheap enough already'({ bed, wallet, both }) {
      const ids = await both('GAS_WAITING', DEAR)
      await bed.service.stops.halt(wallet.id)
      await bed.cheapen(ids)
      for (const id of ids) await bed.until(id, 'PENDING')
      return { ids, comes: async () => bed.service.stops.resume(wallet.id) }
    },
    async 'a nonce that somebody else has and has not used'({ bed, wallet, both, wait }) {
      const price = BigInt((await node.rpc('eth_gasPrice')) as string)
      const transaction = serializeTransaction({
        ...{ type: 'eip1559', chainId: 31_337, nonce: 0, to: bin, value: 1n, gas: 21_000n },
        ...{ maxFeePerGas: 2n * price, maxPriorityFeePerGas: price / 10n },
      })
      const asking = { sessionId: wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
      const { signedTransaction } = await bed.service.signTransaction({ transaction, walletId: wallet.id }, asking)
      const ids = await both('PENDING')
      await wait(ids, 'has nonce 0 before it')
      return { ids, comes: () => node.rpc('eth_sendRawTransaction', [signedTransaction]) }
    },
    async 'a price'({ bed, wallet, stolen, spare, wait }) {
      const ids = [await bed.asks(wallet, 600), await bed.asks(wallet, 600)] as const
      await tellFeed('setRound', [9n, -1n, 0n, 0n, 9n])
      bed.pass(301_000)
      for (const [index, by] of [stolen, spare].entries())
        await bed.answer(ids[index]!, 'approve', await bed.word(by, ids[index]!, 'approve'))
      await wait(ids, 'no trustworthy price of ETH')
      return {
        ids,
        async comes() {
          await tellFeed('setAnswer', [2_000n * 10n ** 8n])
          bed.pass(20_000)
        },
      }
    },
  }

  test.each(Object.entries(waits))(
    'what was approved and waits for %s ends where its owner cuts off what approved it, and no other does',
    async (_, waitsFor) => {
      const at = await withCopiedKey()
      const { ids, comes } = await waitsFor(at)
      await at.cutOff()
      await comes()
      const [byStolen, bySpare] = ids
      expect(await end(at, byStolen)).toBe('CANCELLED')
      expect(await end(at, bySpare)).toBe('CONFIRMED')
    },
  )

  test('what was approved and waits for room in a full lane ends where its owner cuts off what approved it', async () => {
    const still = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
    onTestFinished(() => still.stop())
    const at = await withCopiedKey(startOn(still, { window: 1 }))
    const { bed, wallet } = at
    const first = (await bed.send(wallet, { to: bin, amount: usd(5) }, newId())).transactionId
    await bed.sent(first)
    const ids = await at.both('PENDING')
    await at.cutOff()
    expect(await Promise.all(ids.map((id) => bed.until(id, 'PENDING', 'CANCELLED', 'SUBMITTED')))).toEqual([
      'PENDING',
      'PENDING',
    ])
    const ended = () => Promise.all([first, ...ids].map(async (id) => (await bed.service.get(id, undefined)).status))
    await until(
      'all of them to end',
      async () => {
        await still.rpc('evm_mine')
        return (await ended()).every((status) => /^(CONFIRMED|FAILED|CANCELLED)$/.test(status))
      },
      { everyMs: 100 },
    )
    expect(await ended()).toEqual(['CONFIRMED', 'CANCELLED', 'CONFIRMED'])
  })

  test('what was approved ends where the wallet is nobody’s any more, whatever was cut off before', async () => {
    const at = await withCopiedKey()
    const ids = await at.both('GAS_WAITING', DEAR)
    await at.cutOff()
    await at.removeOwners()
    await at.bed.cheapen(ids)
    for (const id of ids) expect(await end(at, id)).toBe('CANCELLED')
    expect(await at.bed.service.get(ids[0], undefined)).toMatchObject({ txHash: null })
  })

  test.each(['takeAway', 'removeOwners'] as const)(
    'what was approved ends where what approved it is no owner’s any more while it is being signed (%s)',
    async (how) => {
      const at = await withCopiedKey()
      const { bed, wallet, stolen } = at
      const id = await bed.asks(wallet)
      bed.onSign(at[how])
      await bed.answer(id, 'approve', await bed.word(stolen, id, 'approve'))
      expect(await end(at, id)).toBe('CANCELLED')
      const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 50))
      expect(rows.filter(({ event }) => event === 'TX_SUBMITTED')).toEqual([])
    },
  )

  test('what was approved ends where what approved it is cut off while it is being signed, and in each step of a plan', async () => {
    const { bed, wallet, stolen, spare, cutOff } = await withCopiedKey()
    const steps = [1, 2].map(() => ({ to: bin, value: usd(600) }))
    const input = operations.sendPlan.input.parse({ walletId: wallet.id, steps })
    const asking = { sessionId: wallet.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    const { accepted } = await bed.service.plans.send(input, asking)
    const ids = (await bed.service.plans.get(accepted!.id, undefined)).steps.map(({ id }) => id)
    // The first of the plan is signed, and nobody has sent it.
    bed.onSign(cutOff)
    await bed.answer(ids[0]!, 'approve', await bed.word(stolen, ids[0]!, 'approve'))
    for (const id of ids) expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CANCELLED')
    const rows = await bed.database.read((db) => bed.evidence.list(db, { walletId: wallet.id }, 50))
    expect(rows.filter(({ event }) => event === 'TX_SUBMITTED')).toEqual([])
    const id = await bed.asks(wallet)
    await bed.answer(id, 'approve', await bed.word(spare, id, 'approve'))
    expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
  })
})
