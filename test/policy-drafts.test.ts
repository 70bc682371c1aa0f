import type { operations, Parsed } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet

beforeAll(async () => {
  world = await evmWorld()
  daemon = await startTestDaemon({ env: world.env })
  wallet = await world.wallet(daemon)
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Draft = Parsed<typeof operations.testPolicies>['draft']
/** Ether at 2,000 dollars. */
const dollars = (usd: number) => String(BigInt(Math.round(usd * 100)) * 5_000_000_000_000n)
/** How a payment of so many dollars fares under the policies in force, and under a draft. */
async function tried(usd: number, draft?: unknown, more: object = {}) {
  const body = { walletId: wallet.id, type: 'TRANSFER', to: world.newAddress(), amount: dollars(usd), ...more }
  const {
    current,
    draft: drafted,
    change,
  } = await daemon.operator.testPolicies({
    ...body,
    network: world.network,
    ...(draft !== undefined && { draft: draft as Draft }),
  } as never)
  const said = ({ outcome, tier, reasons }: typeof current) =>
    outcome === 'DENY' ? reasons.map(({ code }) => code).join() : tier
  return [said(current), ...(drafted ? [said(drafted), change] : [])]
}
const limit = (rules: object, more: object = {}) => ({ type: 'SPENDING_LIMIT', rules, ...more })

test('a request is judged by the policies in force and by a draft of them, and nothing of it stays', async () => {
  const own = await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'SPENDING_LIMIT' },
    rules: { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 500 },
  })
  const before = (await daemon.operator.listPolicies({})).data
  const strict = { id: own.id, rules: { instant_max_usd: 1, delay_max_usd: 5, daily_limit_usd: 50 } }
  expect([
    await tried(5),
    await tried(50, { change: [strict] }),
    await tried(60, { change: [strict] }),
    await tried(5, { change: [strict] }),
    await tried(5, { change: [{ id: own.id, enabled: false }] }),
    await tried(5, { remove: [own.id] }),
    await tried(5, { set: [] }),
    await tried(600, { set: [limit({ instant_max_usd: 1_000 })] }),
    await tried(5, { add: [{ type: 'WHITELIST', rules: { allowed_addresses: [world.newAddress()] } }] }),
    await tried(5, { add: [limit({ instant_max_usd: 1_000 }, { walletId: wallet.id })] }),
  ]).toEqual([
    ['INSTANT'],
    ['NOTIFY', 'SPENDING_LIMIT_EXCEEDED', 'tighter'],
    ['NOTIFY', 'SPENDING_LIMIT_EXCEEDED', 'tighter'],
    ['INSTANT', 'DELAY', 'tighter'],
    ['INSTANT', 'SPENDING_LIMIT_MISSING', 'tighter'],
    ['INSTANT', 'SPENDING_LIMIT_MISSING', 'tighter'],
    ['INSTANT', 'SPENDING_LIMIT_MISSING', 'tighter'],
    ['SPENDING_LIMIT_EXCEEDED', 'INSTANT', 'looser'],
    ['INSTANT', 'WHITELIST_DENIED', 'tighter'],
    ['INSTANT', 'INSTANT', 'same'],
  ])
  expect((await daemon.operator.listPolicies({})).data).toEqual(before)
  expect((await daemon.agent(wallet.token).listTransactions({})).items).toEqual([])
})

test('a policy that is added takes the place of the default in a draft as it would when it is written', async () => {
  const fresh = await daemon.operator.createWallet({ name: 'fresh', chain: 'ethereum', createSession: false })
  const more = { walletId: fresh.id }
  const add = [limit({ instant_max_usd: 1_000 }, { walletId: 'fresh' })]
  expect([
    await tried(300, { add }, more),
    await tried(300, { add: [limit({ instant_max_usd: 1_000 })] }, more),
    await tried(300, { add: [{ ...add[0], network: world.network }] }, more),
  ]).toEqual([
    ['DELAY', 'INSTANT', 'looser'],
    ['DELAY', 'DELAY', 'same'],
    ['DELAY', 'DELAY', 'same'],
  ])
})

