import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId, operations, type PlanRequest, type PolicyType, tokenAsset } from '@waiaas/contract'
import {
  callFixture,
  deployEvmFixtures,
  type EvmFixtures,
  type EvmNode,
  evmContracts,
  evmFaucet,
  mintToken,
} from '@waiaas/localnet'
import {
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  serializeTransaction,
  type TransactionSerializable,
} from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { agent, ETHER, localEvm, migrations, operator, startEvm, startPipeline } from '../../../test/pipeline-bed.ts'
import type { CeilingText } from '../../keys/service.ts'
import { ledgerStore } from '../../ledger/store.ts'
import { type Database, openDatabase } from '../../platform/db/database.ts'
import { ceilingStore } from '../../wallets/ceiling-store.ts'
import { planStore } from '../rows/plan-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'waiaas-test-'))
const bin = '0x00000000000000000000000000000000DeaDBeef'
const erc20 = evmContracts.PlainToken.abi
let node: EvmNode
let at: EvmFixtures
let database: Database
let bed: Awaited<ReturnType<typeof startPipeline>>
let [exchange, hostile, taker] = ['0x', '0x', '0x'] as [Hex, Hex, Hex]
type Wallet = Awaited<ReturnType<(typeof bed)['wallet']>>
type Step = NonNullable<PlanRequest['steps']>[number]

const made = async (data: string): Promise<Hex> =>
  ((await node.rpc('eth_sendTransactionSync', [{ from: evmFaucet, data }])) as { contractAddress: Hex }).contractAddress
const deploy = (name: 'Exchange' | 'Hostile'): Promise<Hex> => {
  const { abi, bytecode } = evmContracts[name]
  return made(encodeDeployData({ abi, bytecode }))
}
/** Code, in front of which 100 are put at place 0. */
const withCode = (code: string) => `0x60645f5560${(code.length / 2).toString(16).padStart(2, '0')}80600d5f395ff3${code}`
/** Takes one of a token that its caller has allowed, and then of a token of no list that says nothing. */
async function deployTaker(): Promise<Hex> {
  // Everybody has what is at place 0 of it; who calls it without a word takes seven.
  const silent = await made(withCode('36600c5760075f54035f55005b5f545f5260205ff3'))
  const called = (token: Hex, size: string) => `5f5f${size}5f5f73${token.slice(2)}5af1`
  const transferFrom = '6323b872dd60e01b5f52336004523060245260016044' + `52${called(at.plainToken, '6064')}`
  const jump = (transferFrom.length / 2 + 6).toString(16).padStart(2, '0')
  return made(withCode(`${transferFrom}60${jump}575f5ffd5b${called(silent, '5f')}5000`))
}

beforeAll(async () => {
  node = await startEvm({ blockTime: 0.2, slotsInAnEpoch: 1 })
  at = await deployEvmFixtures(node)
  exchange = await deploy('Exchange')
  hostile = await deploy('Hostile')
  taker = await deployTaker()
  for (const token of [at.plainToken, at.permitToken])
    await mintToken(node, token, { to: exchange, amount: 10n ** 24n })
  database = await openDatabase({ path: join(folder, 'test.db'), migrations })
  const prices = [at.plainToken, at.permitToken].map((token) => [tokenAsset(localEvm, token), '1'])
  bed = await startPipeline(database, node, undefined, undefined, { fixed: Object.fromEntries(prices) })
})
afterAll(async () => {
  await bed?.stop()
  await node?.stop()
  await database?.close()
  rmSync(folder, { recursive: true })
})

const rule = (walletId: string, type: PolicyType, rules: object) =>
  bed.rules.create({ walletId, type, rules, priority: 0, enabled: true } as never)

