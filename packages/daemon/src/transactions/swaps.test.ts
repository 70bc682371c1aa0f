import { newId, operations, UNREAD_RECIPIENT } from '@waiaas/contract'
import { deployEvmFixtures, type EvmFixtures, type EvmNode, evmFaucet, mintToken, startEvm } from '@waiaas/localnet'
import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CallBed, type Called, type Caller, startCalls } from '../../../../test/support/calls.ts'
import {
  addPool,
  deployUniswap,
  routerData,
  type Swap,
  swapData,
  swapForData,
  type Uniswap,
} from '../../../../test/support/uniswap.ts'

// Swaps at Uniswap v3 as it is published, by calls of its router: what is judged is what they cost, and what lands is that.

const TOKEN = 10n ** 18n
const USD = 10n ** 6n
const erc20 = parseAbi([
  'function approve(address,uint256) returns (bool)',
  'function balanceOf(address) view returns (uint256)',
])

let node: EvmNode
let at: EvmFixtures
let uniswap: Uniswap
let bed: CallBed
let pool: Hex
const assetOf = (address: string) => `eip155:31337/erc20:${address.toLowerCase()}`

beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--slots-in-an-epoch', '1'] })
  at = await deployEvmFixtures(node)
  uniswap = await deployUniswap(node)
  const [plain, usd] = [at.plainToken, at.permitToken]
  pool = await addPool(uniswap, { token: plain, amount: 1_000_000n * TOKEN }, { token: usd, amount: 1_000_000n * USD })
  await addPool(uniswap, { token: uniswap.weth, amount: 500n * TOKEN }, { token: usd, amount: 1_000_000n * USD })
  const fixed = {
    [assetOf(plain)]: '1',
    [assetOf(usd)]: '1',
    [assetOf(uniswap.weth)]: '2000',
    'native:local-evm': '2000',
  }
  bed = await startCalls(node, { fixed })
})
afterAll(async () => {
  await bed?.stop()
  await node?.stop()
})

const LIMIT = { instant_max_usd: 100, notify_max_usd: 1_000, delay_max_usd: 100_000 }
const policies = () => ({
  SPENDING_LIMIT: LIMIT,
  ALLOWED_TOKENS: { tokens: [at.plainToken, at.permitToken].map((address) => ({ address })) },
  CONTRACT_WHITELIST: { contracts: [{ address: uniswap.router }] },
  APPROVED_SPENDERS: { spenders: [{ address: uniswap.router }] },
})

/** Who has a million of each token, and may swap them. */
async function trader(less: readonly (keyof ReturnType<typeof policies>)[] = []): Promise<Caller> {
  const all = Object.entries(policies()).filter(([type]) => !less.some((one) => one === type))
  const made = await bed.caller([uniswap.router], Object.fromEntries(all))
  await mintToken(node, at.plainToken, { to: made.address, amount: 1_000_000n * TOKEN })
  await mintToken(node, at.permitToken, { to: made.address, amount: 1_000_000n * USD })
  return made
}
const allow = (token: Hex, amount: bigint): Called => ({
  to: token,
  data: encodeFunctionData({ abi: erc20, functionName: 'approve', args: [uniswap.router, amount] }),
})
async function lands(from: Caller, what: Called) {
  const row = await bed.ended(await bed.call(from, what))
  expect(row).toMatchObject({ status: 'CONFIRMED', error: null })
  return row
}
const swap = (from: Caller, more: Partial<Swap>): Swap => ({
  ...{ tokenIn: at.plainToken, tokenOut: at.permitToken, recipient: from.address as Hex, amountIn: 0n },
  ...more,
})
const route = (data: Hex, value = 0n): Called => ({ to: uniswap.router, data, value })

async function balance(token: Hex, who: string): Promise<bigint> {
  const data = encodeFunctionData({ abi: erc20, functionName: 'balanceOf', args: [who as Hex] })
  return BigInt((await node.rpc('eth_call', [{ to: token, data }, 'latest'])) as Hex)
}
/** What something costs a wallet, of each token. */
async function cost(from: Caller, doing: () => Promise<unknown>): Promise<{ plain: bigint; usd: bigint }> {
  const held = () => Promise.all([balance(at.plainToken, from.address), balance(at.permitToken, from.address)])
  const [plain, usd] = await held()
  await doing()
  const [plainThen, usdThen] = await held()
  return { plain: plain - plainThen, usd: usd - usdThen }
}
const judged = async (from: Caller, what: Called) => {
  const { decision, policy } = await bed.judged(from, bed.request(what))
  return { tier: policy.tier, codes: decision!.reasons.map(({ code }) => code), usd: decision!.usd }
}