test('a policy of sessions judges what that session asks for', async () => {
  const add = [
    { type: 'RATE_LIMIT', rules: { max_requests: 1, window_seconds: 60 }, walletId: wallet.id },
    limit({ instant_max_usd: 1 }, { sessionId: wallet.sessionId }),
  ]
  expect([await tried(5, { add }), await tried(5, { add }, { sessionId: wallet.sessionId })]).toEqual([
    ['INSTANT', 'INSTANT', 'same'],
    ['INSTANT', 'APPROVAL', 'tighter'],
  ])
  const other = await daemon.operator.createSession({ walletId: (await world.wallet(daemon)).id })
  await expect(tried(5, { add }, { sessionId: other.id })).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
})

test('a draft is as strict about its policies as what writes them', async () => {
  const nobody = '00000000-0000-7000-8000-000000000000'
  const bad: [unknown, string][] = [
    [{ add: [limit({ instant_max_usd: 1, bursts: 3 })] }, 'ACTION_VALIDATION_FAILED'],
    [{ add: [limit({ instant_max_usd: 1 }, { network: 'nowhere' })] }, 'ACTION_VALIDATION_FAILED'],
    [{ add: [limit({ instant_max_usd: 1 }, { walletId: 'nobody' })] }, 'WALLET_NOT_FOUND'],
    [{ set: [], remove: [nobody] }, 'ACTION_VALIDATION_FAILED'],
    [{ replace: [] }, 'ACTION_VALIDATION_FAILED'],
    [{ remove: [nobody] }, 'POLICY_NOT_FOUND'],
    [{ change: [{ id: nobody, enabled: false }] }, 'POLICY_NOT_FOUND'],
  ]
  for (const [draft, code] of bad) await expect(tried(5, draft), JSON.stringify(draft)).rejects.toMatchObject({ code })
  await expect(tried(5, undefined, { walletId: nobody })).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
})

const pay = async (token: string, usd: number, more: object = {}) => {
  const body = { type: 'TRANSFER', to: world.newAddress(), amount: dollars(usd), network: world.network, ...more }
  return (await daemon.call<{ id: string }>('POST', '/v1/transactions/send', { as: token, body })).status
}
/** Payments that go out at once, one after the other, by their ids. */
async function paid(token: string, all: readonly (readonly [usd: number, to: string])[]): Promise<string[]> {
  const ids: string[] = []
  for (const [usd, to] of all) {
    const sent = await daemon.agent(token).sendToken({ to, amount: dollars(usd), network: world.network })
    ids.push(String(sent.id))
  }
  return ids
}
const replay = (more: Record<string, unknown> = {}) =>
  daemon.operator.replayPolicies({ ...more } as never) as Promise<Replayed>
type Replayed = Awaited<ReturnType<typeof daemon.operator.replayPolicies>>