/** A wallet with a hundred tokens, which may use both tokens and call these contracts. */
async function holder(limits: object): Promise<Wallet> {
  const wallet = await bed.wallet()
  await bed.limit(wallet.id, { notify_max_usd: 1e6, delay_max_usd: 1e6, ...limits })
  await rule(wallet.id, 'ALLOWED_TOKENS', { tokens: [{ address: at.plainToken }, { address: at.permitToken }] })
  await rule(wallet.id, 'APPROVED_SPENDERS', { spenders: [exchange, hostile, taker].map((address) => ({ address })) })
  await rule(wallet.id, 'CONTRACT_WHITELIST', {
    contracts: [exchange, hostile, taker, at.sink].map((address) => ({ address })),
  })
  await mintToken(node, at.plainToken, { to: wallet.address, amount: 100n * ETHER })
  const now = (await database.read((db) => ceilingStore.byWallet(db, wallet.id)))!
  const { ceiling } = JSON.parse(now.text) as CeilingText
  const contracts = [exchange, hostile, taker, at.sink].map((address) => address.toLowerCase())
  const next = {
    ...ceiling,
    chains: { ...ceiling.chains, 'eip155:31337': { ...ceiling.chains['eip155:31337']!, contracts } },
  }
  const sealed = await bed.keys.changeCeiling({ address: wallet.address, now, next }, 'correct horse battery')
  await database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) => ceilingStore.set(db, wallet.id, sealed))
  return wallet
}

const input = (wallet: Wallet, steps: readonly Step[], more: object = {}): PlanRequest =>
  operations.sendPlan.input.parse({ walletId: wallet.id, steps, ...more })
const from = ({ session }: Wallet, key: string = newId()) => ({
  ...{ sessionId: session, peer: '127.0.0.1', key, onDelivered: () => undefined },
})
const send = async (wallet: Wallet, steps: readonly Step[], more: object = {}) =>
  (await bed.service.plans.send(input(wallet, steps, more), from(wallet))).accepted!
const refusalOf = async (wallet: Wallet, steps: readonly Step[]) => {
  const { refused } = await bed.service.plans.send(input(wallet, steps), from(wallet))
  return (refused!.details as { reasons: { code: string }[] }).reasons.map(({ code }) => code)
}
const show = (id: string) => bed.service.plans.get(id, undefined)
async function ended(id: string) {
  await expect.poll(async () => ['QUEUED', 'RUNNING'].includes((await show(id)).status)).toBe(false)
  return show(id)
}
const statuses = (plan: Awaited<ReturnType<typeof show>>) => plan.steps.map(({ status }) => status)

const pay = (value: bigint, to: string = bin): Step => ({ to, value: String(value) })
const tokenCall = (functionName: 'transfer' | 'approve', to: string, amount: bigint): Step => ({
  ...{ to: at.plainToken, data: encodeFunctionData({ abi: erc20, functionName, args: [to as Hex, amount] }) },
})
const swap = (wallet: Wallet, amount: bigint, least = 0n): Step => ({
  to: exchange,
  data: encodeFunctionData({
    ...{ abi: evmContracts.Exchange.abi, functionName: 'swapExactTokensForTokens' },
    args: [amount, least, [at.plainToken, at.permitToken], wallet.address as Hex, 10n ** 12n],
  }),
})
const work: Step = { to: '', data: encodeFunctionData({ abi: evmContracts.Hostile.abi, functionName: 'work' }) }
const become = (does: number, amount: bigint) =>
  callFixture(node, {
    contract: 'Hostile',
    address: hostile,
    functionName: 'become',
    args: [does, at.plainToken, at.sink, amount],
  })
const open = (wallet: Wallet) =>
  database.read(async (db) =>
    [...(await ledgerStore.openOfAll(db, `wallet:${wallet.id}`)).values()].reduce((a, b) => a + b, 0n),
  )

