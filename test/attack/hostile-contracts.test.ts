import { callFixture, deployEvmFixtures, type EvmFixtures, evmContracts, evmFaucet, mintToken } from '@waiaas/localnet'
import { encodeDeployData, encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { until } from '../support/until.ts'
import { GENEROUS, type TestWallet } from '../support/wallets.ts'
import { type EvmWorld, evmWorld } from '../support/worlds.ts'

// A contract that the operator trusts turns hostile: it is on every list, and may take 1,000 PLAIN of the wallet. What its
// calldata says is always the same.

const { abi, bytecode } = evmContracts.Hostile
const work = encodeFunctionData({ abi, functionName: 'work' })
const WHOLE = 10n ** 18n
const DOES = {
  ...{ nothing: 0, take: 1, takeForGas: 2, tellLies: 3, giveNoBalance: 4, passOn: 5, refuse: 6, waste: 7 },
  tellMoreLies: 8,
}
const network = 'local-evm'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let at: EvmFixtures
let hostile: Hex

beforeAll(async () => {
  world = await evmWorld()
  at = await deployEvmFixtures(world.node)
  const receipt = (await world.node.rpc('eth_sendTransactionSync', [
    { from: evmFaucet, data: encodeDeployData({ abi, bytecode }) },
  ])) as { contractAddress: Hex }
  hostile = receipt.contractAddress
  const asset = (address: string) => `eip155:31337/erc20:${address.toLowerCase()}`
  daemon = await startTestDaemon({
    env: {
      ...world.env,
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({ 'native:local-evm': '2000', [asset(at.plainToken)]: '1' }),
    },
  })
  wallet = await trusting()
})
afterAll(async () => {
  await daemon.stop()
  await world.stop()
})

/** A wallet that trusts the contract. */
async function trusting(): Promise<TestWallet> {
  const made = await world.wallet(daemon, { limit: { ...GENEROUS, instant_max_usd: 100 } })
  await mintToken(world.node, at.plainToken, { to: made.address, amount: 10_000n * WHOLE })
  await mintToken(world.node, at.permitToken, { to: made.address, amount: 100n })
  // Allowed before the wallet was the daemon's, by another program that has the key.
  const data = encodeFunctionData({ abi: evmContracts.PlainToken.abi, functionName: 'approve', args: [hostile, 100n] })
  await world.node.rpc('anvil_impersonateAccount', [made.address])
  await world.node.rpc('eth_sendTransactionSync', [{ from: made.address, to: at.permitToken, data }])
  await world.node.rpc('anvil_stopImpersonatingAccount', [made.address])
  const rules = {
    CONTRACT_WHITELIST: { contracts: [{ address: hostile }] },
    ALLOWED_TOKENS: { tokens: [{ address: at.plainToken }] },
    APPROVED_SPENDERS: { spenders: [{ address: hostile }] },
  } as const
  for (const [type, each] of Object.entries(rules))
    await daemon.operator.createPolicy({ walletId: made.id, type: type as keyof typeof rules, rules: each })
  await daemon.operator.changeWalletCeiling({ id: made.id, network, contracts: [hostile] })
  const allowed = await ask(
    { type: 'APPROVE', spender: hostile, humanAmount: '1000', token: at.plainToken },
    made.token,
  )
  await ended(allowed.id)
  return made
}

type Asked = { id: string; status: string; tier: string; codes: string[] }
async function ask(body: Record<string, unknown>, as = wallet.token): Promise<Asked> {
  type Answer = { id: string; status: string; tier: string; decision?: Reasons; details?: Reasons; code?: string }
  type Reasons = { reasons: { code: string }[] }
  const answer = await daemon.call<Answer>('POST', '/v1/transactions/send', { as, body: { network, ...body } })
  const { id, status, tier, decision, details, code } = answer.body
  const reasons = (decision ?? details)?.reasons.map((one) => one.code)
  return { id, status, tier, codes: reasons ?? (code ? [code] : []) }
}
/** What may run has run, so that it meets the contract as it was. */
async function call(more: Record<string, unknown> = {}): Promise<Asked> {
  const asked = await ask({ type: 'CONTRACT_CALL', to: hostile, calldata: work, ...more })
  if (asked.status === 'PENDING') await ended(asked.id)
  return asked
}
const ended = (id: string) =>
  until(`transaction ${id} to end`, async () => {
    const row = await daemon.operator.getTransaction({ id })
    return ['CONFIRMED', 'FAILED', 'CANCELLED'].includes(row.status) && row
  })
const become = (does: number, amount = 0n, token: string = at.plainToken) =>
  callFixture(world.node, {
    ...{ contract: 'Hostile', address: hostile, functionName: 'become' },
    args: [does, token, at.sink, amount],
  })
const balance = async () => {
  const data = encodeFunctionData({ abi, functionName: 'balanceOf', args: [wallet.address as Hex] })
  return BigInt((await world.node.rpc('eth_call', [{ to: at.plainToken, data }, 'latest'])) as Hex)
}

describe('what a simulation sees', () => {
  test('is nothing, where nothing happens: no human has to look', async () => {
    await become(DOES.nothing)
    const { id, tier } = await call()
    expect(tier).toBe('INSTANT')
    expect((await ended(id)).status).toBe('CONFIRMED')
  })

  test.each([
    ['within a limit', 50n, 'INSTANT'],
    ['above it', 101n, 'NOTIFY'],
  ])('is a token that is taken, %s', async (_, whole, tier) => {
    await become(DOES.take, whole * WHOLE)
    const before = await balance()
    const asked = await call()
    expect(asked.tier).toBe(tier)
    expect((await ended(asked.id)).status).toBe('CONFIRMED')
    expect(before - (await balance())).toBe(whole * WHOLE)
  })

  test('is unknown, so that a human decides, of code that takes where it is simulated and fails where it is listed whom it reaches', async () => {
    // This node makes the list as if gas cost nothing, and such code sees that.
    await become(DOES.takeForGas, 101n * WHOLE)
    expect((await call()).tier).toBe('APPROVAL')
  })

  test('is a token that no list has', async () => {
    await become(DOES.take, 7n, at.permitToken)
    expect((await call()).codes).toEqual(['TOKEN_NOT_ALLOWED'])
  })

  test('goes to whom it goes, and not only to whom is called', async () => {
    await become(DOES.take, WHOLE)
    const rules = { allowed_addresses: [hostile] }
    const { id } = await daemon.operator.createPolicy({ walletId: wallet.id, type: 'WHITELIST', rules })
    expect((await call()).codes).toEqual(['WHITELIST_DENIED'])
    await daemon.operator.deletePolicy({ id })
  })

  test('is no log that the state of a contract does not bear out', async () => {
    await become(DOES.tellLies, 5n)
    expect(await call()).toMatchObject({ tier: 'INSTANT', codes: [] })
    await become(DOES.giveNoBalance, 5n)
    expect(await call()).toMatchObject({ tier: 'INSTANT', codes: [] })
  })

  test('is the value once, however far it is passed on', async () => {
    await become(DOES.passOn)
    expect(await call({ humanValue: '0.04' })).toMatchObject({ tier: 'INSTANT' })
    expect(await call({ humanValue: '0.06' })).toMatchObject({ tier: 'NOTIFY' })
  })

  test('is nothing that would be refused', async () => {
    await become(DOES.refuse)
    expect((await call()).codes).toEqual(['INVALID_TRANSACTION'])
  })
})

test('a contract that changes after the approval does no more than what was approved', async () => {
  await become(DOES.take, 2n * WHOLE)
  const strict = await daemon.operator.createPolicy({
    ...{ walletId: wallet.id, type: 'SPENDING_LIMIT' },
    rules: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 },
  })
  const before = await balance()
  const [same, more] = [await call(), await call()]
  expect([same.tier, more.tier]).toEqual(['APPROVAL', 'APPROVAL'])
  await daemon.operator.adminApproveTransaction({ id: same.id })
  expect((await ended(same.id)).status).toBe('CONFIRMED')
  await become(DOES.take, 3n * WHOLE)
  await daemon.operator.adminApproveTransaction({ id: more.id })
  expect(await ended(more.id)).toMatchObject({
    status: 'CANCELLED',
    error: expect.stringContaining('more than what was decided on'),
  })
  expect(before - (await balance())).toBe(2n * WHOLE)
  await daemon.operator.deletePolicy({ id: strict.id })
})