test('recorded decisions come out to the letter by the policies of then, whatever became of these', async () => {
  const payer = await world.wallet(daemon)
  const write = (type: string, rules: object, more: object = {}) =>
    daemon.operator.createPolicy({ walletId: payer.id, type, rules, ...more } as never)
  const limit = await write('SPENDING_LIMIT', {
    ...{ instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 300 },
    first_recipient: { tier: 'NOTIFY', wait_seconds: 0 },
  })
  const friend = world.newAddress()
  expect(await pay(payer.token, 5, { to: friend })).toBe(201)
  expect(await pay(payer.token, 50, { to: friend })).toBe(201)
  expect(await pay(payer.token, 400)).toBe(403)
  expect(await pay(payer.token, 5, { type: 'CONTRACT_CALL', calldata: '0x12345678', amount: undefined })).toBe(403)
  const rate = await write('RATE_LIMIT', { max_requests: 2, window_seconds: 600 })
  expect(await pay(payer.token, 5)).toBe(429)
  await daemon.operator.updatePolicy({ id: rate.id, rules: { max_requests: 50, window_seconds: 600 } })
  const bound = await daemon.operator.createSession({
    ...{ walletId: payer.id, labels: { team: 'trading' } },
    constraints: { maxTotalUsd: 8 },
  } as never)
  await write('SPENDING_LIMIT', { instant_max_usd: 2, daily_limit_usd: 100 }, { sessionLabel: 'team:trading' })
  expect(await pay(bound.token, 7)).toBe(201)
  expect(await pay(bound.token, 7)).toBe(403)
  const plan = { network: world.network, steps: [7, 8].map((usd) => ({ to: world.newAddress(), value: dollars(usd) })) }
  await daemon.agent(payer.token).sendPlan(plan as never)
  await daemon.operator.createPolicy({ walletId: payer.id, type: 'SIGN_MESSAGE_RULES', rules: { personal: 'INSTANT' } })
  await daemon.agent(payer.token).signMessage({ message: 'hello', network: world.network })
  await daemon.operator.updatePolicy({ id: limit.id, rules: { instant_max_usd: 1, delay_max_usd: 2 } })
  await daemon.operator.deletePolicy({ id: rate.id })
  // What waited is judged again, by the new policy.
  const waiting = (await daemon.agent(bound.token).listTransactions({ walletId: payer.id })).items.filter(
    ({ status }) => status === 'QUEUED',
  )
  for (const { id } of waiting) await daemon.operator.adminApproveTransaction({ id })

  const all = await replay({ walletId: payer.id })
  expect(all).toMatchObject({ isWhole: true, inexact: [], unread: 0 })
  expect(all.decisions).toBeGreaterThanOrEqual(10)
  expect(all.exact).toBe(all.decisions)
})

test('a draft is replayed along the history that it makes', async () => {
  const payer = await world.wallet(daemon)
  const own = await daemon.operator.createPolicy({
    ...{ walletId: payer.id, type: 'SPENDING_LIMIT' },
    rules: { instant_max_usd: 1_000, daily_limit_usd: 100 },
  })
  // With the fee of each, a hundred dollars hold these and not the last.
  for (const usd of [40, 30, 20, 40]) await pay(payer.token, usd)
  const changes = async (rules: object) =>
    (await replay({ walletId: payer.id, draft: { change: [{ id: own.id, rules }] } })).draft!.changes.map(
      ({ before, after, count, usd }) => [before, after, count, usd],
    )
  expect(await changes({ instant_max_usd: 1_000, daily_limit_usd: 100 })).toEqual([
    ['INSTANT', 'INSTANT', 3, 90],
    ['DENY', 'DENY', 1, 40],
  ])
  // The refused 40 make room for 30 and 20, and for nothing more.
  expect(await changes({ instant_max_usd: 1_000, daily_limit_usd: 39 })).toEqual([
    ['INSTANT', 'DENY', 2, 60],
    ['INSTANT', 'INSTANT', 1, 30],
    ['DENY', 'DENY', 1, 40],
  ])
  expect(await changes({ instant_max_usd: 25, delay_max_usd: 35, daily_limit_usd: 1_000 })).toEqual([
    ['INSTANT', 'APPROVAL', 1, 40],
    ['INSTANT', 'DELAY', 1, 30],
    ['INSTANT', 'INSTANT', 1, 20],
    ['DENY', 'APPROVAL', 1, 40],
  ])
  const some = await replay({ walletId: payer.id, most: 2, draft: { remove: [own.id] } })
  expect(some).toMatchObject({ isWhole: false, decisions: 2, exact: 2 })
  expect(some.draft).toMatchObject({
    requests: 2,
    examples: [{ before: 'INSTANT', after: 'DENY', usd: 40, reasons: [{ code: 'SPENDING_LIMIT_MISSING' }] }, {}],
  })
  await expect(replay({ walletId: '00000000-0000-7000-8000-000000000000' })).rejects.toMatchObject({
    code: 'WALLET_NOT_FOUND',
  })
})

