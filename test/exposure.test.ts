import { readFileSync } from 'node:fs'
import { NETWORKS, type WalletExposure } from '@waiaas/contract'
import { deployEvmFixtures, type EvmFixtures, mintToken } from '@waiaas/localnet'
import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { until } from './support/until.ts'
import { ETHER, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

// The worst case of a wallet with 1,000 ETH at 2,000 dollars, as the operator reads it.

let world: EvmWorld
let daemon: TestDaemon
let at: EvmFixtures

/** Nobody answers for another network, and nobody else is asked. */
const ALONE = {
  WAIAAS_RPC_ALLOW_FOREIGN_GENESIS: 'true',
  ...Object.fromEntries(
    NETWORKS.map(({ setting }) => [`WAIAAS_RPC_${setting.toUpperCase()}`, 'http://127.0.0.1:9'] as const),
  ),
}
const USD = 10n ** 6n
const assetOf = (token: string) => `eip155:31337/erc20:${token.toLowerCase()}`

beforeAll(async () => {
  world = await evmWorld()
  at = await deployEvmFixtures(world.node)
  const prices = JSON.stringify({ 'native:local-evm': '2000', [assetOf(at.permitToken)]: '1' })
  daemon = await startTestDaemon({
    env: { ...world.env, ...ALONE, WAIAAS_ORACLE_FIXED_PRICES: prices },
  })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

const DEFAULTS = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, delay_seconds: 300 }
const exposureOf = (wallet: TestWallet, more: { sessionId?: string; label?: string } = {}) =>
  daemon.operator.getWalletExposure({ id: wallet.id, ...more })
const worstOf = ({ takenOver }: Pick<WalletExposure, 'takenOver'>, taken: 'session' | 'sessions' | 'daemon') =>
  takenOver.filter((one) => one.taken === taken).at(-1)!.worst
const dollars = (exposure: WalletExposure, taken: 'session' | 'sessions' | 'daemon') =>
  worstOf(exposure, taken).map(({ usd }) => usd)
/** What cancels may cost beside the limits: 25 dollars a day and network. */
const CANCELS = 25

test('a session that is taken over gets the limit of a day, each day, and fees of cancels beside it', async () => {
  const wallet = await world.wallet(daemon, { limit: { ...DEFAULTS, daily_limit_usd: 500, monthly_limit_usd: 2_000 } })
  const shown = await exposureOf(wallet)
  expect(dollars(shown, 'session')).toEqual([500 + CANCELS, 500 + CANCELS, 2_000 + 30 * CANCELS])
  const [, day] = worstOf(shown, 'session')
  expect(day).toMatchObject({
    ...{ period: 'day', text: 'at most 525 USD in the next 24 hours', isEverything: false, withoutPrice: [] },
    causes: { payments: 500, pending: 0, signed: 0, allowances: 0, fees: CANCELS },
  })
  expect(shown.text).toContain('if its session is taken over now, what leaves is at most 525 USD in the next 24 hours')
})

test('what is asked for and waits is a part of the worst case, and what a human decides on is none of it', async () => {
  const wallet = await world.wallet(daemon, { limit: { ...DEFAULTS, daily_limit_usd: 500 } })
  const agent = daemon.agent(wallet.token)
  const send = (usd: bigint) =>
    agent.sendToken({ to: world.newAddress(), amount: String((usd * ETHER) / world.usd), network: world.network })
  expect(await send(200n)).toMatchObject({ status: 'QUEUED', tier: 'DELAY' })
  const shown = await exposureOf(wallet)
  const [hour] = worstOf(shown, 'session')
  expect(hour!.usd).toBe(500 + CANCELS)
  // With its worst fee.
  expect(hour!.causes.pending).toBeGreaterThanOrEqual(200)
  expect(hour!.causes.pending).toBeLessThan(210)
  expect(hour!.causes.payments! + hour!.causes.pending).toBeCloseTo(500, 6)
  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'SPENDING_LIMIT', network: world.network },
    rules: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 },
  })
  const asked = await send(50n)
  expect(asked).toMatchObject({ tier: 'APPROVAL' })
  const [approval] = (await exposureOf(wallet)).approvals
  expect(approval).toMatchObject({ transactionId: asked.id })
  // Nothing leaves without a human any more: what is approved does, and so do the fees of taking it back.
  expect(approval!.worstCase).toMatch(
    /^raises your worst case by 75\.\d\d USD a day, from 0 USD to 75\.\d\d USD; \d+ networks do not answer/,
  )
  const approved = await daemon.operator.adminApproveTransaction({ id: String(asked.id) })
  expect(approved.worstCase).toBe(approval!.worstCase)
})

