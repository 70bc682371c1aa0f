import { integerOf, newId } from '@waiaas/contract'
import { callFixture, deployEvmFixtures, type EvmFixtures, mintToken } from '@waiaas/localnet'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { ETHER, migrations, type Oracle, operator, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import type { KeyringRow } from '../../keys/service.ts'
import { DAY_WINDOW, walletWindow } from '../../ledger/service.ts'

const bin = '0x00000000000000000000000000000000DeaDBeef'
const limits = {
  instant_max_usd: 10,
  notify_max_usd: 100,
  delay_max_usd: 500,
  delay_seconds: 1,
  daily_limit_usd: 1_000,
}
const usd = (dollars: number) => String((ETHER * BigInt(dollars)) / 2_000n)
const LONG = 420_000
const assetOf = ({ plainToken }: EvmFixtures) => `eip155:31337/erc20:${plainToken.toLowerCase()}`

forEachEngine((_engine, open, fresh) => {
  const stops: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  /** A money path whose clock is moved by hand and whose native price is a feed on the chain. */
  async function start(oracle: (fixtures: EvmFixtures) => Oracle) {
    const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
    stops.unshift(async () => node.stop())
    const fixtures = await deployEvmFixtures(node)
    const location = await fresh()
    let passed = 0
    const clock = { now: () => Date.now() + passed }
    const boot = async (keyring?: KeyringRow) => {
      const database = await open(migrations, location)
      const bed = await startPipeline(database, node, keyring, clock, oracle(fixtures))
      stops.unshift(() => bed.stop())
      const counted = async (walletId: string) =>
        integerOf(
          (
            await database.read((db) =>
              walletWindow(db, { account: walletId, lengthMs: DAY_WINDOW, now: clock.now(), worth: () => null }),
            )
          ).total,
        ) / 1_000_000n
      const reason = async (id: string) => (await bed.service.get(id, undefined)).waitReason ?? ''
      const seen = async (id: string, part: string) => {
        while (!(await reason(id)).includes(part)) await new Promise((resolve) => setTimeout(resolve, 20))
        return bed.service.get(id, undefined)
      }
      const restart = async () => {
        stops.shift()
        await bed.stop()
        await database.close()
        return boot(bed.keyring)
      }
      return { ...bed, database, counted, seen, restart }
    }
    /** Gives the wallet tokens, and says how to pay with them. */
    const tokensOn =
      (bed: Awaited<ReturnType<typeof boot>>) => async (from: { id: string; address: string; session: string }) => {
        const token = { address: fixtures.plainToken }
        await mintToken(node, token.address, { to: from.address, amount: 1_000n * ETHER })
        const rules = { tokens: [token] }
        await bed.rules.create({
          walletId: from.id,
          type: 'ALLOWED_TOKENS',
          rules,
          priority: 0,
          enabled: true,
        } as never)
        return async (humanAmount: string) =>
          (await bed.send(from, { type: 'TOKEN_TRANSFER', to: bin, humanAmount, token }, newId())).accepted!
      }
    const first = await boot()
    const tell = (functionName: string, args: readonly unknown[]) =>
      callFixture(node, { contract: 'PriceFeed', address: fixtures.priceFeed, functionName, args })
    return {
      ...first,
      tokens: tokensOn(first),
      node,
      fixtures,
      pass(ms: number) {
        passed += ms
      },
      breakFeed: () => tell('setRound', [9n, -1n, 0n, 0n, 9n]),
      mendFeed: (dollars: bigint) => tell('setAnswer', [dollars * 10n ** 8n]),
    }
  }

  test('a delay and an approval of long ago go out at the price of now, without another question', async () => {
    const bed = await start(({ priceFeed }) => ({ feed: priceFeed }))
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const ask = async (dollars: number) => (await bed.send(from, { to: bin, amount: usd(dollars) }, newId())).accepted!
    const approval = await ask(600)
    bed.pass(LONG)
    const delay = await ask(200)
    bed.pass(LONG)
    await bed.service.approve(approval.id)
    for (const { id } of [approval, delay])
      expect(await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await bed.counted(from.id)).toBeGreaterThanOrEqual(800n)
  })

  test('a token with a price of its own goes out after a restart', async () => {
    const bed = await start((fixtures) => ({ feed: fixtures.priceFeed, fixed: { [assetOf(fixtures)]: '1' } }))
    const from = await bed.wallet()
    const ask = await bed.tokens(from)
    await bed.limit(from.id, limits)
    const [delay, approval] = [await ask('200.5'), await ask('600')]
    expect([delay.tier, approval.tier], JSON.stringify(delay.decision?.reasons)).toEqual(['DELAY', 'APPROVAL'])
    const after = await bed.restart()
    await after.service.approve(approval.id)
    for (const { id } of [delay, approval])
      expect(await after.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await after.counted(from.id)).toBeGreaterThanOrEqual(800n)
  })

  test('without a price what was approved waits, says why, counts as it was shown, and goes out when there is one', async () => {
    const bed = await start(({ priceFeed }) => ({ feed: priceFeed }))
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const { id } = (await bed.send(from, { to: bin, amount: usd(600) }, newId())).accepted!
    await bed.breakFeed()
    const after = await bed.restart()
    await after.service.approve(id)
    const waiting = await after.seen(id, 'no trustworthy price of ETH now: the price feed')
    expect(waiting).toMatchObject({ status: 'PENDING', txHash: null })
    expect(await after.counted(from.id)).toBe(600n)
    await bed.mendFeed(2_000n)
    bed.pass(20_000)
    expect(await after.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await after.counted(from.id)).toBe(600n)
  })

  test('what waits for a price keeps nobody behind it', async () => {
    const { daily_limit_usd: _, ...ladder } = limits
    const bed = await start((fixtures) => ({ feed: fixtures.priceFeed, fixed: { [assetOf(fixtures)]: '1' } }))
    const from = await bed.wallet()
    await bed.tokens(from)
    await bed.limit(from.id, { ...ladder, max_fee: String(10n ** 18n) })
    const { id } = (await bed.send(from, { to: bin, amount: usd(600) }, newId())).accepted!
    await bed.breakFeed()
    const after = await bed.restart()
    await after.service.approve(id)
    await after.seen(id, 'no trustworthy price')
    const token = { address: bed.fixtures.plainToken }
    const next = await after.send(from, { type: 'TOKEN_TRANSFER', to: bin, humanAmount: '5', token }, newId())
    expect(await after.until(next.transactionId, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await after.service.get(id, undefined)).toMatchObject({ status: 'PENDING' })
    await after.service.cancel(id, operator)
    expect(await after.until(id, 'CANCELLED')).toBe('CANCELLED')
  })

  test('a price that is gone for good asks a human once more; what goes out then counts, at the latest when it is priced again', async () => {
    const bed = await start(({ priceFeed }) => ({ feed: priceFeed }))
    const from = await bed.wallet()
    await bed.limit(from.id, limits)
    const { id } = (await bed.send(from, { to: bin, amount: usd(600) }, newId())).accepted!
    await bed.breakFeed()
    const after = await bed.restart()
    await after.service.approve(id)
    await after.seen(id, 'no trustworthy price of ETH')
    const look = () =>
      after.service.simulate({ type: 'TRANSFER', to: bin, amount: '1', walletId: from.id, dryRun: true }, from.session)
    for (let minutes = 0; minutes < 6; minutes++) {
      bed.pass(55_000)
      await look()
    }
    expect(await after.until(id, 'QUEUED')).toBe('QUEUED')
    const asked = (await after.service.get(id, undefined)).decision!
    expect(asked.reasons.map(({ code }) => code)).toEqual(['PRICE_UNAVAILABLE'])
    await after.service.approve(id)
    expect(await after.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    expect(await after.counted(from.id)).toBe(600n)

    const unpriced = (await after.send(from, { to: bin, amount: usd(300) }, newId())).accepted!
    await after.service.approve(unpriced.id)
    expect(await after.until(unpriced.id, 'CONFIRMED', 'FAILED', 'CANCELLED')).toBe('CONFIRMED')
    await bed.mendFeed(2_000n)
    bed.pass(20_000)
    expect(BigInt((await look()).decision!.inputs!.spent.dayUsd) / 1_000_000n).toBe(900n)
    expect((await after.send(from, { to: bin, amount: usd(101) }, newId())).refused?.code).toBe('POLICY_DENIED')
  })
})