test('steps land in their order, one after the other, whatever nonce and fee the planner has named', async () => {
  const wallet = await holder({ instant_max_usd: 10 })
  const steps = [1n, 2n, 3n].map((value) => ({
    ...pay(value),
    nonce: 77,
    gasPrice: '1',
    from: wallet.address,
    chainId: 31337,
  }))
  const sent = await send(wallet, steps)
  expect(sent).toMatchObject({ status: 'PENDING', tier: 'INSTANT', steps: [{ step: 1 }, { step: 2 }, { step: 3 }] })
  const plan = await ended(sent.id)
  expect(plan).toMatchObject({ status: 'CONFIRMED', leftAllowances: [] })
  expect(plan.steps.map(({ id, planId, planStep }) => [id, planId, planStep])).toEqual(
    sent.steps.map(({ id, step }) => [id, sent.id, step]),
  )
  const heights = await database.read(async (db) =>
    (await planStore.steps(db, sent.id)).map(({ block_height }) => block_height!),
  )
  expect(heights[0]! < heights[1]! && heights[1]! < heights[2]!).toBe(true)
})

test('what goes along with a step may be said in whole units, and counts as much', async () => {
  const wallet = await holder({ instant_max_usd: 10 })
  const { value: _, ...payment } = pay(1n)
  const [whole, base] = await Promise.all(
    [{ humanValue: '1.5' }, { value: String((3n * ETHER) / 2n) }].map((said) =>
      bed.service.plans.simulate(input(wallet, [{ ...payment, ...said }]), wallet.session),
    ),
  )
  expect(whole!.steps).toEqual(base!.steps)
  expect(whole!.decision.usd).toBe(base!.decision.usd)
  const wrong = bed.service.plans.simulate(
    input(wallet, [{ ...payment, humanValue: '0.0000000000000000001' }]),
    wallet.session,
  )
  await expect(wrong).rejects.toThrow('step 1: ')
})

test('an allowance and the swap that uses it are seen one upon the other, and count as much as apart', async () => {
  const wallet = await holder({ instant_max_usd: 10 })
  const steps = [tokenCall('approve', exchange, 4n * ETHER), swap(wallet, 4n * ETHER)]
  const dry = await bed.service.plans.simulate(input(wallet, steps), wallet.session)
  expect(dry).toMatchObject({ success: true, tier: 'INSTANT', decision: { usd: 8 } })
  expect(dry.steps[1]!.effects).toContainEqual({
    ...{ kind: 'outflow', asset: tokenAsset(localEvm, at.plainToken), amount: String(4n * ETHER) },
    to: expect.stringMatching(new RegExp(exchange, 'i')),
  })
  const plan = await ended((await send(wallet, steps)).id)
  expect(statuses(plan)).toEqual(['CONFIRMED', 'CONFIRMED'])
})

test('many small payments are one large one', async () => {
  const wallet = await holder({ instant_max_usd: 10, notify_max_usd: 10, delay_max_usd: 100 })
  // 2,000 dollars for an ether: nine dollars each.
  const steps = Array.from({ length: 20 }, () => pay((9n * ETHER) / 2000n))
  const sent = await send(wallet, steps)
  expect(sent).toMatchObject({ status: 'QUEUED', tier: 'APPROVAL', decision: { usd: 180 } })
  const held = await database.read((db) => planStore.steps(db, sent.id))
  expect(new Set(held.map(({ status }) => status))).toEqual(new Set(['QUEUED']))
  await bed.service.reject(sent.steps[7]!.id)
  expect(new Set(statuses(await show(sent.id)))).toEqual(new Set(['CANCELLED']))
  expect(await open(wallet)).toBe(0n)
})

test('one approval lets all steps go on', async () => {
  const wallet = await holder({ instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 2 })
  const sent = await send(wallet, [pay(ETHER / 500n), pay(ETHER / 500n)])
  expect(sent.tier).toBe('APPROVAL')
  await bed.service.approve(sent.steps[1]!.id)
  expect(statuses(await ended(sent.id))).toEqual(['CONFIRMED', 'CONFIRMED'])
})