test('a draft is replayed with the recipients that it makes known', async () => {
  const payer = await world.wallet(daemon)
  const own = await daemon.operator.createPolicy({
    ...{ walletId: payer.id, type: 'SPENDING_LIMIT' },
    rules: { instant_max_usd: 1_000, daily_limit_usd: 1_000 },
  })
  const friend = world.newAddress()
  const [first] = await paid(payer.token, [[40, friend]])
  await until('the first payment is final', async () => {
    await world.finalise()
    return (await daemon.operator.getTransaction({ id: first! })).attempts.at(-1)?.state === 'final'
  })
  await paid(payer.token, [
    [10, friend],
    [5, world.newAddress()],
  ])
  const tiers = async (rules: object) => {
    const draft = { change: [{ id: own.id, rules: { instant_max_usd: 1_000, ...rules } }] }
    const { changes } = (await replay({ walletId: payer.id, draft })).draft!
    return changes.map(({ after, usd }) => [after, usd])
  }
  const asks = { first_recipient: { tier: 'APPROVAL', wait_seconds: 0 } }
  // The first was a payment to somebody new; it is final, and so a human said yes to it.
  expect(await tiers(asks)).toEqual([
    ['APPROVAL', 45],
    ['INSTANT', 10],
  ])
  // Where it is refused it has made nobody known.
  expect(await tiers({ ...asks, daily_limit_usd: 39 })).toEqual([
    ['DENY', 40],
    ['APPROVAL', 15],
  ])
  expect(await tiers({ first_recipient: { tier: 'APPROVAL', wait_seconds: 86_400 } })).toEqual([['APPROVAL', 55]])
})

test('a draft is replayed with what it lets a session spend in all', async () => {
  const payer = await world.wallet(daemon)
  await daemon.operator.createPolicy({
    ...{ walletId: payer.id, type: 'SPENDING_LIMIT', rules: { instant_max_usd: 1_000 } },
  })
  const bound = await daemon.operator.createSession({ walletId: payer.id, constraints: { maxTotalUsd: 16 } } as never)
  const [one, other] = [world.newAddress(), world.newAddress()]
  expect(await pay(bound.token, 9, { to: one })).toBe(201)
  expect(await pay(bound.token, 8, { to: other })).toBe(403)
  const changes = async (draft: object) =>
    (await replay({ walletId: payer.id, draft })).draft!.changes.map(({ before, after, usd }) => [before, after, usd])
  const rate = { type: 'RATE_LIMIT', walletId: payer.id, rules: { max_requests: 900, window_seconds: 60 } }
  expect(await changes({ add: [rate] })).toEqual([
    ['INSTANT', 'INSTANT', 9],
    ['DENY', 'DENY', 8],
  ])
  const list = { type: 'WHITELIST', walletId: payer.id, rules: { allowed_addresses: [other] } }
  expect(await changes({ add: [list] })).toEqual([
    ['INSTANT', 'DENY', 9],
    ['DENY', 'INSTANT', 8],
  ])
})