test('a swap costs what goes in, and that is what lands', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  for (const [whole, tier] of [
    [99n, 'INSTANT'],
    [101n, 'NOTIFY'],
  ] as const) {
    const what = route(swapData(swap(from, { amountIn: whole * TOKEN })))
    expect(await judged(from, what)).toMatchObject({ tier, usd: Number(whole) })
    const spent = await cost(from, () => lands(from, what))
    expect(spent.plain).toBe(whole * TOKEN)
    // Less the fee of the pool.
    expect(-spent.usd).toBeGreaterThan((whole * USD * 99n) / 100n)
  }
  expect(bed.diverged).toEqual([])
})

test.each([
  ['CONTRACT_WHITELIST', 'CONTRACT_CALL_DISABLED'],
  ['ALLOWED_TOKENS', 'TOKEN_NOT_ALLOWED'],
  ['SPENDING_LIMIT', 'SPENDING_LIMIT_MISSING'],
] as const)('a swap without a policy of %s is refused', async (type, code) => {
  const from = await trader([type])
  // Allowed before the wallet was the daemon's.
  await node.rpc('anvil_impersonateAccount', [from.address])
  await node.rpc('eth_sendTransactionSync', [{ from: from.address, ...allow(at.plainToken, TOKEN) }])
  await node.rpc('anvil_stopImpersonatingAccount', [from.address])
  expect((await judged(from, route(swapData(swap(from, { amountIn: TOKEN }))))).codes).toContain(code)
})

test('the router is allowed nothing without a policy of APPROVED_SPENDERS', async () => {
  const from = await trader(['APPROVED_SPENDERS'])
  expect((await judged(from, allow(at.plainToken, TOKEN))).codes).toEqual(['APPROVE_DISABLED'])
})

test('what comes back in one transaction was never spent', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  await lands(from, allow(at.permitToken, 900n * USD))
  const there = swapData(swap(from, { amountIn: 800n * TOKEN }))
  const back = swapData(swap(from, { tokenIn: at.permitToken, tokenOut: at.plainToken, amountIn: 790n * USD }))
  const what = route(routerData('multicall', [[there, back]]))
  expect((await judged(from, route(there))).tier).toBe('NOTIFY')
  expect((await judged(from, what)).tier).toBe('INSTANT')
  const spent = await cost(from, () => lands(from, what))
  expect(spent.plain).toBeGreaterThan(0n)
  expect(spent.plain).toBeLessThan(20n * TOKEN)
  expect(bed.diverged).toEqual([])
})

test('ether is swapped by several calls of the router in one, and what is over comes back', async () => {
  const from = await trader()
  const there = swapForData(swap(from, { tokenIn: uniswap.weth, amountIn: TOKEN / 25n, least: 40n * USD }))
  const what = route(routerData('multicall', [[there, routerData('refundETH')]]), TOKEN / 25n)
  // The router pays by the ether, and the bytes name its wrapped form: it counts once.
  expect(await judged(from, what)).toMatchObject({ tier: 'INSTANT', usd: 80 })
  const spent = await cost(from, () => lands(from, what))
  expect(spent).toEqual({ plain: 0n, usd: -40n * USD })
  expect(bed.diverged).toEqual([])
})

/** Somebody else's swap of so much comes between the signature and the block. */
async function overtaken(from: Caller, what: Called): Promise<string> {
  const sandwich: Swap = {
    ...{ tokenIn: at.plainToken, tokenOut: at.permitToken, recipient: at.sink, amountIn: 100_000n * TOKEN },
  }
  const send = (to: Hex, data: string) => node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, to, data }])
  await mintToken(node, at.plainToken, { to: evmFaucet, amount: sandwich.amountIn })
  await send(at.plainToken, allow(at.plainToken, sandwich.amountIn).data)
  bed.onSign(async () => void (await send(uniswap.router, swapData(sandwich))))
  return bed.call(from, what)
}

test('a swap that somebody overtakes fails where it names what has to come, and costs its fee alone', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  const what = route(swapData(swap(from, { amountIn: 90n * TOKEN, least: 80n * USD })))
  expect((await bed.judged(from, bed.request(what))).success).toBe(true)
  const spent = await cost(from, async () => {
    expect(await bed.ended(await overtaken(from, what))).toMatchObject({ status: 'FAILED' })
  })
  expect(spent).toEqual({ plain: 0n, usd: 0n })
  expect(bed.diverged).toEqual([])
})

test('one that names nothing costs no more than what was judged, however little comes', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  const what = route(swapData(swap(from, { amountIn: 90n * TOKEN })))
  const spent = await cost(from, async () => {
    expect(await bed.ended(await overtaken(from, what))).toMatchObject({ status: 'CONFIRMED' })
  })
  expect(spent.plain).toBe(90n * TOKEN)
  expect(bed.diverged).toEqual([])
})