test('an allowance can be taken at any time, beside all limits, and up to what the wallet has', async () => {
  const wallet = await world.wallet(daemon, {
    limit: { ...DEFAULTS, instant_max_usd: 400, notify_max_usd: 400, daily_limit_usd: 500 },
  })
  await mintToken(world.node, at.permitToken as Hex, { to: wallet.address as Hex, amount: 250n * USD })
  // Who may take all that there is may take anything.
  await mintToken(world.node, at.permitToken as Hex, { to: world.newAddress() as Hex, amount: 1_000_000n * USD })
  for (const [type, rules] of [
    ['ALLOWED_TOKENS', { tokens: [{ address: at.permitToken }] }],
    ['APPROVED_SPENDERS', { spenders: [{ address: world.newAddress() }] }],
  ] as const)
    await daemon.operator.createPolicy({ walletId: wallet.id, type, rules })
  const spender = (
    (await daemon.operator.listPolicies({ walletId: wallet.id })).data.find(({ type }) => type === 'APPROVED_SPENDERS')!
      .rules.spenders as { address: string }[]
  )[0]!.address
  const allow = (humanAmount: string) =>
    daemon.agent(wallet.token).sendToken({
      ...{ type: 'APPROVE', token: { address: at.permitToken }, spender, humanAmount, network: world.network },
    } as never)
  const before = dollars(await exposureOf(wallet), 'session')[1]!
  const asked = await allow('300')
  const id = 'id' in asked ? String(asked.id) : ''
  await until(
    'the allowance is there',
    async () => (await daemon.agent(wallet.token).getTransaction({ id })).status === 'CONFIRMED',
  )
  await world.finalise()
  await until('it is final', async () => worstOf(await exposureOf(wallet), 'session')[1]!.causes.signed === 0)
  const settled = await exposureOf(wallet)
  expect(settled.allowances).toMatchObject([{ network: world.network, symbol: 'TUSD', amount: null, usd: 250 }])
  expect(settled.allowances[0]!.spender.toLowerCase()).toBe(spender.toLowerCase())
  const [hour, day] = worstOf(settled, 'session')
  // The allowance counted 300 dollars in the day's limit, and can be used beside the 200 that are left.
  expect(hour!.causes.allowances).toBe(250)
  expect(day!.causes.allowances).toBe(250)
  expect(day!.usd!).toBeGreaterThan(250 + 199)
  expect(day!.usd!).toBeLessThan(before)
  // When it is used, it is gone from the worst case.
  const take = encodeFunctionData({
    abi: parseAbi(['function transferFrom(address,address,uint256) returns (bool)']),
    functionName: 'transferFrom',
    args: [wallet.address as Hex, spender as Hex, 250n * USD],
  })
  await world.node.rpc('anvil_impersonateAccount', [spender])
  await world.node.fund(spender, ETHER)
  await world.node.rpc('eth_sendTransactionSync', [{ from: spender, to: at.permitToken, data: take }])
  expect(worstOf(await exposureOf(wallet), 'session')[1]!.causes.allowances).toBe(0)
})