test('a draft is called tighter or looser where that is proven, with a case that shows it', async () => {
  const payer = await world.wallet(daemon)
  const own = await daemon.operator.createPolicy({
    ...{ walletId: payer.id, type: 'SPENDING_LIMIT' },
    rules: { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 500 },
  })
  const rules = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 500 }
  const markets = { type: 'PERP_ALLOWED_MARKETS', rules: { markets: [{ market: 'ETH' }] } } as const
  await daemon.operator.createPolicy({ walletId: payer.id, ...markets })
  const diff = async (draft: object) => daemon.operator.diffPolicies({ walletId: payer.id, draft: draft as never })
  const change = (more: object) => ({ change: [{ id: own.id, rules: { ...rules, ...more } }] })
  const friend = world.newAddress()
  const add = (type: string, of: object, more: object = {}) => ({ add: [{ type, rules: of, ...more }] })
  const cases: [object, string, string[]][] = [
    [change({}), 'same', []],
    [change({ daily_limit_usd: 499 }), 'tighter', ['tighter']],
    [change({ daily_limit_usd: 501 }), 'looser', ['looser']],
    [change({ instant_max_usd: 9.999999 }), 'tighter', ['tighter']],
    [change({ instant_max_usd: 20, daily_limit_usd: 400 }), 'different', ['looser', 'tighter']],
    [change({ delay_seconds: 60 }), 'looser', ['looser']],
    [add('RATE_LIMIT', { max_requests: 5, window_seconds: 60 }), 'tighter', ['tighter']],
    [add('RATE_LIMIT', { max_requests: 900_000, window_seconds: 86_400 }), 'tighter', ['tighter']],
    [add('PERP_MAX_POSITION_USD', { maxPositionUsd: 5_000 }), 'tighter', ['tighter']],
    [add('PERP_MAX_LEVERAGE', { maxLeverage: 7 }), 'tighter', ['tighter']],
    [add('REPUTATION_THRESHOLD', { min_score: 60, tag1: 'starred' }), 'tighter', ['tighter']],
    [
      add('TIME_RESTRICTION', { allowed_hours: { start: 8, end: 18 }, allowed_days: [1, 2, 3] }),
      'tighter',
      ['tighter'],
    ],
    [add('ALLOWED_NETWORKS', { networks: [{ network: 'ethereum-sepolia' }] }), 'tighter', ['tighter']],
    // Its tokens are on no list either, so that nothing can be approved still.
    [add('APPROVED_SPENDERS', { spenders: [{ address: friend, maxAmount: '1000' }] }), 'different', []],
    [add('CONTRACT_WHITELIST', { contracts: [{ address: friend }] }), 'looser', ['looser']],
    [add('SIGN_MESSAGE_RULES', { personal: 'NOTIFY' }), 'looser', ['looser']],
    [add('SPENDING_LIMIT', { instant_max_usd: 1 }, { sessionLabel: 'team:a' }), 'tighter', ['tighter']],
  ]
  for (const [draft, expected, shown] of cases) {
    const answer = await diff(draft)
    expect([draft, answer.change, answer.witnesses.map(({ shows }) => shows).sort()]).toEqual([draft, expected, shown])
  }
  const { witnesses } = await diff(change({ daily_limit_usd: 499 }))
  const [{ before, after }] = witnesses as [(typeof witnesses)[0]]
  expect([before.outcome, after.outcome, after.reasons.map(({ code }) => code)]).toEqual([
    ...['ALLOW', 'DENY', ['SPENDING_LIMIT_EXCEEDED']],
  ])
})

test('whichever network a list leaves out, that is seen to be tighter, and looser once it is given back', async () => {
  const payer = await world.wallet(daemon)
  const { networks } = await daemon.operator.listWalletNetworks({ id: payer.id })
  const names = networks.map(({ network }) => network)
  expect(names.length).toBeGreaterThan(3)
  const diff = async (draft: object) =>
    (await daemon.operator.diffPolicies({ walletId: payer.id, draft: draft as never })).change
  const without = (...out: readonly string[]) => ({
    networks: names.filter((name) => !out.includes(name)).map((network) => ({ network })),
  })
  for (const name of names)
    expect([
      name,
      await diff({ add: [{ walletId: payer.id, type: 'ALLOWED_NETWORKS', rules: without(name) }] }),
    ]).toEqual([name, 'tighter'])

  const [gone = '', ...left] = names.toReversed()
  const own = await daemon.operator.createPolicy({
    ...{ walletId: payer.id, type: 'ALLOWED_NETWORKS', rules: without(gone) as { networks: { network: string }[] } },
  })
  expect(await diff({ change: [{ id: own.id, rules: without() }] })).toBe('looser')
  for (const name of left)
    expect([name, await diff({ change: [{ id: own.id, rules: without(gone, name) }] })]).toEqual([name, 'tighter'])
})
