import type { Failure } from '@waiaas/contract'
import { mintToken } from '@waiaas/localnet'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { add, type Bed, OTHER, permitChain, refused, SPENDER, sign, usd, type Wallet } from '../support/permits.ts'

let chain: Awaited<ReturnType<typeof permitChain>>
beforeAll(async () => {
  chain = await permitChain()
})
afterAll(() => chain?.node.stop())

/** Fees are of some millionths of a dollar here, and what is signed has none. */
const withoutFees = (text: string): string =>
  text.replace(/\d+\.\d{6}/g, (each) => String(Math.round(Number(each) * 10) / 10))

const dollars = fc.constantFrom(1, 3, 8, 20)
const limits = fc
  .tuple(fc.constantFrom(0.5, 5.5, 15.5), fc.constantFrom(6.5, 17.5), fc.constantFrom(4.5, 12.5, 100.5, 100.5))
  .map(([instant, notify, daily]) => {
    const most = Math.max(instant, notify)
    return {
      ...{ instant_max_usd: instant, notify_max_usd: most, delay_max_usd: most + 4, daily_limit_usd: daily },
      ...{ monthly_limit_usd: daily + 2, over_limit: daily > 10 ? 'APPROVAL' : 'DENY' },
    }
  })
const address = fc.constantFrom(SPENDER, OTHER)
const policy = fc.oneof(
  fc
    .record({ address, maxAmount: fc.option(dollars.map(usd), { nil: undefined }) })
    .map(
      ({ address, maxAmount }) =>
        ['APPROVED_SPENDERS', { spenders: [{ address, ...(maxAmount && { maxAmount }) }] }] as const,
    ),
  dollars.map((most) => ['APPROVE_AMOUNT_LIMIT', { maxAmount: usd(most) }] as const),
  fc.constantFrom('NOTIFY', 'DELAY', 'DELAY', 'APPROVAL').map((tier) => ['APPROVE_TIER_OVERRIDE', { tier }] as const),
  address.map((one) => ['WHITELIST', { allowed_addresses: [one] }] as const),
  fc.boolean().map((isIt) => ['ALLOWED_TOKENS', { tokens: [{ address: isIt ? chain.token : OTHER }] }] as const),
  fc.constant(['ALLOWED_NETWORKS', { networks: [{ network: 'local-evm' }] }] as const),
  fc.constantFrom(1, 2).map((most) => ['RATE_LIMIT', { max_requests: most, window_seconds: 3_600 }] as const),
  fc
    .constantFrom([0, 1, 2, 3, 4, 5, 6], [0])
    .map((days) => ['TIME_RESTRICTION', { allowed_hours: { start: 0, end: 24 }, allowed_days: days }] as const),
  fc.constantFrom(1, 5).map((most) => {
    return [
      'SPENDING_LIMIT',
      { token_limits: { [chain.asset]: { instant_max: usd(most), notify_max: usd(9), delay_max: usd(15) } } },
    ] as const
  }),
)
const bounds = fc.record(
  {
    networks: fc.constantFrom(['local-evm'], ['base-mainnet']),
    allowedAddresses: address.map((one) => [one]),
    maxTransactionUsd: fc.constantFrom(2.5, 9.5),
    maxTotalUsd: fc.constantFrom(2.5, 10.5),
  },
  { requiredKeys: [] },
)
const situation = fc.record({
  ...{ limits, amount: dollars, to: address, isPermit: fc.boolean(), policies: fc.array(policy, { maxLength: 3 }) },
  /** What it has let out before, in dollars. */
  before: fc.constantFrom(0, 0, 2),
  bounds: fc.option(bounds, { nil: undefined, freq: 2 }),
  isListed: fc.constantFrom(true, true, true, true, false),
})
type Situation = Parameters<Parameters<typeof situation.map>[0]>[0]

/** A wallet in that situation. */
async function settle(bed: Bed, { limits, before, policies, bounds, isListed }: Situation): Promise<Wallet> {
  const from = await bed.wallet()
  await mintToken(chain.node, chain.token, { to: from.address, amount: 10n ** 9n })
  await bed.limit(from.id, limits)
  if (isListed) {
    await add(bed, from, 'ALLOWED_TOKENS', { tokens: [{ address: chain.token }] })
    await add(bed, from, 'APPROVED_SPENDERS', { spenders: [{ address: SPENDER }, { address: OTHER }] })
    // It may have to wait, and counts then as well.
    if (before > 0) await refused(bed, from, await chain.permit(from, { value: usd(before) }))
  }
  for (const [type, rules] of policies) await add(bed, from, type, rules)
  const constraints = bounds && JSON.stringify(bounds)
  if (constraints)
    await bed.database.work({ exclusive: ['system', `session:${from.session}`] }, (db) =>
      db.query((k) => k.updateTable('sessions').set({ constraints }).where('id', '=', from.session)),
    )
  return from
}

type Decided = { tier: string } | { reasons: string }

async function ifSent(bed: Bed, from: Wallet, { amount, to, isPermit }: Situation): Promise<Decided> {
  const named = { walletId: from.id, token: { address: chain.token }, amount: usd(amount), dryRun: false } as const
  const { policy } = await bed.service.simulate(
    isPermit ? { ...named, type: 'APPROVE', spender: to } : { ...named, type: 'TOKEN_TRANSFER', to },
    from.session,
  )
  return policy.allowed ? { tier: String(policy.tier) } : { reasons: withoutFees(policy.reason!) }
}

async function ifSigned(bed: Bed, from: Wallet, { amount, to, isPermit }: Situation): Promise<Decided> {
  const data = isPermit
    ? await chain.permit(from, { spender: to, value: usd(amount), nonce: 7 })
    : await chain.transferBy(from, to, usd(amount))
  try {
    const { id } = await sign(bed, from, data)
    return { tier: String((await bed.service.get(id, undefined)).tier) }
  } catch (error) {
    const {
      reasons = [],
      tier,
      id,
    } = (error as Failure).details as {
      reasons?: { message: string }[]
      tier?: string
      id?: string
    }
    // What waits has an id already.
    return id === undefined ? { reasons: reasons.map(({ message }) => message).join('; ') } : { tier: String(tier) }
  }
}

test('signed or sent, the same allowance or payment is decided alike, whatever the policies', async () => {
  const { bed } = await chain.world('sqlite', onTestFinished)
  const seen = new Set<string>()
  for (const one of fc.sample(situation, { numRuns: 80, seed: 32 })) {
    const from = await settle(bed, one)
    const sent = await ifSent(bed, from, one)
    expect(await ifSigned(bed, from, one), JSON.stringify(one)).toEqual(sent)
    seen.add('tier' in sent ? sent.tier : 'DENY')
  }
  expect([...seen].sort()).toEqual(['APPROVAL', 'DELAY', 'DENY', 'INSTANT', 'NOTIFY'])
})
