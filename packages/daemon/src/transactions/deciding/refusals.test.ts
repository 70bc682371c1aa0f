import { type Decision, newId } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { DOLLAR, madeUpBeds, madeUpKey } from '../../../test/made-up-bed.ts'
import { refusal } from '../service.ts'

const LIMITS = {
  instant_max_usd: 10,
  notify_max_usd: 20,
  delay_max_usd: 100,
  delay_seconds: 60,
  daily_limit_usd: 1_000,
}
const start = madeUpBeds()
type Bed = Awaited<ReturnType<typeof start>>

const put = ({ database, from }: Bed, table: 'wallets' | 'kill_switch', values: object) =>
  database.work({ exclusive: ['system', `wallet:${from.id}`] }, (db) =>
    db.query((k) =>
      table === 'wallets' ? k.updateTable('wallets').set(values) : k.updateTable('kill_switch').set(values),
    ),
  )
const rows = async ({ service, from }: Bed) => service.count({ walletIds: [from.id] })

test('a stop of any kind refuses a request before anything of it is stored', async () => {
  const bed = await start()
  const { pay, wallet, from } = bed
  const stranger = await wallet()
  for (const state of ['SUSPENDED', 'LOCKED']) {
    await put(bed, 'kill_switch', { state })
    await expect(pay()).rejects.toMatchObject({ code: 'SYSTEM_LOCKED', message: `the kill switch is ${state}` })
  }
  await put(bed, 'kill_switch', { state: 'ACTIVE' })
  for (const status of ['SUSPENDED', 'TERMINATED']) {
    await put(bed, 'wallets', { status })
    await expect(pay()).rejects.toMatchObject({ code: `WALLET_${status}` })
  }
  await put(bed, 'wallets', { status: 'ACTIVE' })
  await expect(pay({}, { ...from, session: stranger.session })).rejects.toMatchObject({ code: 'WALLET_NOT_FOUND' })
  await expect(pay({}, { ...from, session: newId() })).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  await bed.revoke()
  await expect(pay()).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  expect(await rows(bed)).toBe(0)
})

test('the answer under a key outlives the stop that came after it', async () => {
  const bed = await start()
  const id = await bed.pay({ key: 'k' })
  await bed.arrived(id)
  await bed.suspend()
  expect(await bed.pay({ key: 'k' })).toBe(id)
  await expect(bed.pay({ key: 'k', amount: '2' })).rejects.toMatchObject({
    ...{ code: 'IDEMPOTENCY_KEY_REUSED', details: { transactionId: id } },
  })
  expect(await rows(bed)).toBe(1)
})

test('a refusal of the policies is stored with its reasons, holds no money, and says what would be allowed', async () => {
  const bed = await start({ limits: LIMITS })
  const answer = await bed.send(bed.from, { to: bed.to, amount: '1000000' }, newId())
  expect(answer.refused).toMatchObject({ code: 'POLICY_DENIED', message: expect.stringContaining('limit') })
  const failure = refusal(answer)!
  expect(failure).toMatchObject({ code: 'POLICY_DENIED', details: { transactionId: answer.transactionId } })
  expect(await bed.get(answer.transactionId)).toMatchObject({ status: 'CANCELLED', tier: null, txHash: null })
  expect(await bed.spend(answer.transactionId)).toBeUndefined()
  expect((await bed.counted()).total).toBe(0n)
  expect((await bed.events(answer.transactionId)).map(({ event }) => event)).toEqual(['POLICY_DENIED'])
  expect(refusal(await bed.send(bed.from, { to: bed.to, amount: '1' }, newId()))).toBeUndefined()
})

test('a refusal under a key is kept once, and told again word for word', async () => {
  const bed = await start({ limits: LIMITS })
  const { database, from } = bed
  const rules = { max_requests: 1, window_seconds: 3_600 }
  const ask = (amount: string, key: string) => bed.send(from, { to: bed.to, amount }, key)
  const first = await ask('1000000', 'too much')
  await bed.rules.create({ walletId: from.id, type: 'RATE_LIMIT', rules, priority: 0, enabled: true } as never)
  await bed.pay()
  const late = await ask('1', 'too often')
  expect(late.refused?.retryAfter).toBeGreaterThan(3_500)
  bed.time.passed += 1_800_000
  const stored = () =>
    database.read((db) =>
      db.query<{ answer: string }>((k) =>
        k.selectFrom('idempotency_keys').selectAll().where('key', 'like', 'too %').orderBy('created_at'),
      ),
    )
  expect((await stored()).map(({ answer }) => answer)).toEqual(['', ''])
  expect(await bed.row(first.transactionId)).toMatchObject({ draft: null, hints: null, effects: expect.any(String) })
  const repeats = async () => JSON.stringify([await ask('1000000', 'too much'), await ask('1', 'too often')])
  const told = JSON.stringify([first, late])
  expect(await repeats()).toBe(told)
  await expect(ask('2', 'too often')).rejects.toMatchObject({
    ...{ code: 'IDEMPOTENCY_KEY_REUSED', details: { transactionId: late.transactionId } },
  })
  // A key that holds the answer itself, as they once did.
  await database.work({}, (db) =>
    db.query((k) =>
      k
        .updateTable('idempotency_keys')
        .set({ answer: JSON.stringify(first) })
        .where('transaction_id', '=', first.transactionId),
    ),
  )
  expect(await repeats()).toBe(told)
})