test('an allowance that the key gave elsewhere counts, to those whom policies name', async () => {
  const wallet = await world.wallet(daemon, { limit: { ...DEFAULTS, daily_limit_usd: 500 } })
  await mintToken(world.node, at.permitToken as Hex, { to: wallet.address as Hex, amount: 90n * USD })
  const [spender, contract, nobody] = [world.newAddress(), world.newAddress(), world.newAddress()]
  for (const [type, rules] of [
    ['ALLOWED_TOKENS', { tokens: [{ address: at.permitToken }] }],
    ['APPROVED_SPENDERS', { spenders: [{ address: spender }] }],
    ['CONTRACT_WHITELIST', { contracts: [{ address: contract }] }],
  ] as const)
    await daemon.operator.createPolicy({ walletId: wallet.id, type, rules })
  expect((await exposureOf(wallet)).allowances).toEqual([])
  // By another program that has the key.
  await world.node.rpc('anvil_impersonateAccount', [wallet.address])
  const abi = parseAbi(['function approve(address,uint256) returns (bool)'])
  for (const [who, amount] of [
    [spender, 40n * USD],
    [contract, 2n ** 256n - 1n],
    [nobody, 7n * USD],
  ] as const) {
    const data = encodeFunctionData({ abi, functionName: 'approve', args: [who as Hex, amount] })
    await world.node.rpc('eth_sendTransactionSync', [{ from: wallet.address, to: at.permitToken, data }])
  }
  await world.node.rpc('anvil_stopImpersonatingAccount', [wallet.address])
  const shown = await exposureOf(wallet)
  const told = shown.allowances.map((one) => [one.spender.toLowerCase(), one.usd])
  expect(told.toSorted()).toEqual(
    [
      [spender.toLowerCase(), 40],
      [contract.toLowerCase(), 90],
    ].toSorted(),
  )
  // Together they take no more than there is.
  expect(worstOf(shown, 'session')[1]!.causes.allowances).toBe(90)
})

test('where nothing counts dollars, everything is named in its own units', async () => {
  const wallet = await world.wallet(daemon, { limit: { instant_max_usd: 10 } })
  await mintToken(world.node, at.plainToken as Hex, { to: wallet.address as Hex, amount: 7n * ETHER })
  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'SPENDING_LIMIT' },
    rules: { token_limits: { [assetOf(at.plainToken)]: { instant_max: '5', notify_max: '5', delay_max: '5' } } },
  })
  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'ALLOWED_TOKENS', rules: { tokens: [{ address: at.plainToken }] } },
  })
  const shown = await exposureOf(wallet)
  const [, day] = worstOf(shown, 'session')
  expect(day!.text).toMatch(
    /^at most 2000000 USD in the next 24 hours$|^everything in the next 24 hours: 1000 ETH on local-evm, 7 /,
  )
  const only = await world.wallet(daemon, { limit: { instant_max_usd: 10 } })
  const [hour] = worstOf(await exposureOf(only), 'session')
  expect(hour).toMatchObject({ isEverything: true, usd: 2_000_000 })
  expect(hour!.text).toMatch(
    /^everything in the next hour: 1000 ETH on local-evm, whatever is on \d+ networks that do not answer$/,
  )
})

test('sessions count within the limits of the wallet, and by what binds each', async () => {
  const wallet = await world.wallet(daemon, { limit: { ...DEFAULTS, daily_limit_usd: 500 } })
  const small = await daemon.operator.createSession({
    ...{ walletId: wallet.id, labels: { team: 'small' }, constraints: { maxTotalUsd: 40 } },
  })
  await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'SPENDING_LIMIT', sessionId: wallet.sessionId, rules: { daily_limit_usd: 60 } },
  })
  const dayOf = async (more: object) => {
    const shown = await exposureOf(wallet, more)
    return worstOf(shown, 'sessions' in more ? 'sessions' : shown.takenOver.length > 2 ? 'sessions' : 'session')[1]!.usd
  }
  expect([
    await dayOf({}),
    await dayOf({ sessionId: wallet.sessionId }),
    await dayOf({ sessionId: small.id }),
    await dayOf({ label: 'team:small' }),
  ]).toEqual([100, 60, 40, 40].map((usd) => usd + CANCELS))
  const names = (await exposureOf(wallet)).takenOver.flatMap((one) => (one.taken === 'session' ? one.names : []))
  expect(names.sort()).toEqual([wallet.sessionId.slice(-12), 'team:small'].sort())
  await expect(exposureOf(wallet, { sessionId: crypto.randomUUID() })).rejects.toMatchObject({
    code: 'SESSION_NOT_FOUND',
  })
})

