import {
  type Decision,
  type Failure,
  newId,
  operations,
  type PlanRequest,
  type SendRequest,
  TIERS,
} from '@waiaas/contract'
import { mintToken } from '@waiaas/localnet'
import fc from 'fast-check'
import { encodeFunctionData, type Hex, parseAbi, serializeTransaction } from 'viem'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { add, type Bed, OTHER, permitChain, SPENDER, sign, usd, type Wallet } from '../support/permits.ts'

// One thing that leaves a wallet, or may be taken from it, in each form in which it can be asked for: the decision is the same,
// and where it is put together of parts, or said in more words, it is never a milder one.

let chain: Awaited<ReturnType<typeof permitChain>>
beforeAll(async () => {
  chain = await permitChain()
})
afterAll(() => chain?.node.stop())

const abi = parseAbi(['function transfer(address,uint256)', 'function approve(address,uint256)'])
type Name = (typeof abi)[number]['name']
const data = (functionName: Name, ...args: unknown[]): Hex => encodeFunctionData({ abi, functionName, args } as never)

const dollars = fc.constantFrom(2, 6, 8, 20)
const address = fc.constantFrom(SPENDER, OTHER)
const policy = fc.oneof(
  fc
    .record({ address, maxAmount: fc.option(dollars.map(usd), { nil: undefined }) })
    .map(
      ({ address, maxAmount }) =>
        ['APPROVED_SPENDERS', { spenders: [{ address, ...(maxAmount && { maxAmount }) }] }] as const,
    ),
  dollars.map((most) => ['APPROVE_AMOUNT_LIMIT', { maxAmount: usd(most) }] as const),
  fc.constantFrom('NOTIFY', 'DELAY', 'APPROVAL').map((tier) => ['APPROVE_TIER_OVERRIDE', { tier }] as const),
  address.map((one) => ['WHITELIST', { allowed_addresses: [one] }] as const),
  fc.boolean().map((isIt) => ['ALLOWED_TOKENS', { tokens: [{ address: isIt ? chain.token : OTHER }] }] as const),
  fc.constantFrom(1, 5).map((most) => {
    const limit = { instant_max: usd(most), notify_max: usd(9), delay_max: usd(15) }
    return ['SPENDING_LIMIT', { token_limits: { [chain.asset]: limit } }] as const
  }),
)
const situation = fc.record({
  limits: fc
    .tuple(fc.constantFrom(0.5, 5.5, 15.5), fc.constantFrom(6.5, 17.5), fc.constantFrom(12.5, 100.5, 100.5))
    .map(([instant, notify, daily]) => {
      const most = Math.max(instant, notify)
      return { instant_max_usd: instant, notify_max_usd: most, delay_max_usd: most + 4, daily_limit_usd: daily }
    }),
  ...{ amount: dollars, to: address, policies: fc.array(policy, { maxLength: 3 }) },
  isListed: fc.constantFrom(true, true, true, false),
})
type Situation = Parameters<Parameters<typeof situation.map>[0]>[0]

async function settle(bed: Bed, { limits, policies, isListed }: Situation): Promise<Wallet> {
  const from = await bed.wallet()
  // Native currency is next to worthless here, so that fees are nothing.
  await chain.node.fund(from.address, 10n ** 24n)
  await mintToken(chain.node, chain.token, { to: from.address, amount: 10n ** 9n })
  await bed.limit(from.id, limits)
  if (isListed) {
    await add(bed, from, 'ALLOWED_TOKENS', { tokens: [{ address: chain.token }] })
    await add(bed, from, 'APPROVED_SPENDERS', { spenders: [{ address: SPENDER }, { address: OTHER }] })
    await add(bed, from, 'CONTRACT_WHITELIST', { contracts: [{ address: chain.token }] })
  }
  for (const [type, rules] of policies) await add(bed, from, type, rules)
  return from
}

/** What was decided: how strictly, and for which reasons. */
type Decided = { readonly level: string; readonly codes: readonly string[] }
const decided = ({ outcome, tier, reasons }: Pick<Decision, 'outcome' | 'tier' | 'reasons'>): Decided => ({
  level: outcome === 'DENY' ? 'DENY' : tier,
  codes: [...new Set(reasons.map(({ code }) => code))].sort(),
})
const rank = ({ level }: Decided): number => [...TIERS, 'DENY'].indexOf(level)

/** What is refused, and what waits, tell their decision alike. */
async function told(bed: Bed, signing: Promise<{ id: string }>): Promise<Decided> {
  const id = await signing.then(
    (signed) => signed.id,
    (error: Failure) => {
      const { id, transactionId = id } = (error.details ?? {}) as { id?: string; transactionId?: string }
      if (transactionId === undefined) throw error
      return transactionId
    },
  )
  return decided((await bed.service.get(id, undefined)).decision!)
}