test('too many requests are refused with the time after which one more is taken', async () => {
  const bed = await start()
  const rules = { max_requests: 2, window_seconds: 3_600 }
  await bed.rules.create({ walletId: bed.from.id, type: 'RATE_LIMIT', rules, priority: 0, enabled: true } as never)
  for (const _ of [1, 2]) await bed.pay()
  const { refused } = await bed.send(bed.from, { to: bed.to, amount: '1' }, newId())
  expect(refused).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' })
  expect(refused!.retryAfter).toBeGreaterThan(3_500)
  // Whole seconds, rounded up.
  expect(refused!.retryAfter).toBeLessThanOrEqual(3_601)
  // A refused request does not count: the time is that of the accepted ones.
  bed.time.passed = 3_602_000
  expect((await bed.send(bed.from, { to: bed.to, amount: '1' }, newId())).accepted).toBeDefined()
})

test('a refusal says to the minute when what was spent leaves the window, and then the same request passes', async () => {
  const bed = await start({ limits: { instant_max_usd: 1_000, daily_limit_usd: 1_000 } })
  const { node, time, from, to, pay, mined } = bed
  const MINUTE = 60_000
  const spend = async (dollars: bigint) => {
    const id = await pay({ amount: String(dollars * DOLLAR) })
    await bed.arrived(id)
    await mined(id, 'CONFIRMED')
    await expect
      .poll(async () => {
        node.mine(1)
        return (await bed.spend(id))?.state
      })
      .toBe('final')
  }
  const ask = async () => (await bed.send(from, { to, amount: String(500n * DOLLAR) }, newId())).refused
  await spend(300n)
  // Within the same hour mostly, and never in the same minute.
  time.passed += 7 * MINUTE
  await spend(400n)
  time.passed += 200 * MINUTE
  const { retryAt, message } = (refusal({ refused: (await ask())! })!.details!.decision as Decision).suggestion!
  expect(message).toContain(
    `the same request passes from ${new Date(retryAt! * 1_000).toISOString().replace('.000', '')} on`,
  )
  const now = () => Date.now() + time.passed
  const wait = retryAt! * 1_000 - now()
  // A day after the minute in which the first became final, which was 207 minutes ago.
  expect(wait).toBeGreaterThan((24 * 60 - 208) * MINUTE)
  expect(wait).toBeLessThan((24 * 60 - 205) * MINUTE)
  // Who asks for the limits is told the same minute, and that of the last part.
  const [window] = (await bed.service.limits.ofSession(from.session, { walletId: from.id, network: 'local-evm' }))
    .windows
  expect(window!.moreAt).toBe(retryAt)
  expect(window!.resetsAt! - retryAt!).toBeGreaterThanOrEqual(7 * 60)
  expect(window!.resetsAt! - retryAt!).toBeLessThanOrEqual(8 * 60)
  time.passed += wait - MINUTE
  expect(await ask()).toBeDefined()
  time.passed += MINUTE
  expect(await ask()).toBeUndefined()
})

test('what waits is judged by the policies of when its turn comes, with what counts by then', async () => {
  const bed = await start({ limits: LIMITS })
  const { pay, service, until: reaches, get, limit, from, rules, to } = bed
  const [strict, free] = [await pay({ amount: '100000' }), await pay({ amount: '100000' })]
  expect((await get(strict)).status).toBe('QUEUED')
  const added = await rules.create({
    ...{ walletId: from.id, type: 'WHITELIST', priority: 0, enabled: true },
    rules: { allowed_addresses: [madeUpKey().address] },
  } as never)
  await service.approve(strict)
  expect(await reaches(strict, 'CANCELLED', 'SUBMITTED')).toBe('CANCELLED')
  expect((await get(strict)).error).toContain(to)
  await rules.remove(added.id)
  // Only the limit is another one than at the request.
  await limit(from.id, { ...LIMITS, daily_limit_usd: 2_000 })
  await service.approve(free)
  expect(await reaches(free, 'CANCELLED', 'SUBMITTED')).toBe('SUBMITTED')
  expect((await bed.row(free))!.policy_version).toBeGreaterThan((await bed.row(strict))!.policy_version)
})

