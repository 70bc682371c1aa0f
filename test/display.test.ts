import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { priceServices } from './support/providers/price-services.ts'
import { GENEROUS } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
beforeAll(async () => {
  world = await evmWorld()
})
afterAll(async () => {
  await daemon.stop()
  await world.stop()
})

test('an agent and its operator read what something is worth in a currency of theirs', async () => {
  const { settings, keys, coingecko } = await priceServices()
  coingecko.at = Math.floor(Date.now() / 1_000)
  daemon = await startTestDaemon({
    env: {
      ...world.env,
      WAIAAS_ORACLE_COINGECKO_URL: settings['oracle.coingecko_url'],
      WAIAAS_ORACLE_COINGECKO_API_KEY: keys.coingecko,
    },
  })
  const { token } = await world.wallet(daemon, { limit: GENEROUS })
  const agent = daemon.agent(token)
  const { network } = world
  const read = async (path: string) => (await daemon.call<Record<string, unknown>>('GET', path, { as: token })).body

  // 1,000 ETH at 2,000 dollars.
  const inEuro = { displayBalance: '€1,842,600.00', displayCurrency: 'EUR' }
  expect(await read(`/v1/wallet/balance?network=${network}&display_currency=EUR`)).toMatchObject(inEuro)
  expect(await agent.getBalance({ network, displayCurrency: 'EUR' })).toMatchObject(inEuro)
  expect(await read(`/v1/wallet/assets?network=${network}&display_currency=JPY`)).toMatchObject({
    displayCurrency: 'JPY',
    assets: [{ displayValue: '¥302,540,000' }],
  })
  expect(await read(`/v1/wallet/balance?network=${network}`)).toMatchObject({
    displayBalance: null,
    displayCurrency: null,
  })

  // Half a dollar.
  const { id } = await agent.sendToken({ to: world.newAddress(), amount: String(25n * 10n ** 13n), network })
  const worth = { amountUsd: 0.5, displayAmount: '€0.46', displayCurrency: 'EUR' }
  expect(await read(`/v1/transactions/${id}?display_currency=EUR`)).toMatchObject(worth)
  expect(await read('/v1/transactions?display_currency=EUR')).toMatchObject({ items: [worth] })
  expect(await read('/v1/transactions?display_currency=XXX')).toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })

  expect(await daemon.operator.listExchangeRates({ currencies: 'EUR,KRW' })).toEqual({
    rates: { EUR: { rate: 0.9213, preview: '$1.00 = €0.92' }, KRW: { rate: 1391.5, preview: '$1.00 = ₩1,391' } },
  })
  await daemon.operator.updateSettings({ settings: [{ key: 'display.currency', value: 'EUR' }] })
  expect(await read(`/v1/transactions/${id}`)).toMatchObject(worth)
  coingecko.status = 503
  expect(await read(`/v1/transactions/${id}?display_currency=KWD`)).toMatchObject({
    displayAmount: '$0.50',
    displayCurrency: 'USD',
  })
})