test('one with a bound on what goes in is judged at that, and stops nobody where it costs more than it did before', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  const what = route(swapForData(swap(from, { amountIn: 200n * TOKEN, least: 50n * USD })))
  const usual = await bed.judged(from, bed.request(what))
  expect(usual).toMatchObject({ policy: { tier: 'NOTIFY' }, decision: { usd: 200 } })
  const leaves = { kind: 'outflow', asset: assetOf(at.plainToken), amount: String(200n * TOKEN), isMost: true }
  expect(usual.effects!.effects).toContainEqual(expect.objectContaining(leaves))
  const within = route(swapForData(swap(from, { amountIn: 99n * TOKEN, least: 50n * USD })))
  expect(await judged(from, within)).toMatchObject({ tier: 'INSTANT', usd: 99 })
  const spent = await cost(from, async () => {
    expect(await bed.ended(await overtaken(from, what))).toMatchObject({ status: 'CONFIRMED' })
  })
  expect(spent.usd).toBe(-50n * USD)
  expect(spent.plain).toBeGreaterThan(60n * TOKEN)
  expect(spent.plain).toBeLessThan(200n * TOKEN)
  expect(bed.diverged).toEqual([])
})

test('whoever gets what is bought in place of the wallet is a recipient, in a call of several calls too', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  const known = [uniswap.router, pool]
  await bed.add(from.id, 'WHITELIST', { allowed_addresses: known })
  const to = (recipient: Hex) => swapData(swap(from, { amountIn: TOKEN, recipient }))
  const codes = async (data: Hex) => (await judged(from, route(data))).codes
  expect(await codes(to(from.address as Hex))).toEqual([])
  for (const data of [to(at.sink), routerData('multicall', [[to(at.sink)]])])
    expect(await codes(data)).toEqual(['WHITELIST_DENIED'])
})

test('a swap in another encoding, which the router carries out, is for nobody that a list has', async () => {
  const from = await trader()
  await lands(from, allow(at.plainToken, 900n * TOKEN))
  const to = (recipient: Hex) => swapData(swap(from, { amountIn: TOKEN, recipient }))
  const word = (number: number) => number.toString(16).padStart(64, '0')
  const thief = to(at.sink)
  const inner = thief.slice(2)
  const padding = '0'.repeat((64 - (inner.length % 64)) % 64)
  // The router reads each of them, and pays the thief.
  const encodings: Hex[] = [
    `${thief}00`,
    `${thief}${'0'.repeat(64)}`,
    // The list begins further behind than it has to.
    `0xac9650d8${word(64)}${word(0)}${word(1)}${word(32)}${word(inner.length / 2)}${inner}${padding}`,
    routerData('multicall', [[`${thief}00`]]),
  ]
  for (const data of encodings) {
    const call = { from: from.address, to: uniswap.router, data }
    await expect(node.rpc('eth_call', [call, 'latest'])).resolves.toMatch(/^0x/)
  }
  const codes = async (data: Hex) => (await judged(from, route(data))).codes
  for (const data of encodings) expect(await codes(data)).toEqual([])
  await bed.add(from.id, 'WHITELIST', { allowed_addresses: [uniswap.router, pool] })
  for (const data of encodings) expect(await codes(data)).toEqual(['WHITELIST_DENIED'])
  const { decision } = await bed.judged(from, bed.request(route(encodings[0]!)))
  expect(decision!.reasons[0]).toMatchObject({ observed: UNREAD_RECIPIENT })
  expect(decision!.reasons[0]!.message).toContain('do not show who gets something')
})

test('an allowance and the swap that uses it are one plan, which costs what was judged', async () => {
  const from = await trader()
  const steps = [allow(at.plainToken, 40n * TOKEN), route(swapData(swap(from, { amountIn: 40n * TOKEN })))]
  const input = operations.sendPlan.input.parse({
    walletId: from.id,
    steps: steps.map(({ to, data }) => ({ to, data })),
  })
  // The allowance counts by itself, and what is swapped by itself.
  const dry = await bed.service.plans.simulate(input, from.session)
  expect(dry).toMatchObject({ success: true, tier: 'INSTANT', decision: { usd: 80 } })
  const outflow = { kind: 'outflow', asset: assetOf(at.plainToken), amount: String(40n * TOKEN) }
  expect(dry.steps[1]!.effects).toContainEqual(expect.objectContaining(outflow))
  const spent = await cost(from, async () => {
    const who = { sessionId: from.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    const { accepted } = await bed.service.plans.send(input, who)
    for (const { id } of accepted!.steps) expect(await bed.ended(id)).toMatchObject({ status: 'CONFIRMED' })
  })
  expect(spent.plain).toBe(40n * TOKEN)
  expect(-spent.usd).toBeGreaterThan(0n)
})

test('a plan whose swap would give too little is refused before anything is allowed', async () => {
  const from = await trader()
  const least = 41n * USD
  const steps = [allow(at.plainToken, 40n * TOKEN), route(swapData(swap(from, { amountIn: 40n * TOKEN, least })))]
  const input = operations.sendPlan.input.parse({
    walletId: from.id,
    steps: steps.map(({ to, data }) => ({ to, data })),
  })
  await expect(bed.service.plans.simulate(input, from.session)).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringContaining('step 2 would fail after those before it'),
  })
})