test('a dry run says what sending would do, cost and be decided as, and stores nothing', async () => {
  const bed = await start({ limits: LIMITS })
  const { node, service, from, to } = bed
  const ask = (amount: string, recipient = to) =>
    service.simulate({ type: 'TRANSFER', to: recipient, amount, dryRun: true, walletId: from.id }, from.session)
  expect(await ask('1000')).toMatchObject({
    ...{
      success: true,
      warnings: [],
      amount: '1000',
      humanAmount: '0.001',
      policy: { tier: 'INSTANT', allowed: true },
    },
    fee: { estimatedFee: '20', feeSymbol: 'MUP', feeDecimals: 6, feeUsd: 0.04 },
    balanceChanges: [{ asset: node.native, currentBalance: '100', changeAmount: '-0.00102', afterBalance: '99.99898' }],
  })
  expect((await ask('25000')).warnings).toMatchObject([{ code: 'DELAY_REQUIRED', message: 'it would wait 60 s' }])
  expect((await ask('100000')).warnings).toMatchObject([{ code: 'APPROVAL_REQUIRED', severity: 'info' }])
  expect(await ask('1000000')).toMatchObject({ success: false, policy: { allowed: false } })
  const broke = await ask(String(node.balance(from.address)))
  expect(broke).toMatchObject({ success: false, balanceChanges: [{ afterBalance: '-0.00002' }] })
  expect(broke.warnings).toContainEqual(expect.objectContaining({ code: 'INSUFFICIENT_BALANCE_WITH_FEE' }))
  node.faults.unclear.set(to, 'the node does not know')
  await expect(ask('1')).rejects.toMatchObject({ code: 'CHAIN_ERROR', message: 'the node does not know' })
  node.faults.unclear.clear()
  bed.setPrice(node.native, undefined)
  bed.setPrice(`native:${node.network.id}`, undefined)
  expect(await ask('1000')).toMatchObject({ fee: { feeUsd: null }, policy: { tier: 'APPROVAL' } })
  expect((await ask('1000')).warnings.map(({ code }) => code)).toContain('ORACLE_PRICE_UNAVAILABLE')
  expect(await rows(bed)).toBe(0)
  expect(node.sent).toEqual([])
})

describe('a payment that the wallet does not cover', () => {
  const short = { code: 'INSUFFICIENT_BALANCE', message: expect.stringContaining('MUP are missing') }
  const generous = { limits: { instant_max_usd: 1_000_000, notify_max_usd: 1_000_000 } }

  test('is refused at once, natively and in tokens, and is not stored', async () => {
    const bed = await start(generous)
    const { node, from, pay } = bed
    const all = String(node.balance(from.address))
    await expect(pay({ amount: all })).rejects.toMatchObject(short)
    node.mint(from.address, 5n)
    bed.setPrice(node.token.asset, '1')
    const token = { address: node.token.address }
    await bed.rules.create({
      ...{ walletId: from.id, type: 'ALLOWED_TOKENS', priority: 0, enabled: true },
      rules: { tokens: [token] },
    } as never)
    const tokens = (humanAmount: string) => pay({ type: 'TOKEN_TRANSFER', token, humanAmount })
    await expect(tokens('0.06')).rejects.toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      message: `wallet w ${from.id} has too little: it holds 0.05 MADE and the payment takes 0.06 MADE, so 0.01 MADE are missing`,
    })
    expect(await rows(bed)).toBe(0)
    // What comes in is seen.
    node.fund(from.address)
    await bed.arrived(await pay({ amount: all }))
  })

  test('waits when it waits for a human anyway, and is denied when a policy denies it', async () => {
    const bed = await start({ limits: LIMITS })
    const { from, node, pay, get } = bed
    const poor = await bed.wallet()
    node.faults.unfunded.add(poor.address)
    await bed.limit(poor.id, { ...LIMITS, daily_limit_usd: 300 })
    expect((await get(await pay({ amount: '100000' }, poor))).status).toBe('QUEUED')
    expect((await bed.send(poor, { to: bed.to, amount: '1000000' })).refused?.code).toBe('POLICY_DENIED')
    expect(from.id).not.toBe(poor.id)
  })

  test('is answered as before when it is the repeat of one that was covered', async () => {
    const { node, from, pay, arrived, mined } = await start(generous)
    const half = String(node.balance(from.address) / 2n + 1n)
    const first = await pay({ amount: half, key: 'once' })
    await arrived(first)
    await mined(first, 'CONFIRMED')
    expect(await pay({ amount: half, key: 'once' })).toBe(first)
    await expect(pay({ amount: half, key: 'twice' })).rejects.toMatchObject(short)
  })

  test('is accepted while the node that says so may be behind, or none answers', async () => {
    const { node, from, pay, arrived } = await start()
    node.faults.unfunded.add(from.address)
    const id = await pay()
    node.faults.unfunded.clear()
    await arrived(id)
  })
})