const asked = (bed: Bed, from: Wallet) => ({
  async request(request: Partial<SendRequest>): Promise<Decided> {
    const input = { ...request, dryRun: true, walletId: from.id } as SendRequest
    return decided((await bed.service.simulate(input, from.session)).decision!)
  },
  async plan(...steps: NonNullable<PlanRequest['steps']>): Promise<Decided> {
    const input = operations.sendPlan.input.parse({ walletId: from.id, steps })
    return decided((await bed.service.plans.simulate(input, from.session)).decision)
  },
  signature: (typed: Parameters<typeof sign>[2]) => told(bed, sign(bed, from, typed)),
  /** Signed for its caller to send, by another wallet in the same situation: it takes a place among its transactions. */
  async given(other: Wallet, tx: { to: string; value?: bigint; data?: Hex }): Promise<Decided> {
    const price = BigInt((await chain.node.rpc('eth_gasPrice', [])) as Hex)
    const fees = { gas: 100_000n, maxFeePerGas: price * 2n, maxPriorityFeePerGas: 1n }
    const transaction = serializeTransaction({
      ...{ type: 'eip1559', chainId: 31_337, nonce: 0, ...fees },
      ...{ ...tx, to: tx.to as Hex },
    })
    const by = { sessionId: other.session, peer: '127.0.0.1', key: newId(), onDelivered: () => undefined }
    return told(bed, bed.service.signTransaction({ transaction, walletId: other.id }, by))
  },
})

type Forms = {
  readonly same: readonly [string, () => Promise<Decided>][]
  readonly more: readonly [string, () => Promise<Decided>][]
}
const NATIVE = 10n ** 20n

/** The same payment or allowance, in forms that say just that, and in others that say it in parts or with more beside. */
const effects: Readonly<Record<string, (bed: Bed, from: Wallet, of: Situation) => Forms>> = {
  'a payment of native currency': (bed, from, one) => {
    const { amount, to } = one
    const ask = asked(bed, from)
    // A cent each.
    const value = BigInt(amount) * NATIVE
    const part = { to, value: String(value / 2n) }
    return {
      same: [
        ['a request', () => ask.request({ type: 'TRANSFER', to, amount: String(value) })],
        ['a plan', () => ask.plan({ to, value: String(value) })],
        ['a transaction to sign', async () => ask.given(await settle(bed, one), { to, value })],
      ],
      more: [['a plan of two halves', () => ask.plan(part, part)]],
    }
  },
  'a payment of tokens': (bed, from, one) => {
    const { amount, to } = one
    const ask = asked(bed, from)
    const [whole, half] = [usd(amount), usd(amount / 2)].map((each) => data('transfer', to, BigInt(each)))
    const token = chain.token
    return {
      same: [
        [
          'a request',
          () => ask.request({ type: 'TOKEN_TRANSFER', to, amount: usd(amount), token: { address: token } }),
        ],
        ['a call', () => ask.request({ type: 'CONTRACT_CALL', to: token, calldata: whole! })],
        ['a plan', () => ask.plan({ to: token, data: whole! })],
        ['a transaction to sign', async () => ask.given(await settle(bed, one), { to: token, data: whole! })],
        ['a signature', async () => ask.signature(await chain.transferBy(from, to, usd(amount)))],
      ],
      more: [['a plan of two halves', () => ask.plan({ to: token, data: half! }, { to: token, data: half! })]],
    }
  },
  'an allowance': (bed, from, one) => {
    const { amount, to } = one
    const ask = asked(bed, from)
    const token = chain.token
    const whole = data('approve', to, BigInt(usd(amount)))
    const half = data('approve', to, BigInt(usd(amount / 2)))
    return {
      same: [
        [
          'a request',
          () =>
            ask.request({ type: 'APPROVE', to, spender: to, amount: usd(amount), token: { address: token } } as never),
        ],
        ['a call', () => ask.request({ type: 'CONTRACT_CALL', to: token, calldata: whole })],
        ['a plan', () => ask.plan({ to: token, data: whole })],
        ['a transaction to sign', async () => ask.given(await settle(bed, one), { to: token, data: whole })],
        [
          'a signature',
          async () => ask.signature(await chain.permit(from, { spender: to, value: usd(amount), nonce: 7 })),
        ],
      ],
      more: [
        [
          'a plan of half of it, and then the whole',
          () => ask.plan({ to: token, data: half }, { to: token, data: whole }),
        ],
        ['a plan of the whole, twice', () => ask.plan({ to: token, data: whole }, { to: token, data: whole })],
      ],
    }
  },
}

test.each(Object.keys(effects))('%s is decided alike in whatever form it is asked for', async (what) => {
  const { bed } = await chain.world('sqlite', onTestFinished)
  const seen = new Set<string>()
  for (const one of fc.sample(situation, { numRuns: 40, seed: 37 })) {
    const from = await settle(bed, one)
    const { same, more } = effects[what]!(bed, from, one)
    const [[, first], ...others] = same as [Forms['same'][number], ...Forms['same']]
    const expected = await first()
    seen.add(expected.level)
    for (const [form, decide] of others) expect([form, await decide()], JSON.stringify(one)).toEqual([form, expected])
    for (const [form, decide] of more)
      expect(rank(await decide()), `${form} ${JSON.stringify(one)}`).toBeGreaterThanOrEqual(rank(expected))
  }
  expect([...seen].sort()).toEqual(['APPROVAL', 'DELAY', 'DENY', 'INSTANT', 'NOTIFY'])
})