test('a step that fails ends the rest, frees their money, and what it has left is told', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  await become(1, 2n)
  // It refuses from the moment on when its call is signed.
  bed.onSign(async () => bed.onSign(() => become(6, 0n)))
  const sent = await send(wallet, [tokenCall('approve', hostile, 50n), { ...work, to: hostile }, pay(5n)])
  const plan = await ended(sent.id)
  expect(plan.status).toBe('STOPPED')
  expect(statuses(plan)).toEqual(['CONFIRMED', 'FAILED', 'CANCELLED'])
  expect(plan.leftAllowances).toMatchObject([{ kind: 'approval', amount: '50' }])
  expect(plan.steps[2]!.error).toContain('step 2 of its plan has ended')
  await expect.poll(() => open(wallet)).toBe(0n)
})

test('a contract that would do more when its turn comes ends the plan', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  await become(1, 2n)
  const steps = [tokenCall('approve', hostile, 50n), pay(7n), { ...work, to: hostile }, pay(9n)]
  bed.onSign(() => become(1, 40n))
  const plan = await ended((await send(wallet, steps)).id)
  expect(statuses(plan)).toEqual(['CONFIRMED', 'CONFIRMED', 'CANCELLED', 'CANCELLED'])
  expect(plan.steps[2]!.error).toContain('more than what was decided on')
})

test('what a step takes in silence once the one before it has happened is seen, and is of no list', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  const take = { to: taker, data: '0x12345678' }
  // By itself it fails before it gets there.
  expect(await refusalOf(wallet, [tokenCall('approve', taker, 50n), take, pay(9n)])).toEqual(['TOKEN_NOT_ALLOWED'])
})

test('what would fail after the steps before it is refused, and names the step', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  await expect(send(wallet, [pay(1n), swap(wallet, ETHER)])).rejects.toMatchObject({
    code: 'INVALID_TRANSACTION',
    message: expect.stringContaining('step 2 would fail'),
  })
})

test('foreign senders and chains are refused by name', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  await expect(send(wallet, [pay(1n), { ...pay(1n), from: bin }])).rejects.toMatchObject({
    message: expect.stringContaining(`step 2: only the wallet ${wallet.address} itself signs and pays`),
  })
  await expect(send(wallet, [{ ...pay(1n), chainId: '0x1' }])).rejects.toMatchObject({
    message: 'step 1: expected a step for local-evm, whose chain id is 31337, got one for 0x1',
  })
})

test('the same key brings the same plan, and another plan under it is refused', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  const key = newId()
  const once = await bed.service.plans.send(input(wallet, [pay(1n), pay(2n)]), from(wallet, key))
  expect(await bed.service.plans.send(input(wallet, [pay(1n), pay(2n)]), from(wallet, key))).toEqual({
    ...once,
    isRepeat: true,
  })
  await expect(bed.service.plans.send(input(wallet, [pay(2n), pay(1n)]), from(wallet, key))).rejects.toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  })
  // Without a key, the same within a minute is the repeat of one whose answer got lost.
  const lost = await bed.service.plans.send(input(wallet, [pay(5n)]), { ...from(wallet), key: undefined })
  const found = await bed.service.plans.send(input(wallet, [pay(5n)]), { ...from(wallet), key: undefined })
  expect(found).toEqual({ ...lost, isRepeat: true })
  const told = { ...from(wallet), key: undefined, onDelivered: (hear: (came: boolean) => void) => hear(true) }
  await bed.service.plans.send(input(wallet, [pay(5n)]), told)
  const next = await bed.service.plans.send(input(wallet, [pay(5n)]), told)
  expect(next.accepted!.id).not.toBe(lost.accepted!.id)
  await ended(next.accepted!.id)
  await ended(once.accepted!.id)
})

