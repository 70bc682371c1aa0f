import type { WalletLimits } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
const network = 'local-evm'
const limit = {
  ...{ instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, delay_seconds: 300, daily_limit_usd: 500 },
}

beforeAll(async () => {
  // No block comes by itself: what is sent stays reserved.
  world = await evmWorld({ blockTime: 3_600 })
  daemon = await startTestDaemon({ env: world.env })
  wallet = await world.wallet(daemon, { limit })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const limits = async (token: string): Promise<WalletLimits> => {
  const { status, body, text } = await daemon.call<WalletLimits>('GET', `/v1/wallet/limits?network=${network}`, {
    as: token,
  })
  expect(status, text).toBe(200)
  return body
}
const largest = ({ payments }: WalletLimits, tier: string) =>
  payments[0]!.largest.find((entry) => entry.tier === tier)!.amount!
const send = (token: string, amount: string, to = world.newAddress()) =>
  daemon.call<{ tier: string; details: { reasons: { code: string }[] } }>('POST', '/v1/transactions/send', {
    as: token,
    body: { type: 'TRANSFER', to, amount, network },
  })

test('an agent reads what it may spend, spends that, and sees it used', async () => {
  const fresh = await limits(wallet.token)
  expect(fresh).toMatchObject({
    ...{ walletId: wallet.id, chain: 'ethereum', network, refused: [] },
    windows: [
      {
        limit: 'daily_limit_usd',
        of: 'wallet',
        limitUsd: 500,
        usedUsd: 0,
        leftUsd: 500,
        above: 'DENY',
        resetsAt: null,
      },
    ],
    allowed: { tokens: [], recipients: null, contracts: [], hours: [], more: false },
    session: { maxTransactionUsd: null, leftUsd: null },
    reserved: { sessionUsd: 0, othersUsd: 0, allowancesUsd: 0 },
  })
  expect(fresh.payments).toMatchObject([
    {
      symbol: 'ETH',
      largest: [
        { tier: 'INSTANT', humanAmount: '0.005', usd: 10 },
        { tier: 'NOTIFY', humanAmount: '0.05', usd: 100 },
        // The fee counts in the window.
        { tier: 'DELAY', humanAmount: expect.stringMatching(/^0\.249\d+$/), usd: expect.closeTo(500, 0) },
        { tier: 'APPROVAL', humanAmount: expect.stringMatching(/^0\.249\d+$/), usd: expect.closeTo(500, 0) },
      ],
    },
  ])
  const most = largest(fresh, 'INSTANT')
  expect((await send(wallet.token, most)).body).toMatchObject({ tier: 'INSTANT' })
  expect((await send(wallet.token, String(BigInt(most) + 1n))).body).toMatchObject({ tier: 'NOTIFY' })
  const used = await limits(wallet.token)
  expect(used.reserved.sessionUsd).toBeGreaterThan(20)
  expect(used.windows[0]!.usedUsd).toBe(used.reserved.sessionUsd)
  expect(used.windows[0]!.leftUsd + used.windows[0]!.usedUsd).toBeCloseTo(500, 6)
  expect(BigInt(largest(used, 'APPROVAL'))).toBeLessThan(BigInt(largest(fresh, 'APPROVAL')))

  // Another session sees one sum of what it has not reserved itself, and what it is bound to.
  const constraints = { maxTransactionUsd: 7, maxTotalUsd: 20, allowedAddresses: [world.newAddress()] }
  const other = await daemon.operator.createSession({ walletId: wallet.id, constraints })
  const seen = await limits(other.token)
  expect(seen.reserved).toEqual({ sessionUsd: 0, othersUsd: used.reserved.sessionUsd, allowancesUsd: 0 })
  expect(seen.session).toEqual({ maxTransactionUsd: 7, leftUsd: 20 })
  const bound = seen.payments[0]!.largest.map(({ usd }) => usd!)
  expect([new Set(bound).size, bound[0]! < 7, bound[0]! > 6.5]).toEqual([1, true, true])
  expect(seen.allowed.recipients).toEqual(constraints.allowedAddresses)
  expect(JSON.stringify(seen)).not.toContain(wallet.sessionId)
})

test('the largest payment that is named passes with its fee, and a base unit more does not', async () => {
  const { id, token, address } = await world.wallet(daemon, { limit })
  const [{ held, fee }] = (await limits(token)).payments as [WalletLimits['payments'][number]]
  expect(BigInt(held!) + BigInt(fee!)).toBe(await world.balance(address))
  const all = largest(await limits(token), 'APPROVAL')
  expect((await send(token, String(BigInt(all) + 1n))).body.details.reasons).toMatchObject([
    { code: 'SPENDING_LIMIT_EXCEEDED' },
  ])

  // What the signer does not sign without the password waits for the operator, whatever the policies say.
  await daemon.operator.changeWalletCeiling({ id, network, transaction: '0.001' })
  const below = largest(await limits(token), 'DELAY')
  expect(below).toBe(String(10n ** 15n))
  expect((await send(token, String(BigInt(below) + 1n))).body.tier).toBe('APPROVAL')
  expect((await send(token, below)).body.tier).toBe('INSTANT')

  const other = await world.wallet(daemon, { limit })
  expect((await send(other.token, largest(await limits(other.token), 'APPROVAL'))).status).toBe(201)
  expect(Number(largest(await limits(other.token), 'APPROVAL'))).toBe(0)
})

test('what refuses everything is told, and nothing may be spent', async () => {
  const none = { name: 'bare', chain: 'ethereum', environment: 'testnet', defaultPolicy: false } as const
  const bare = await daemon.operator.createWallet(none)
  const { refused, payments, windows } = await limits(bare.session!.token)
  expect(refused).toMatchObject([{ code: 'SPENDING_LIMIT_MISSING' }])
  expect(payments[0]!.largest.map(({ amount }) => amount)).toEqual(['0', '0', '0', '0'])
  expect(windows).toEqual([])
  const elsewhere = await daemon.operator.createSession({
    walletId: wallet.id,
    constraints: { networks: ['base-sepolia'] },
  })
  const closed = await limits(elsewhere.token)
  expect(closed.refused).toMatchObject([{ code: 'CONSTRAINT_VIOLATED', allowed: 'base-sepolia' }])
  expect(closed.payments[0]!.largest[3]).toMatchObject({ amount: '0' })
  expect((await daemon.call('GET', '/v1/wallet/limits', { as: 'operator' })).status).toBe(401)
})

test('while no node answers the policies are told all the same', async () => {
  const { token } = await world.wallet(daemon, { limit })
  await world.proxy.hangUp()
  try {
    const [{ held, fee, largest: tiers }] = (await limits(token)).payments as [WalletLimits['payments'][number]]
    expect([held, fee, tiers[0]]).toMatchObject([null, null, { tier: 'INSTANT', humanAmount: '0.005' }])
  } finally {
    await world.proxy.listen()
  }
})
