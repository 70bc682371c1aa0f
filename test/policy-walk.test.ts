import { commands, operations, POLICY_TYPES, type PolicyType, parseArguments, policyTypes } from '@waiaas/contract'
import { deployEvmFixtures, type EvmFixtures, evmContracts, mintToken } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exampleCommand } from '../scripts/policy-pages.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { GENEROUS, newEvmAddress, type TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

let world: EvmWorld
let daemon: TestDaemon
let wallet: TestWallet
let at: EvmFixtures
const network = 'local-evm'
const known = newEvmAddress()

beforeAll(async () => {
  world = await evmWorld()
  at = await deployEvmFixtures(world.node)
  daemon = await startTestDaemon({
    env: {
      ...world.env,
      WAIAAS_POLICY_DEFAULT_DENY_TOKENS: 'false',
      WAIAAS_POLICY_DEFAULT_DENY_CONTRACTS: 'false',
      WAIAAS_POLICY_DEFAULT_DENY_SPENDERS: 'false',
      WAIAAS_ORACLE_FIXED_PRICES: JSON.stringify({
        'native:local-evm': '2000',
        [`eip155:31337/erc20:${at.plainToken.toLowerCase()}`]: '1',
      }),
    },
  })
  wallet = await world.wallet(daemon, { limit: GENEROUS })
  for (const token of [at.plainToken, at.oddToken])
    await mintToken(world.node, token, { to: wallet.address, amount: 10n ** 24n })
})
afterAll(async () => {
  await daemon?.stop()
  await world?.stop()
})

type Judged = { decision?: { outcome: string; tier: string; reasons: { code: string }[] } }
/** What a dry run of it comes to: a tier, or the first code of a refusal. */
async function tried(body: Record<string, unknown>): Promise<string> {
  const answer = await daemon.call<Judged>('POST', '/v1/transactions/simulate', {
    as: wallet.token,
    body: { network, ...body },
  })
  const { decision } = answer.body
  if (!decision) throw new Error(answer.text)
  return decision.outcome === 'ALLOW' ? decision.tier : decision.reasons[0]!.code
}
const pay = (amount: string, to = known) => ({ type: 'TRANSFER', to, amount })
const payToken = (address: string) => ({ type: 'TOKEN_TRANSFER', to: known, amount: '1', token: { address } })
const approve = (amount: string, spender = known) => ({
  ...{ type: 'APPROVE', spender, amount },
  token: { address: at.plainToken },
})
const mint = (to: string) => ({
  ...{ type: 'CONTRACT_CALL', to, abi: evmContracts.PlainToken.abi, functionName: 'mint' },
  args: [wallet.address, '5'],
})

type Body = Record<string, unknown>
type Case = { rules: () => Body; edge: () => Body; blocks: () => Body; as: string }
const hour = new Date().getUTCHours()
/** Far enough from the next hour that none begins while the test runs. */
const now = { start: (hour + 23) % 24, end: (hour + 2) % 24 || 24 }
const later = { start: (hour + 3) % 24, end: (hour + 5) % 24 || 24 }
const days = [0, 1, 2, 3, 4, 5, 6]

/** Those whose subject this release has: what each lets through on its boundary, and what it holds back. */
const cases: Partial<Record<PolicyType, Case>> = {
  SPENDING_LIMIT: {
    rules: () => ({ instant_max_usd: 50 }),
    ...{ edge: () => pay('25000000000000000'), blocks: () => pay('25000000000000001'), as: 'APPROVAL' },
  },
  ALLOWED_TOKENS: {
    rules: () => ({ tokens: [{ address: at.plainToken }] }),
    ...{ edge: () => payToken(at.plainToken), blocks: () => payToken(at.oddToken), as: 'TOKEN_NOT_ALLOWED' },
  },
  WHITELIST: {
    rules: () => ({ allowed_addresses: [known] }),
    ...{ edge: () => pay('1'), blocks: () => pay('1', newEvmAddress()), as: 'WHITELIST_DENIED' },
  },
  CONTRACT_WHITELIST: {
    rules: () => ({ contracts: [{ address: at.sink }] }),
    ...{ edge: () => pay('1'), blocks: () => mint(at.plainToken), as: 'CONTRACT_NOT_WHITELISTED' },
  },
  METHOD_WHITELIST: {
    rules: () => ({ methods: [{ contractAddress: at.plainToken, selectors: ['transfer(address,uint256)'] }] }),
    ...{ edge: () => payToken(at.plainToken), blocks: () => mint(at.plainToken), as: 'METHOD_NOT_WHITELISTED' },
  },
  APPROVED_SPENDERS: {
    rules: () => ({ spenders: [{ address: known, maxAmount: '5' }] }),
    ...{ edge: () => approve('5'), blocks: () => approve('6'), as: 'APPROVE_AMOUNT_EXCEEDED' },
  },
  APPROVE_AMOUNT_LIMIT: {
    rules: () => ({ maxAmount: '5' }),
    ...{ edge: () => approve('5'), blocks: () => approve('6'), as: 'APPROVE_AMOUNT_EXCEEDED' },
  },
  APPROVE_TIER_OVERRIDE: {
    rules: () => ({ tier: 'APPROVAL' }),
    ...{ edge: () => approve('0'), blocks: () => approve('1'), as: 'APPROVAL' },
  },
  REPUTATION_THRESHOLD: {
    rules: () => ({ min_score: 0 }),
    ...{ edge: () => approve('0'), blocks: () => pay('1'), as: 'FACT_UNKNOWN' },
  },
}