/** What is asked for, where the contract becomes another one between the signature and the block. */
async function swapped(as: string, becoming: () => Promise<void>) {
  await become(DOES.waste)
  const { proxy } = world
  const before = proxy.sends.length
  proxy.mode = 'hold'
  const asked = await ask({ type: 'CONTRACT_CALL', to: hostile, calldata: work }, as)
  expect(asked).toMatchObject({ tier: 'INSTANT', codes: [] })
  await until('the call to be on its way', async () => proxy.sends.length > before)
  await becoming()
  proxy.mode = 'pass'
  const row = await ended(asked.id)
  expect(row.status).toBe('CONFIRMED')
  const events = await daemon.operator.listAuditLogs({ tx_id: asked.id })
  return { id: asked.id, events: events.data.filter(({ eventType }) => eventType.startsWith('EFFECT_')) }
}

describe('what a contract does only on chain', () => {
  test('is booked and told, and stops the wallet', async () => {
    const victim = await trusting()
    const spent = async () => {
      const body = { to: world.newAddress(), amount: '1', network, dryRun: true as const }
      const { decision } = await daemon.agent(victim.token).sendToken(body)
      return BigInt(decision!.inputs!.spent.dayUsd)
    }
    const policy = { walletId: victim.id, type: 'SPENDING_LIMIT', rules: { daily_limit_usd: 1_100 } } as const
    await daemon.operator.createPolicy(policy)
    const before = await spent()
    const { id, events } = await swapped(victim.token, () => become(DOES.take, 60n * WHOLE))

    const { status, suspensionReason } = await daemon.operator.getWallet({ id: victim.id })
    expect({ status, suspensionReason }).toEqual({ status: 'SUSPENDED', suspensionReason: expect.stringContaining(id) })
    const asset = `eip155:31337/erc20:${at.plainToken.toLowerCase()}`
    const effects = [{ kind: 'outflow', asset, amount: String(60n * WHOLE), to: at.sink }]
    const found = { eventType: 'EFFECT_DIVERGED', walletId: victim.id, severity: 'critical', details: { effects } }
    expect(events).toMatchObject([found])
    await daemon.operator.resumeWallet({ id: victim.id })
    expect((await spent()) - before).toBeGreaterThanOrEqual(60_000_000n)
  })

  test('and no node tells stops the wallet too, after it was looked for again and again', async () => {
    const victim = await trusting()
    const { id, events } = await swapped(victim.token, async () => {
      await become(DOES.tellLies, 5n)
      world.proxy.forgets = true
    })
    world.proxy.forgets = false
    expect(events).toMatchObject([{ eventType: 'EFFECT_UNREAD', walletId: victim.id, severity: 'critical' }])
    const { status, suspensionReason } = await daemon.operator.getWallet({ id: victim.id })
    expect({ status, suspensionReason }).toEqual({ status: 'SUSPENDED', suspensionReason: expect.stringContaining(id) })
  })

  test('and a node tells later stops nothing', async () => {
    const victim = await trusting()
    world.proxy.forgets = true
    await become(DOES.tellLies, 5n)
    const { id } = await ask({ type: 'CONTRACT_CALL', to: hostile, calldata: work }, victim.token)
    await until('it to say what it waits for', async () => {
      const { waitReason } = await daemon.operator.getTransaction({ id })
      return waitReason?.includes('no node tells yet')
    })
    world.proxy.forgets = false
    expect((await ended(id)).status).toBe('CONFIRMED')
    expect((await daemon.operator.getWallet({ id: victim.id })).status).toBe('ACTIVE')
  })

  test('is no false log, and stops nothing where a setting says so', async () => {
    const victim = await trusting()
    const settled = async (does: number, amount: bigint) => {
      const { events } = await swapped(victim.token, () => become(does, amount))
      return [(await daemon.operator.getWallet({ id: victim.id })).status, events.length]
    }
    for (const does of [DOES.tellLies, DOES.tellMoreLies]) expect(await settled(does, 5n)).toEqual(['ACTIVE', 0])
    await daemon.operator.updateSettings({ settings: [{ key: 'security.suspend_on_divergence', value: 'false' }] })
    expect(await settled(DOES.take, 60n * WHOLE)).toEqual(['ACTIVE', 1])
  })
})