test('a plan is seen and cancelled by the session that asked for it alone, and by the operator', async () => {
  const wallet = await holder({ instant_max_usd: 1, notify_max_usd: 1, delay_max_usd: 1 })
  const other = await bed.session(wallet.id)
  const sent = await send(wallet, [pay(ETHER / 100n), pay(1n)])
  await expect(bed.service.plans.get(sent.id, other)).rejects.toMatchObject({ code: 'PLAN_NOT_FOUND' })
  await expect(bed.service.plans.cancel(sent.id, agent(other))).rejects.toMatchObject({ code: 'PLAN_NOT_FOUND' })
  expect(await bed.service.plans.cancel(sent.id, agent(wallet.session))).toEqual({ cancelled: 2 })
  expect(statuses(await show(sent.id))).toEqual(['CANCELLED', 'CANCELLED'])
  await expect(bed.service.plans.cancel(sent.id, operator)).rejects.toMatchObject({ code: 'TX_ALREADY_PROCESSED' })
})

test('each step counts within RATE_LIMIT', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  await rule(wallet.id, 'RATE_LIMIT', { max_requests: 3, window_seconds: 600 })
  expect(await refusalOf(wallet, [pay(1n), pay(1n), pay(1n), pay(1n)])).toEqual(['RATE_LIMIT_EXCEEDED'])
  expect(statuses(await ended((await send(wallet, [pay(1n), pay(1n), pay(1n)])).id))).toEqual([
    ...['CONFIRMED', 'CONFIRMED', 'CONFIRMED'],
  ])
  expect(await refusalOf(wallet, [pay(1n)])).toEqual(['RATE_LIMIT_EXCEEDED'])
})

test('the example of docs/transactions.md is taken as it stands', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  const page = readFileSync(new URL('../../../../../docs/transactions.md', import.meta.url), 'utf8')
  const [text] = [...page.matchAll(/```json plan\n([\s\S]+?)```/g)].map(([, found]) => found!)
  const named = text!
    .replaceAll('<token>', at.plainToken)
    .replaceAll('<exchange>', exchange)
    .replaceAll('<recipient>', bin)
    .replaceAll('<approve>', tokenCall('approve', exchange, ETHER).data!)
    .replaceAll('<swap>', swap(wallet, ETHER).data!)
  const { steps, ...more } = JSON.parse(named) as PlanRequest
  const plan = await ended((await send(wallet, steps, more)).id)
  expect(statuses(plan)).toEqual(['CONFIRMED', 'CONFIRMED', 'CONFIRMED'])
  expect(plan.steps[0]).toMatchObject({ labels: { task: 'swap-7' } })
})

const bytes = (tx: TransactionSerializable): Step => ({ serialized: serializeTransaction(tx) })
const built = (step: Step, more: object = {}) =>
  bytes({
    ...{ type: 'eip1559', chainId: 31337, nonce: 3, to: step.to as Hex, value: BigInt(step.value ?? 0) },
    ...{ data: step.data as Hex, gas: 150_000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
    ...more,
  } as TransactionSerializable)

test('transactions that were built elsewhere are taken apart, and land under our nonce and price', async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  const steps = [built(tokenCall('approve', exchange, ETHER)), built(swap(wallet, ETHER)), built(pay(5n))]
  const legacy = bytes({ type: 'legacy', chainId: 31337, nonce: 9, to: bin, value: 7n, gas: 21_000n, gasPrice: 1n })
  expect(statuses(await ended((await send(wallet, [...steps, legacy])).id))).toEqual(Array(4).fill('CONFIRMED'))
})