/** What comes of it while the wallet has such a policy. */
async function writing<T>(type: PolicyType, rules: Body, inForce: () => Promise<T>): Promise<T> {
  const { id } = await daemon.operator.createPolicy({ walletId: wallet.id, type, rules })
  try {
    return await inForce()
  } finally {
    await daemon.operator.deletePolicy({ id })
  }
}

test.each(Object.entries(cases) as [PolicyType, Case][])(
  '%s allows on its boundary and blocks beyond it',
  async (type, one) => {
    const { rules, edge, blocks, as } = one
    expect(await tried(blocks())).not.toBe(as)
    const seen = await writing(type, rules(), async () => [await tried(edge()), await tried(blocks())])
    expect(seen).toEqual(['INSTANT', as])
  },
)

test('ALLOWED_NETWORKS and TIME_RESTRICTION block by where and when', async () => {
  const networks = (name: string) => ({ networks: [{ network: name }] })
  const hours = (allowed_hours: object) => ({ allowed_hours, allowed_days: days })
  const once = () => tried(pay('1'))
  expect(await writing('ALLOWED_NETWORKS', networks(network), once)).toBe('INSTANT')
  expect(await writing('ALLOWED_NETWORKS', networks('base-mainnet'), once)).toBe('NETWORK_NOT_ALLOWED')
  expect(await writing('TIME_RESTRICTION', hours(now), once)).toBe('INSTANT')
  expect(await writing('TIME_RESTRICTION', hours(later), once)).toBe('TIME_RESTRICTED')
})

test('RATE_LIMIT counts what was accepted, and answers 429 beyond', async () => {
  const send = () => daemon.call('POST', '/v1/transactions/send', { as: wallet.token, body: { network, ...pay('7') } })
  const statuses = await writing('RATE_LIMIT', { max_requests: 2, window_seconds: 600 }, async () => [
    (await send()).status,
    (await send()).status,
    (await send()).status,
  ])
  expect(statuses).toEqual([201, 201, 429])
})

test('SIGN_MESSAGE_RULES says which texts are signed at once', async () => {
  const sign = async () => {
    const body = { network, message: 'hello', signType: 'personal' }
    return (await daemon.call('POST', '/v1/transactions/sign-message', { as: wallet.token, body })).status
  }
  expect(await writing('SIGN_MESSAGE_RULES', { personal: 'INSTANT' }, sign)).toBe(200)
  expect(await writing('SIGN_MESSAGE_RULES', { personal: 'APPROVAL' }, sign)).toBe(403)
})

test('the example of each type is written as documented, and its rules are as strictly read when they change', async () => {
  const trader = await daemon.operator.createWallet({ name: 'trader', chain: 'ethereum', environment: 'testnet' })
  const create = commands(operations).find(({ name }) => name === 'policy create')!
  for (const type of POLICY_TYPES) {
    const { input } = parseArguments(create, exampleCommand(type).slice(2))
    expect(input).toEqual({ walletId: 'trader', type, rules: policyTypes[type].example })
    const made = await daemon.call<{ id: string; walletId: string }>('POST', '/v1/policies', {
      as: 'operator',
      body: input,
    })
    expect([made.status, made.body.walletId], made.text).toEqual([201, trader.id])
    const change = (rules: object) =>
      daemon.call('PUT', `/v1/policies/${made.body.id}`, { as: 'operator', body: { rules } })
    expect((await change(policyTypes[type].example)).status).toBe(200)
    const strange = await change({ ...policyTypes[type].example, bursts: 3 })
    expect(strange.text).toContain('bursts')
    expect(strange.status).toBe(400)
    const empty = await change({})
    expect([type, empty.status]).toEqual([type, policyTypes[type].rules.safeParse({}).success ? 200 : 400])
  }
})