test('a daemon that is taken over gets what the signer signs for, and all of it where it has the password', async () => {
  const wallet = await world.wallet(daemon, { environment: 'testnet' })
  const [, day] = worstOf(await exposureOf(wallet), 'daemon')
  expect(day).toMatchObject({ isEverything: true, usd: 2_000_000 })
  expect(day!.text).toMatch(/^everything in the next 24 hours: 1000 ETH on local-evm, whatever is on \d+ networks/)
})

test('a draft, and a change of a policy, say how they move the worst case', async () => {
  const wallet = await world.wallet(daemon, { limit: { ...DEFAULTS, daily_limit_usd: 500 } })
  const [policy] = (await daemon.operator.listPolicies({ walletId: wallet.id })).data.filter(
    (one) => one.walletId !== null,
  )
  const rules = { ...DEFAULTS, daily_limit_usd: 550 }
  const draft = { change: [{ id: policy!.id, rules }] }
  const shown = await daemon.operator.draftExposure({ id: wallet.id, draft })
  expect(shown.text).toBe('raises your worst case by 50 USD a day, from 500 USD to 550 USD')
  expect([dollars(shown.current, 'session')[1], dollars(shown.draft, 'session')[1]]).toEqual([525, 575])
  const said = async (change: Promise<{ worstCase?: string | undefined }>) => (await change).worstCase
  expect(await said(daemon.operator.updatePolicy({ id: policy!.id, rules }))).toBe(shown.text)
  const rate = {
    walletId: wallet.id,
    type: 'RATE_LIMIT',
    rules: { max_requests: 1, window_seconds: 86_400 * 30 },
  } as const
  expect(await said(daemon.operator.createPolicy(rate))).toMatch(
    /^lowers your worst case by 25 USD a day, from 550 USD to 525 USD$/,
  )
  const open = { walletId: wallet.id, type: 'SPENDING_LIMIT', rules: { instant_max_usd: 1 } } as const
  expect(await said(daemon.operator.createPolicy(open))).toMatch(/^lowers your worst case by /)
  expect(await said(daemon.operator.deletePolicy({ id: policy!.id }))).toMatch(/^lowers|^leaves|^raises/)
  await expect(daemon.operator.draftExposure({ id: wallet.id, draft: { remove: [policy!.id] } })).rejects.toMatchObject(
    {
      code: 'POLICY_NOT_FOUND',
    },
  )
})

test('all wallets together are their sum', async () => {
  const all = await daemon.operator.getExposure({})
  const each = await Promise.all(all.wallets.map(({ id }) => daemon.operator.getWalletExposure({ id })))
  const sum = each.reduce((total, one) => total + one.takenOver.at(-2)!.worst[1]!.usd!, 0)
  expect(all.takenOver[0]!.worst[1]!.usd).toBeCloseTo(sum, 2)
  for (const { text } of all.wallets) expect(text).toMatch(/USD|everything|^nothing in the next 24 hours$/)
  expect(all.unread.length).toBeGreaterThan(0)
})

test('the page of the worst case shows what the daemon says', async () => {
  const page = readFileSync(new URL('../docs/worst-case.md', import.meta.url), 'utf8')
  const shown = [...page.matchAll(/^```text\n(.*?)\n```$/gms)].map(([, text]) => text!)
  const { id, publicKey } = await daemon.operator.createWallet({ name: 'documented', chain: 'ethereum' })
  await world.node.fund(publicKey, ETHER / 2n)
  const { text } = await daemon.operator.getWalletExposure({ id })
  expect(shown.filter((one) => text.startsWith(one))).toHaveLength(1)
  const [policy] = (await daemon.operator.listPolicies({ walletId: id })).data.filter((one) => one.isDefault)
  const rules = { ...policy!.rules, daily_limit_usd: 550 }
  expect(shown).toContain((await daemon.operator.updatePolicy({ id: policy!.id, rules })).worstCase)
})