test.each([
  ['of another chain', built(pay(1n), { chainId: 1 }), 'expected a step for local-evm'],
  ['that make a contract', built({}, { to: undefined, data: '0x6001' }), 'it would make a contract'],
  ['of blobs', { serialized: '0x03c0' }, 'blob transactions (type 3)'],
  ['that hand the account over', { serialized: '0x04c0' }, 'set-code transactions (type 4, EIP-7702)'],
  ['with an access list', built(pay(1n), { accessList: [{ address: bin, storageKeys: [] }] }), 'access list'],
  ['that are signed', built(pay(1n)), 'expected 9 fields'],
  ['without a chain', bytes({ type: 'legacy', to: bin, value: 1n, gas: 21_000n, gasPrice: 1n }), 'without a chain id'],
])('transactions %s are refused by name', async (name, step, why) => {
  const wallet = await holder({ instant_max_usd: 100 })
  const signature = { r: `0x${'1'.repeat(64)}`, s: `0x${'1'.repeat(64)}`, yParity: 0 } as const
  const unsigned = { type: 'eip1559', chainId: 31337, to: bin, value: 1n, gas: 21_000n } as const
  const given = name === 'that are signed' ? { serialized: serializeTransaction(unsigned, signature) } : step
  await expect(send(wallet, [pay(1n), given])).rejects.toMatchObject({
    ...{ code: 'INVALID_TRANSACTION', message: expect.stringMatching(/^step 2: /) },
  })
  await expect(send(wallet, [given])).rejects.toMatchObject({ message: expect.stringContaining(why) })
})

test('a payment is decided alike in every form that it is asked for', async () => {
  const wallet = await holder({ instant_max_usd: 10, notify_max_usd: 20, delay_max_usd: 30 })
  for (const amount of [4n, 14n, 24n, 34n].map((usd) => (usd * ETHER) / 2000n)) {
    const request = { type: 'TRANSFER', to: bin, amount: String(amount), walletId: wallet.id, dryRun: true } as const
    const { decision: plain } = await bed.service.simulate(request, wallet.session)
    for (const steps of [[pay(amount)], [built(pay(amount))], [pay(amount / 2n), built(pay(amount / 2n))]]) {
      const { decision } = await bed.service.plans.simulate(input(wallet, steps), wallet.session)
      for (const field of ['tier', 'outcome', 'usd'] as const) expect(decision[field]).toEqual(plain![field])
    }
  }
  const moved = tokenCall('transfer', bin, 14n * ETHER)
  const request = {
    ...{ type: 'CONTRACT_CALL', walletId: wallet.id, dryRun: true },
    to: moved.to!,
    calldata: moved.data!,
  }
  const { decision: called } = await bed.service.simulate(request as never, wallet.session)
  const { decision } = await bed.service.plans.simulate(input(wallet, [built(moved)]), wallet.session)
  expect([decision.tier, decision.usd]).toEqual([called!.tier, called!.usd])
})

test("a planner's gas limit is the most that a step may use", async () => {
  const wallet = await holder({ instant_max_usd: 100 })
  const approve = tokenCall('approve', exchange, ETHER)
  const dry = await bed.service.plans.simulate(
    input(wallet, [
      { ...approve, gas: '0x11170' },
      { ...approve, gasLimit: 140_000 },
    ]),
    wallet.session,
  )
  expect(BigInt(dry.steps[1]!.maxFee)).toBe(2n * BigInt(dry.steps[0]!.maxFee))
  for (const step of [
    { ...approve, gas: '99999999' },
    { ...pay(1n), gasLimit: '0x5f5e0ff' },
    built(approve, { gas: 99_999_999n }),
  ])
    await expect(send(wallet, [pay(1n), step])).rejects.toMatchObject({
      ...{ code: 'INVALID_TRANSACTION', message: 'step 2: expected a gas limit of at most 16777216, got 99999999' },
    })
  await expect(send(wallet, [{ ...approve, gas: '22000' }])).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
})

test('a step above the ceiling of its wallet is refused before any other is signed', async () => {
  const wallet = await bed.wallet()
  await bed.limit(wallet.id, { instant_max_usd: 100, notify_max_usd: 100, delay_max_usd: 100 })
  await rule(wallet.id, 'CONTRACT_WHITELIST', { contracts: [{ address: hostile }] })
  await become(0, 0n)
  await expect(send(wallet, [pay(1n), { ...work, to: hostile }])).rejects.toMatchObject({
    ...{ code: 'CEILING_EXCEEDED', message: expect.stringMatching(/^step 2: .*cannot read/) },
  })
})
