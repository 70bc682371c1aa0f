import { Decision, defaultSettings, type Effect, NO_TOGGLES, toBase, togglesOf, toUsd } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import {
  BOB,
  ETH,
  ETHER,
  EVE,
  effects,
  judge,
  NOON,
  network,
  ODD,
  open,
  outflow,
  row,
  spent,
  spentToday,
  USDC,
  USDC_ADDRESS,
  unsound,
  verdict,
} from '../../test/policies/samples.ts'
import { compilePolicies, type EvaluateInput } from './evaluate.ts'

const usdc = (amount: bigint, to?: string) => ({ effects: effects([outflow(USDC, amount, to)]) })
const eth = (amount: bigint, fee = 0n) => ({ effects: effects([outflow(ETH, amount)], fee) })
const odd = (amount: bigint) => ({ effects: effects([outflow(ODD, amount)]) })
const spending = (rules: object) => row('SPENDING_LIMIT', rules)

describe('without a policy that allows it, nothing leaves', () => {
  test('an empty set of policies refuses native, token and empty requests', () => {
    expect(verdict([])).toBe('DENY:SPENDING_LIMIT_MISSING')
    expect(verdict([], usdc(1n))).toBe('DENY:SPENDING_LIMIT_MISSING')
    expect(verdict([], { effects: effects([]) })).toBe('DENY:SPENDING_LIMIT_MISSING')
  })
  test('a token needs ALLOWED_TOKENS while the toggle says so', () => {
    const toggles = togglesOf(defaultSettings())
    const list = row('ALLOWED_TOKENS', { tokens: [{ address: USDC_ADDRESS }] })
    expect(verdict([open()], { ...usdc(1n), toggles })).toBe('DENY:TOKEN_NOT_ALLOWED')
    expect(verdict([open(), list], { ...usdc(1n), toggles })).toBe('INSTANT')
    expect(verdict([open()], { ...usdc(1n) })).toBe('INSTANT')
  })
  test.each([
    ['another wallet', { walletId: 'wallet-2' }, 'DENY:SPENDING_LIMIT_MISSING'],
    ['another network', { network: 'base-sepolia' }, 'DENY:SPENDING_LIMIT_MISSING'],
    ['every wallet', { walletId: null }, 'INSTANT'],
    ['the network by its CAIP-2 name', { network: 'eip155:11155111' }, 'INSTANT'],
    ['nobody, being off', { enabled: false }, 'DENY:SPENDING_LIMIT_MISSING'],
  ])('a SPENDING_LIMIT for %s', (_, more, expected) => {
    expect(verdict([{ ...open(), ...more }])).toBe(expected)
  })
  test.each([
    ['a threshold', 'SPENDING_TIER', [spending({ instant_max_usd: 1, notify_max_usd: 1e9 })], eth(ETHER)],
    [
      'a token that no limit covers',
      'NO_MATCHING_LIMIT',
      [spending({ token_limits: { [USDC]: { instant_max: '1', notify_max: '2', delay_max: '3' } } })],
      odd(1n),
    ],
    [
      'an effect that is not understood',
      'UNKNOWN_EFFECT',
      [open()],
      { effects: effects([{ kind: 'unknown', description: 'opaque' }]) },
    ],
  ] as const)('the reason names %s', (_, code, policies, more) => {
    expect(judge(policies, more).decision.reasons.map((reason) => reason.code)).toContain(code)
  })
  test('an effect that nobody understands goes to a human', () => {
    const unknown = { kind: 'unknown', description: 'opaque' } as const
    expect(verdict([open()], { effects: effects([outflow(ETH, 1n), unknown]) })).toBe('APPROVAL')
  })
  test.each([
    ['rules that are not JSON', 'SPENDING_LIMIT', '{'],
    ['rules of a wrong shape', 'WHITELIST', { allowed_addresses: [] }],
    ['a field that this release does not know', 'RATE_LIMIT', { max_requests: 1, window_seconds: 1, burst: 2 }],
    ['a type that this release does not know', 'MOON_PHASE', { phases: ['full'] }],
  ])('%s refuse whatever they apply to', (_, type, rules) => {
    expect(verdict([open(), row(type, rules)])).toBe('DENY:POLICY_RULES_CORRUPT')
    expect(verdict([open(), row(type, rules, { walletId: 'wallet-2' })])).toBe('INSTANT')
  })
  test('effects that cannot be read, or of another network, are refused', () => {
    const broken = { kind: 'outflow', asset: ETH, amount: '-', to: BOB } as const
    expect(verdict([open()], { effects: effects([broken]) })).toBe('DENY:POLICY_RULES_CORRUPT')
    expect(verdict([open()], { effects: { ...effects([]), network: 'solana-devnet' } })).toBe(
      'DENY:POLICY_RULES_CORRUPT',
    )
  })
})

describe('approvals', () => {
  const approve = (amount: bigint, more: Partial<Effect & { kind: 'approval' }> = {}): Effect => ({
    ...{ kind: 'approval', asset: USDC, amount: String(amount), spender: EVE, unlimited: false },
    ...more,
  })
  const of = (...list: Effect[]) => ({ effects: effects(list) })
  const spender = (maxAmount?: string) => row('APPROVED_SPENDERS', { spenders: [{ address: EVE, maxAmount }] })
  const operator: Effect = { kind: 'operator', contract: BOB, operator: EVE, isGranted: true }
  const anyAmount = row('APPROVE_AMOUNT_LIMIT', { blockUnlimited: false })
  const toggles = { ...togglesOf(defaultSettings()), denyTokens: false, denySpenders: false }

  test('are refused unless a list has the spender, or the operator has said that no list is needed', () => {
    expect(verdict([open()], of(approve(5n)))).toBe('DENY:APPROVE_DISABLED')
    expect(verdict([open()], { ...of(approve(5n)), toggles })).toBe('INSTANT')
    expect(verdict([open(), spender()], of(approve(5n)))).toBe('INSTANT')
    expect(verdict([open(), spender()], of(approve(5n, { spender: BOB })))).toBe('DENY:SPENDER_NOT_APPROVED')
  })

  test('stay below the amount of their spender, and of every approval', () => {
    expect(verdict([open(), spender('5')], of(approve(5n)))).toBe('INSTANT')
    expect(verdict([open(), spender('5')], of(approve(6n)))).toBe('DENY:APPROVE_AMOUNT_EXCEEDED')
    const twice = row('APPROVED_SPENDERS', { spenders: [{ address: EVE, maxAmount: '5' }, { address: EVE }] })
    expect(verdict([open(), twice], of(approve(6n)))).toBe('DENY:APPROVE_AMOUNT_EXCEEDED')
    const nothing = row('APPROVED_SPENDERS', { spenders: [{ address: EVE, maxAmount: '0' }, { address: EVE }] })
    expect(verdict([open(), nothing], of(approve(1n)))).toBe('DENY:APPROVE_AMOUNT_EXCEEDED')
    const limit = row('APPROVE_AMOUNT_LIMIT', { maxAmount: '5' })
    expect(verdict([open(), spender(), limit], of(approve(5n)))).toBe('INSTANT')
    expect(verdict([open(), spender(), limit], of(approve(6n)))).toBe('DENY:APPROVE_AMOUNT_EXCEEDED')
  })

  test('of one token to one spender count together, however many a transaction has', () => {
    const limit = row('APPROVE_AMOUNT_LIMIT', { maxAmount: '5' })
    for (const list of [[spender('5')], [spender(), limit]]) {
      expect(verdict([open(), ...list], of(approve(2n), approve(3n)))).toBe('INSTANT')
      expect(
        verdict([open(), ...list], of(approve(3n), approve(3n, { spender: EVE.toUpperCase().replace('X', 'x') }))),
      ).toBe('DENY:APPROVE_AMOUNT_EXCEEDED')
    }
  })

  test('without a limit are refused, and a human decides where the operator lets them be asked for', () => {
    for (const effect of [approve(2n ** 256n - 1n, { unlimited: true }), operator]) {
      expect(verdict([open(), spender()], of(effect))).toBe('DENY:UNLIMITED_APPROVE_BLOCKED')
      expect(verdict([open(), spender(), anyAmount], of(effect))).toBe('APPROVAL')
      expect(verdict([open(), spender('5'), anyAmount], of(effect))).toBe('DENY:APPROVE_AMOUNT_EXCEEDED')
      const strict = row('APPROVE_AMOUNT_LIMIT', {})
      expect(verdict([open(), spender(), anyAmount, strict], of(effect))).toBe('DENY:UNLIMITED_APPROVE_BLOCKED')
    }
    expect(verdict([open()], of({ ...operator, isGranted: false }))).toBe('INSTANT')
  })

  test('count at their amount, like a payment to the spender', () => {
    const limit = row('SPENDING_LIMIT', {
      instant_max_usd: 5,
      notify_max_usd: 50,
      delay_max_usd: 50,
      daily_limit_usd: 60,
    })
    expect(verdict([limit, spender()], of(approve(5_000_000n)))).toBe('INSTANT')
    expect(verdict([limit, spender()], of(approve(5_000_001n)))).toBe('NOTIFY')
    expect(verdict([limit, spender()], of(approve(61_000_000n)))).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
    const endless = approve(2n ** 256n - 1n, { unlimited: true })
    expect(verdict([limit, spender(), anyAmount], of(endless))).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
    expect(verdict([open(), spender(), row('WHITELIST', { allowed_addresses: [BOB] })], of(approve(5n)))).toBe(
      'DENY:WHITELIST_DENIED',
    )
    expect(verdict([open(), spender()], { ...of(approve(5n, { asset: ODD })) })).toBe('APPROVAL')
  })

  test('have the tier that a policy gives them, where no other is stricter', () => {
    const override = (tier: string) => row('APPROVE_TIER_OVERRIDE', { tier })
    for (const tier of ['INSTANT', 'NOTIFY', 'DELAY', 'APPROVAL'])
      expect(verdict([open(), spender(), override(tier)], of(approve(5n)))).toBe(tier)
    const low = row('SPENDING_LIMIT', { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 })
    expect(verdict([low, spender(), override('INSTANT')], of(approve(5n)))).toBe('APPROVAL')
    expect(verdict([open(), override('APPROVAL')])).toBe('INSTANT')
    const named = judge([open(), spender(), override('NOTIFY')], of(approve(5n))).decision.reasons
    expect(named).toMatchObject([{ code: 'APPROVE_TIER', observed: EVE }])
    // It has no delay of its own, so that of the settings holds.
    expect(judge([open(), spender(), override('DELAY')], of(approve(5n))).decision).not.toHaveProperty('delaySeconds')
  })

  test('of nothing take one away, unless it may be the NFT with the number 0', () => {
    expect(verdict([open()], of(approve(0n)))).toBe('INSTANT')
    const nft = 'eip155:11155111/erc20:0x00000000000000000000000000000000000000ff'
    expect(verdict([open()], of(approve(0n, { asset: nft })))).toBe('DENY:APPROVE_DISABLED')
  })
})

describe('calls of contracts', () => {
  const call = (contract: string, selector: string | null = '0x12345678', value = 0n): Effect => ({
    kind: 'call',
    contract,
    selector,
    value: String(value),
  })
  const contracts = (...list: { address: string; chain?: string }[]) => row('CONTRACT_WHITELIST', { contracts: list })
  const methods = (contractAddress: string, ...selectors: string[]) =>
    row('METHOD_WHITELIST', { methods: [{ contractAddress, selectors }] })
  const of = (...list: Effect[]) => ({ effects: effects(list) })
  const toggles = { ...togglesOf(defaultSettings()), denyTokens: false, denyContracts: false }

  test('are refused unless a list has the contract, or the operator has said that no list is needed', () => {
    expect(verdict([open()], of(call(EVE)))).toBe('DENY:CONTRACT_CALL_DISABLED')
    expect(verdict([open()], { ...of(call(EVE)), toggles })).toBe('INSTANT')
    expect(verdict([open(), contracts({ address: EVE })], of(call(EVE)))).toBe('INSTANT')
    expect(verdict([open(), contracts({ address: BOB })], { ...of(call(EVE)), toggles })).toBe(
      'DENY:CONTRACT_NOT_WHITELISTED',
    )
    expect(verdict([open(), contracts({ address: EVE, chain: 'solana' })], of(call(EVE)))).toBe(
      'DENY:CONTRACT_NOT_WHITELISTED',
    )
    expect(verdict([open(), contracts({ address: EVE, chain: 'ethereum' })], of(call(EVE)))).toBe('INSTANT')
    expect(verdict([open(), contracts({ address: EVE, chain: 'ethereum-sepolia' })], of(call(EVE)))).toBe('INSTANT')
    expect(verdict([open(), contracts({ address: EVE, chain: 'base-mainnet' })], of(call(EVE)))).toBe(
      'DENY:CONTRACT_NOT_WHITELISTED',
    )
  })

  test('are judged one by one, each by every list', () => {
    const both = [contracts({ address: EVE }, { address: BOB }), contracts({ address: EVE })]
    expect(verdict([open(), both[0]!], of(call(EVE), call(BOB)))).toBe('INSTANT')
    expect(verdict([open(), ...both], of(call(EVE), call(BOB)))).toBe('DENY:CONTRACT_NOT_WHITELISTED')
  })

  test('pay their contract the value that they carry', () => {
    const limit = row('SPENDING_LIMIT', { instant_max_usd: 100, notify_max_usd: 200, delay_max_usd: 300 })
    expect(verdict([limit, contracts({ address: EVE })], of(call(EVE, null, ETHER / 20n)))).toBe('INSTANT')
    expect(verdict([limit, contracts({ address: EVE })], of(call(EVE, null, ETHER / 20n + 1n)))).toBe('NOTIFY')
    const only = row('WHITELIST', { allowed_addresses: [BOB] })
    expect(verdict([limit, only, contracts({ address: EVE })], of(call(EVE, null, 1n)))).toBe('DENY:WHITELIST_DENIED')
  })

  test('may be bound to functions, by their four bytes or their signatures, of the contracts that a list names', () => {
    const whitelist = contracts({ address: EVE }, { address: BOB })
    const bound = (...selectors: string[]) => [open(), whitelist, methods(EVE, ...selectors)]
    expect(verdict(bound('0x12345678'), of(call(EVE)))).toBe('INSTANT')
    expect(verdict(bound('0x12345679'), of(call(EVE)))).toBe('DENY:METHOD_NOT_WHITELISTED')
    expect(verdict(bound('0x12345679'), of(call(BOB)))).toBe('INSTANT')
    expect(verdict(bound('0x12345678'), of(call(EVE, null)))).toBe('DENY:METHOD_NOT_WHITELISTED')
    expect(verdict(bound('transfer(address,uint256)'), of(call(EVE, '0xa9059cbb')))).toBe('INSTANT')
    expect(verdict(bound('0xA9059CBB'), of(call(EVE, '0xa9059cbb')))).toBe('INSTANT')
    // What a function that holds calls would do beside it.
    expect(verdict(bound('0xac9650d8'), of(call(EVE, '0xac9650d8'), call(EVE)))).toBe('DENY:METHOD_NOT_WHITELISTED')
  })

  test('and what nobody here can read of new code, or of a kind to come, waits or is refused', () => {
    const codes = (list: Effect[]) =>
      judge([open(), contracts({ address: EVE })], of(...list)).decision.reasons.map(({ code }) => code)
    expect(codes([{ kind: 'deploy', codeHash: '0x12', value: '0' }])).toEqual(['CODE_DEPLOYED'])
    expect(codes([{ kind: 'nft', contract: EVE, tokenId: '7', amount: '1', to: BOB }])).toEqual(['NFT_LEAVES'])
    expect(codes([{ kind: 'newer' } as unknown as Effect])).toEqual(['UNSUPPORTED_EFFECT'])
    const paid: Effect = { kind: 'deploy', codeHash: '0x12', value: String(ETHER) }
    const limit = row('SPENDING_LIMIT', { daily_limit_usd: 1_000 })
    expect(verdict([limit], of(paid))).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
  })

  test('and an NFT that leaves waits for a human', () => {
    const nft: Effect = { kind: 'nft', contract: EVE, tokenId: '7', amount: '1', to: BOB }
    expect(verdict([open(), contracts({ address: EVE })], of(call(EVE), nft))).toBe('APPROVAL')
    const only = row('WHITELIST', { allowed_addresses: [EVE] })
    expect(verdict([open(), only, contracts({ address: EVE })], of(call(EVE), nft))).toBe('DENY:WHITELIST_DENIED')
  })
})

describe('SPENDING_LIMIT thresholds', () => {
  const raw = { instant_max: '10', notify_max: '20', delay_max: '30' }
  const usd = { instant_max_usd: 100, notify_max_usd: 500, delay_max_usd: '2000' }
  const token = { token_limits: { [USDC]: { instant_max: '1', notify_max: '2.5', delay_max: '3' } } }
  test.each([
    [raw, eth(10n), 'INSTANT'],
    [raw, eth(11n), 'NOTIFY'],
    [raw, eth(20n), 'NOTIFY'],
    [raw, eth(21n), 'DELAY'],
    [raw, eth(30n), 'DELAY'],
    [raw, eth(31n), 'APPROVAL'],
    [usd, usdc(100_000_000n), 'INSTANT'],
    [usd, usdc(100_000_001n), 'NOTIFY'],
    [usd, usdc(500_000_000n), 'NOTIFY'],
    [usd, usdc(500_000_001n), 'DELAY'],
    [usd, usdc(2_000_000_000n), 'DELAY'],
    [usd, usdc(2_000_000_001n), 'APPROVAL'],
    [usd, eth(ETHER / 20n), 'INSTANT'],
    [usd, eth(ETHER / 20n + 1n), 'NOTIFY'],
    [token, usdc(1_000_000n), 'INSTANT'],
    [token, usdc(1_000_001n), 'NOTIFY'],
    [token, usdc(2_500_000n), 'NOTIFY'],
    [token, usdc(2_500_001n), 'DELAY'],
    [token, usdc(3_000_001n), 'APPROVAL'],
    [{ instant_max: '10' }, eth(11n), 'APPROVAL'],
    [{ delay_max: '10' }, eth(10n), 'DELAY'],
    [{ instant_max_usd: 1, delay_max_usd: 3 }, usdc(2_000_000n), 'DELAY'],
    [{ notify_max_usd: 1 }, usdc(1n), 'NOTIFY'],
    [{ instant_max: '10', instant_max_usd: 0 }, eth(1n), 'APPROVAL'],
    [{ daily_limit_usd: 5 }, usdc(5_000_000n), 'INSTANT'],
  ])('%j judges %j as %s', (rules, more, expected) => {
    expect(verdict([spending(rules)], more)).toBe(expected)
  })
  test.each([
    ['native', '0.5', 'INSTANT'],
    ['native:ethereum', '0.5', 'INSTANT'],
    ['native:solana', '0.5', 'APPROVAL'],
    [ETH, '0.5', 'INSTANT'],
    ['native', '0.499999999999999999', 'APPROVAL'],
    ['native', '0.4999999999999999999', 'APPROVAL'],
  ])('token limits under %s of %s make half an ether %s', (key, most, expected) => {
    const limit = { instant_max: most, notify_max: most, delay_max: most }
    expect(verdict([spending({ token_limits: { [key]: limit } })], eth(ETHER / 2n))).toBe(expected)
  })
  test('token limits are matched by the asset whatever the case of the address', () => {
    const key = USDC.replace(/0x.*/, USDC_ADDRESS)
    const limit = { instant_max: '1', notify_max: '1', delay_max: '1' }
    expect(verdict([spending({ token_limits: { [key]: limit } })], usdc(1_000_000n))).toBe('INSTANT')
    expect(verdict([spending({ token_limits: { [key]: limit } })], usdc(1_000_001n))).toBe('APPROVAL')
  })
  test('native-only limits hold a token to the same value, and without a price ask a human', () => {
    const limits = [spending({ instant_max: String(ETHER), notify_max: String(ETHER), delay_max: String(ETHER) })]
    expect(verdict(limits, usdc(2_000_000_000n))).toBe('INSTANT')
    expect(verdict(limits, usdc(2_000_000_001n))).toBe('APPROVAL')
    expect(verdict(limits, odd(1n))).toBe('APPROVAL')
    expect(verdict(limits, { ...eth(ETHER), prices: {} })).toBe('INSTANT')
  })
  test('several outflows count together, per asset and in USD', () => {
    const two = { effects: effects([outflow(ETH, 6n), outflow(ETH, 6n, EVE)]) }
    expect(verdict([spending(raw)], two)).toBe('NOTIFY')
    const mixed = { effects: effects([outflow(USDC, 60_000_000n), outflow(ETH, ETHER / 40n)]) }
    expect(verdict([spending(usd)], mixed)).toBe('NOTIFY')
  })
  test('without a price, USD limits ask a human and the amount is held in its own unit', () => {
    const { decision, reserve } = judge([spending(usd)], odd(5n))
    expect(decision).toMatchObject({ outcome: 'ALLOW', tier: 'APPROVAL', usd: null })
    expect(decision.reasons).toMatchObject([{ code: 'PRICE_UNAVAILABLE' }])
    expect(reserve).toEqual([{ part: 'value', asset: ODD, amount: 5n, usd: null }])
  })
  test('without a price, what a human would decide is refused where the settings say so, and says what helps', () => {
    const denied = { toggles: { ...NO_TOGGLES, denyUnpriced: true } }
    const { decision, reserve } = judge([spending(usd)], { ...odd(5n), ...denied })
    expect(decision).toMatchObject({ outcome: 'DENY', reasons: [{ code: 'PRICE_UNAVAILABLE' }] })
    expect(decision.suggestion?.message).toMatch(/^Refused: no trustworthy price of .* passes once there is a price/)
    expect(reserve).toEqual([])
    // An approval of before the setting lets nothing out.
    const approved = { context: { approval: { usdShown: null } } }
    expect(judge([spending(usd)], { ...odd(5n), ...denied, ...approved }).mayRun).toBe(false)
    // What is limited in units of its own needs no price.
    const own = { token_limits: { [ODD]: { instant_max: '9', notify_max: '9', delay_max: '9' } } }
    expect(verdict([spending(raw)], { ...eth(5n), prices: {}, ...denied })).toBe(verdict([spending(raw)], eth(5n)))
    expect(judge([spending(own)], { ...odd(5n), ...denied }).decision.reasons.map(({ code }) => code)).not.toContain(
      'PRICE_UNAVAILABLE',
    )
  })
  test.each([
    ['of nothing', 0n, 18],
    ['for other decimals', 2_000_000_000n, 9],
  ])('a price %s is no price', (_, usdMicros, decimals) => {
    const prices = { [ETH]: unsound(usdMicros, decimals) }
    expect(verdict([spending(usd)], { ...eth(1n), prices })).toBe('APPROVAL')
  })
  test('the longest delay and the shortest time to approve win', () => {
    const delays = [60, 900].map((delay_seconds) => spending({ delay_max_usd: 1e6, delay_seconds }))
    expect(judge(delays).decision).toMatchObject({ tier: 'DELAY', delaySeconds: 900 })
    // An approval of tokens with a tier of its own, which says nothing of how long.
    const approving = {
      effects: effects([{ kind: 'approval', asset: USDC, amount: '5', spender: EVE, unlimited: false }]),
      toggles: { ...togglesOf(defaultSettings()), denyTokens: false, denySpenders: false },
    }
    const usual = row('APPROVE_TIER_OVERRIDE', { tier: 'DELAY' })
    const of = (...some: typeof delays) => judge(some, { ...approving, usualDelay: 300 }).decision
    expect(of(delays[0]!, usual)).toMatchObject({ tier: 'DELAY', delaySeconds: 300, inputs: { usualDelay: 300 } })
    expect(of(delays[1]!, usual)).toMatchObject({ tier: 'DELAY', delaySeconds: 900 })
    expect(of(open(), usual)).not.toHaveProperty('delaySeconds')
    const asks = [60, 30].map((approval_timeout) => spending({ instant_max_usd: 0, approval_timeout }))
    expect(judge(asks).decision).toMatchObject({ tier: 'APPROVAL', approvalTimeoutSeconds: 30 })
  })
})

describe('amounts that are none', () => {
  const raw = spending({
    instant_max: '1000',
    token_limits: { [ODD]: { instant_max: '9', notify_max: '9', delay_max: '9' } },
  })
  test.each(['-5', '', ' 5', '0x5', '5.0', '1e1'])('"%s" is refused, whatever it is of', (amount) => {
    const bad = { kind: 'outflow', asset: ETH, amount, to: BOB } as const
    const rent = { kind: 'account-creation', owner: BOB, asset: USDC, rent: amount } as const
    const all = [effects([bad]), effects([outflow(ETH, 900n), bad]), effects([{ ...bad, asset: ODD }]), effects([rent])]
    for (const one of [...all, { ...effects([]), fee: { asset: ETH, max: amount } }])
      expect(verdict([raw], { effects: one, prices: {} })).toBe('DENY:POLICY_RULES_CORRUPT')
  })
})

describe('SPENDING_LIMIT windows', () => {
  const daily = spending({ daily_limit_usd: 500 })
  test('a spend may fill the day exactly, fee included, and not a micro-dollar more', () => {
    const fee = ETHER / 2_000n // 1 USD
    const most = { spent: spentToday(399_000_000n) }
    expect(verdict([daily], { effects: effects([outflow(USDC, 100_000_000n)], fee), ...most })).toBe('INSTANT')
    expect(verdict([daily], { effects: effects([outflow(USDC, 100_000_001n)], fee), ...most })).toBe(
      'DENY:SPENDING_LIMIT_EXCEEDED',
    )
  })
  test('a refusal says what fits now and when the request passes by itself', () => {
    const final = [
      { until: NOON + 60_000, usd: toUsd(100_000_000n) },
      { until: NOON + 120_000, usd: toUsd(200_000_000n) },
    ]
    const fee = ETHER / 2_000n
    const more = { effects: effects([outflow(USDC, 450_000_000n)], fee), spent: spentToday(300_000_000n, final) }
    const { decision } = judge([daily], more)
    expect(decision.headroom).toMatchObject({ asset: USDC, usd: 199, amount: '199000000' })
    expect(decision.suggestion).toMatchObject({
      retryAt: (NOON + 120_000) / 1000,
      amount: '199000000',
      approver: 'operator',
    })
    const exact = judge([daily], { ...more, effects: effects([outflow(USDC, 299_000_000n)], fee) }).decision
    expect(exact.reasons).toMatchObject([{ retryAt: (NOON + 60_000) / 1000 }])
    expect(verdict([daily], { ...more, effects: effects([outflow(USDC, 199_000_000n)], fee) })).toBe('INSTANT')
    expect(verdict([daily], { ...more, effects: effects([outflow(USDC, 199_000_001n)], fee) })).toMatch('DENY')
  })
  test('what never fits has no time at which it passes', () => {
    const { decision } = judge([daily], usdc(501_000_000n))
    expect(decision.reasons[0]?.retryAt).toBeUndefined()
    expect(decision.suggestion?.retryAt).toBeUndefined()
  })
  test('the month counts beside the day', () => {
    const spentMost = { ...spentToday(0n), month: spent(900_000_000n) }
    expect(verdict([spending({ monthly_limit_usd: 1000 })], { ...usdc(100_000_000n), spent: spentMost })).toBe(
      'INSTANT',
    )
    expect(verdict([spending({ monthly_limit_usd: 1000 })], { ...usdc(100_000_001n), spent: spentMost })).toMatch(
      'DENY',
    )
  })
  test('over_limit APPROVAL asks a human instead', () => {
    const asks = spending({ daily_limit_usd: 500, over_limit: 'APPROVAL' })
    expect(verdict([asks], usdc(501_000_000n))).toBe('APPROVAL')
    expect(verdict([asks, daily], usdc(501_000_000n))).toBe('DENY:SPENDING_LIMIT_EXCEEDED')
  })
  test('deposits for new accounts count', () => {
    const rent = { kind: 'account-creation', owner: BOB, asset: USDC, rent: String(ETHER / 2_000n) } as const
    const more = { effects: effects([outflow(USDC, 499_000_000n), rent]) }
    expect(verdict([daily], more)).toBe('INSTANT')
    expect(verdict([daily], { ...more, spent: spentToday(1n) })).toMatch('DENY')
  })
  test('a policy of one network counts what was spent there', () => {
    const here = row('SPENDING_LIMIT', { daily_limit_usd: 500 }, { network: network.id })
    const elsewhere = { ...spentToday(500_000_000n), networks: { [network.id]: { day: spent(0n), month: spent(0n) } } }
    expect(verdict([here], { ...usdc(1n), spent: elsewhere })).toBe('INSTANT')
    expect(verdict([daily], { ...usdc(1n), spent: elsewhere })).toMatch('DENY')
    expect(verdict([here], { ...usdc(1n), spent: spentToday(500_000_000n) })).toMatch('DENY')
  })
})

describe('lists', () => {
  test('WHITELIST lets only listed recipients receive, EVM in any case', () => {
    const list = row('WHITELIST', { allowed_addresses: [BOB.toUpperCase().replace('0X', '0x')] })
    expect(verdict([open(), list])).toBe('INSTANT')
    expect(verdict([open(), list], usdc(1n, EVE))).toBe('DENY:WHITELIST_DENIED')
    const rent = { kind: 'account-creation', owner: EVE, asset: USDC, rent: '1' } as const
    expect(verdict([open(), list], { effects: effects([outflow(ETH, 1n), rent]) })).toBe('DENY:WHITELIST_DENIED')
  })
  test('what an account pays to itself, which is nothing, has no recipient', () => {
    const list = row('WHITELIST', { allowed_addresses: [BOB] })
    const { sender } = effects([])
    const and = (amount: bigint) => ({ effects: effects([outflow(ETH, 1n), outflow(ETH, amount, sender)]) })
    expect(verdict([open(), list], and(0n))).toBe('INSTANT')
    expect(verdict([open(), list], and(1n))).toBe('DENY:WHITELIST_DENIED')
    expect(verdict([open(), list], { effects: effects([outflow(ETH, 0n, EVE)]) })).toBe('DENY:WHITELIST_DENIED')
  })
  test('who looks like somebody that was paid waits for a human, and no smaller amount helps', () => {
    const lookalikes = { [BOB]: EVE }
    const judgement = judge([open()], { lookalikes })
    expect(judgement.decision).toMatchObject({
      outcome: 'ALLOW',
      tier: 'APPROVAL',
      reasons: [{ code: 'RECIPIENT_LOOKALIKE', observed: BOB, allowed: EVE }],
      suggestion: {
        message: `It waits until the operator approves it: ${BOB} begins and ends like ${EVE}, which this wallet has paid, and is another address; compare all of it. No smaller amount would go out at once.`,
      },
      inputs: { lookalikes },
    })
    expect(judgement.decision.suggestion).not.toHaveProperty('amount')
    expect(judgement.mayRun).toBe(false)
    expect(verdict([open(), row('WHITELIST', { allowed_addresses: [BOB] })], { lookalikes })).toBe('INSTANT')
    expect(verdict([open(), row('WHITELIST', { allowed_addresses: [EVE] })], { lookalikes })).toMatch('DENY')
    const approved = { lookalikes, context: { approval: { usdShown: toUsd(1_000_000_000_000n) } } }
    expect(judge([open()], approved).mayRun).toBe(true)
  })
  test('a derived address that never received anything waits for a human, unless a list names it', () => {
    const neverFunded = [BOB]
    expect(judge([open()], { neverFunded }).decision).toMatchObject({
      outcome: 'ALLOW',
      tier: 'APPROVAL',
      reasons: [{ code: 'RECIPIENT_NEVER_FUNDED', observed: BOB }],
      inputs: { neverFunded },
    })
    expect(verdict([open(), row('WHITELIST', { allowed_addresses: [BOB] })], { neverFunded })).toBe('INSTANT')
    expect(verdict([open(), row('WHITELIST', { allowed_addresses: [EVE] })], { neverFunded })).toMatch('DENY')
    const approved = { neverFunded, context: { approval: { usdShown: toUsd(1_000_000_000_000n) } } }
    expect(judge([open()], approved).mayRun).toBe(true)
  })
  test.each([
    [{ address: USDC_ADDRESS }, 'INSTANT'],
    [{ address: USDC_ADDRESS, chain: 'ethereum' }, 'INSTANT'],
    [{ address: USDC_ADDRESS, chain: 'solana' }, 'DENY:TOKEN_NOT_ALLOWED'],
    [{ address: USDC_ADDRESS, chain: 'ethereum-sepolia' }, 'INSTANT'],
    [{ address: USDC_ADDRESS, chain: 'ethereum-mainnet' }, 'DENY:TOKEN_NOT_ALLOWED'],
    [{ address: USDC_ADDRESS, assetId: USDC }, 'INSTANT'],
    [{ address: USDC_ADDRESS, assetId: USDC.replace('11155111', '1') }, 'DENY:TOKEN_NOT_ALLOWED'],
    [{ address: EVE }, 'DENY:TOKEN_NOT_ALLOWED'],
  ])('ALLOWED_TOKENS with %j', (token, expected) => {
    expect(verdict([open(), row('ALLOWED_TOKENS', { tokens: [token] })], usdc(1n))).toBe(expected)
    expect(verdict([open(), row('ALLOWED_TOKENS', { tokens: [token] })])).toBe('INSTANT')
  })
  test.each([
    ['ethereum-sepolia', 'INSTANT'],
    ['eip155:11155111', 'INSTANT'],
    ['ethereum-mainnet', 'DENY:NETWORK_NOT_ALLOWED'],
  ])('ALLOWED_NETWORKS with %s', (name, expected) => {
    expect(verdict([open(), row('ALLOWED_NETWORKS', { networks: [{ network: name }] })])).toBe(expected)
  })
})

describe('time', () => {
  const hours = (start: number, end: number, allowed_days: number[], timezone?: string) =>
    row('TIME_RESTRICTION', { allowed_hours: { start, end }, allowed_days, ...(timezone && { timezone }) })
  const all = [0, 1, 2, 3, 4, 5, 6]
  const HOUR = 3_600_000
  test.each([
    ['at the first moment', hours(12, 13, all), NOON, true],
    ['before it', hours(12, 13, all), NOON - 1, false],
    ['at the last moment', hours(12, 13, all), NOON + HOUR - 1, true],
    ['at the end', hours(12, 13, all), NOON + HOUR, false],
    ['on another weekday', hours(0, 24, [1]), NOON, false],
    ['on the weekday', hours(0, 24, [2]), NOON, true],
    ['in Tokyo at 21 h', hours(21, 22, [2], 'Asia/Tokyo'), NOON, true],
    ['in New York at 7 h', hours(8, 22, all, 'America/New_York'), NOON, false],
    ['late in a window over midnight', hours(22, 6, [2]), NOON + 17 * HOUR, true],
    ['past midnight when the day before does not count', hours(22, 6, [3]), NOON + 17 * HOUR, false],
    ['at the end over midnight', hours(22, 6, [2]), NOON + 18 * HOUR, false],
  ])('TIME_RESTRICTION %s', (_, policy, now, passes) => {
    expect(verdict([open(), policy], { now })).toBe(passes ? 'INSTANT' : 'DENY:TIME_RESTRICTED')
  })
  test.each([
    ['open at both', NOON + HOUR - 1, true],
    ['open at the earliest alone', NOON + HOUR, false],
    ['open at the earliest alone, a day later too', NOON + 25 * HOUR, false],
  ])('while the clock is held a window must be %s of the times that it may be', (_, latest, passes) => {
    const policy = hours(12, 13, all)
    expect(verdict([open(), policy], { now: NOON, latest })).toBe(passes ? 'INSTANT' : 'DENY:TIME_RESTRICTED')
    const { decision } = judge([open(), policy], { now: NOON, latest })
    expect(decision.inputs).toMatchObject({ now: NOON, latest })
    expect(judge([open(), policy], { now: NOON }).decision.inputs).not.toHaveProperty('latest')
    if (!passes)
      expect(decision.suggestion?.retryAt).toBe((Math.ceil(latest / (24 * HOUR)) * 24 * HOUR) / 1000 + 12 * 3_600)
  })
  test('while the clock is held a window that only the latest time is in stays closed', () => {
    expect(verdict([open(), hours(12, 13, all)], { now: NOON - HOUR, latest: NOON })).toBe('DENY:TIME_RESTRICTED')
  })
  test.each([
    [hours(14, 15, [2]), NOON + 2 * HOUR],
    [hours(9, 10, [2]), NOON + 7 * 24 * HOUR - 3 * HOUR],
    [hours(18, 19, [2], 'Asia/Kolkata'), NOON + 30 * 60_000],
    [hours(18, 19, [2], 'Asia/Kathmandu'), NOON + 15 * 60_000],
  ])('a refusal names the next opening (%#)', (policy, opens) => {
    const now = NOON + 30_000
    const { decision } = judge([open(), policy], { now })
    expect(decision.suggestion?.retryAt).toBe(opens / 1000)
    expect(verdict([open(), policy], { now: opens })).toBe('INSTANT')
    expect(verdict([open(), policy], { now: opens - 1 })).toMatch('DENY')
  })
  test('RATE_LIMIT counts as full for its length after a restore, and says until when', () => {
    const rate = row('RATE_LIMIT', { max_requests: 2, window_seconds: 60 })
    const at = (now: number, more = {}) =>
      judge([open(), rate], { now, requests: { all: [], networks: {}, unknownBefore: NOON }, ...more }).decision
    expect(at(NOON + 59_999)).toMatchObject({
      outcome: 'DENY',
      reasons: [{ code: 'RATE_LIMIT_EXCEEDED', observed: 0, retryAt: NOON / 1000 + 60 }],
    })
    expect(at(NOON + 59_999).reasons[0]!.message).toContain('confirm-spends')
    expect(at(NOON + 60_000).outcome).toBe('ALLOW')
    // What was accepted later is not refused for what was not known before.
    expect(at(NOON + 61_000, { context: { acceptedAt: NOON + 60_500 } }).outcome).toBe('ALLOW')
  })
  test('RATE_LIMIT lets the last request of a window through and refuses the next until one leaves', () => {
    const rate = row('RATE_LIMIT', { max_requests: 2, window_seconds: 60 })
    const accepted = (...all: number[]) => ({ requests: { all, networks: {} } })
    expect(verdict([open(), rate], accepted(NOON - 1_000))).toBe('INSTANT')
    const full = judge([open(), rate], accepted(NOON - 59_000, NOON - 1_000)).decision
    expect(full).toMatchObject({ outcome: 'DENY', suggestion: { retryAt: NOON / 1000 + 1 } })
    expect(full.reasons).toMatchObject([{ code: 'RATE_LIMIT_EXCEEDED', observed: 2, allowed: 2 }])
    expect(verdict([open(), rate], accepted(NOON - 60_000, NOON - 1_000))).toBe('INSTANT')
  })
  test('a request that was accepted is not refused for those that came after it', () => {
    const rate = row('RATE_LIMIT', { max_requests: 1, window_seconds: 600 })
    const later = { requests: { all: [NOON - 1_000], networks: {} } }
    expect(verdict([open(), rate], { ...later, context: { acceptedAt: NOON - 5_000 } })).toBe('INSTANT')
    expect(verdict([open(), rate], later)).toMatch('DENY')
  })
})

describe('a cancel or gap-fill of a lane', () => {
  const lane = { effects: effects([{ kind: 'lane', purpose: 'cancel' }], ETHER / 2_000n) }
  const strict = [
    row('WHITELIST', { allowed_addresses: [EVE] }),
    row('RATE_LIMIT', { max_requests: 1, window_seconds: 60 }),
    row('TIME_RESTRICTION', { allowed_hours: { start: 0, end: 1 }, allowed_days: [0] }),
    row('SPENDING_LIMIT', { instant_max_usd: 0, daily_limit_usd: 1 }),
  ]
  test('is free of address, time and rate rules, of the tiers and of the windows', () => {
    const requests = { all: [NOON], networks: {} }
    expect(verdict(strict, { ...lane, requests })).toBe('INSTANT')
    expect(verdict([], lane)).toBe('INSTANT')
    expect(verdict(strict, { ...lane, spent: spentToday(1n) })).toBe('INSTANT')
  })
  const held = (units: bigint, taken: bigint) => ({ lane: { held: toUsd(units), taken: spent(taken) } })
  test.each([
    ['what is held', 1_000_000n, 25_000_000n, 'INSTANT'],
    ['the reserve of the lane', 0n, 24_000_000n, 'INSTANT'],
    ['what is held and the reserve', 400_000n, 24_400_000n, 'INSTANT'],
    ['nothing that it may use', 0n, 24_000_001n, 'APPROVAL'],
    ['too little that is held', 400_000n, 24_400_001n, 'APPROVAL'],
  ])('whose fee of a dollar is paid from %s, where the window is full', (_, own, taken, expected) => {
    expect(verdict(strict, { ...lane, spent: spentToday(1_000_000n), ...held(own, taken) })).toBe(expected)
  })
  test('needs room like others once the reserve is used up, says so, and a named fee lets it pass', () => {
    const full = { ...lane, spent: spentToday(1n), ...held(0n, 25_000_000n) }
    const { decision } = judge(strict, full)
    expect(decision.reasons).toMatchObject([{ code: 'SPENDING_LIMIT_EXCEEDED' }])
    expect(decision.reasons[0]!.message).toContain('the reserve of the lane')
    expect(verdict(strict, { ...full, spent: spentToday(0n) })).toBe('INSTANT')
    const named = { context: { feeBound: toBase(ETHER) } }
    expect(judge(strict, { ...full, ...named })).toMatchObject({ mayRun: true, fromReserve: toUsd(1_000_000n) })
  })
  test('is nothing of the kind when something leaves beside it', () => {
    const both: Partial<EvaluateInput> = { effects: effects([{ kind: 'lane', purpose: 'cancel' }, outflow(ETH, 1n)]) }
    expect(verdict(strict, both)).toMatch('WHITELIST_DENIED')
    expect(verdict([], both)).toBe('DENY:SPENDING_LIMIT_MISSING')
  })
})

describe('judging again', () => {
  const delayed = spending({ delay_max_usd: 10_000 })
  const asked = spending({ instant_max_usd: 0 })
  test.each([
    ['a delay not yet served', delayed, {}, false],
    ['a served delay', delayed, { servedDelay: true }, true],
    ['an approval for a delay', delayed, { approval: { usdShown: toUsd(2_000_000_000n) } }, true],
    ['a served delay for an approval', asked, { servedDelay: true }, false],
    ['an approval of the value', asked, { approval: { usdShown: toUsd(2_000_000_000n) } }, true],
    ['a value at 110 % of the one shown', asked, { approval: { usdShown: toUsd(1_818_181_819n) } }, true],
    ['a value above 110 % of the one shown', asked, { approval: { usdShown: toUsd(1_818_181_818n) } }, false],
    ['an approval given without a value', asked, { approval: { usdShown: null } }, true],
  ])('%s', (_, policy, context, mayRun) => {
    expect(judge([policy], { context }).mayRun).toBe(mayRun)
  })
  test('a denial binds whatever was approved', () => {
    const context = { servedDelay: true, approval: { usdShown: null } }
    expect(judge([asked, row('WHITELIST', { allowed_addresses: [EVE] })], { context }).mayRun).toBe(false)
  })
  test('a price that has gone since does not pass for the value shown', () => {
    expect(judge([asked], { prices: {}, context: { approval: { usdShown: toUsd(1n) } } }).mayRun).toBe(false)
  })
})

describe('what a decision says', () => {
  test('each failing rule is named, and the decision fits its wire schema', () => {
    const policies = [
      spending({ daily_limit_usd: 5 }),
      row('WHITELIST', { allowed_addresses: [EVE] }),
      row('ALLOWED_NETWORKS', { networks: [{ network: 'base-mainnet' }] }),
    ]
    const { decision, reserve } = judge(policies)
    expect(decision.reasons.map(({ code, policyId }) => [code, policyId])).toEqual([
      ['SPENDING_LIMIT_EXCEEDED', policies[0]?.id],
      ['WHITELIST_DENIED', policies[1]?.id],
      ['NETWORK_NOT_ALLOWED', policies[2]?.id],
    ])
    expect(decision.headroom.amount).toBe('0')
    expect(reserve).toEqual([])
    expect(Decision.parse(JSON.parse(JSON.stringify(decision)))).toEqual(decision)
  })
  test('a delayed request is told the amount that would run at once', () => {
    const { decision } = judge([spending({ instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 5_000 })])
    expect(decision).toMatchObject({ tier: 'DELAY', suggestion: { asset: ETH, amount: String(ETHER / 20n) } })
    expect(verdict([spending({ notify_max_usd: 100 })], eth(ETHER / 20n))).toBe('NOTIFY')
  })
  test('sums of any size are told in digits', () => {
    const { decision } = judge([spending({ instant_max_usd: 1, daily_limit_usd: 5 })], usdc(10n ** 40n))
    expect(decision.suggestion?.message).toBe(
      `Refused: 1${'0'.repeat(34)} USD with fees does not fit: 5 USD of the daily limit of 5 USD is left. At most 5 USDC (5 USD) would pass now, and 1 USDC of it at once.`,
    )
  })
  test('all inputs are kept with the decision', () => {
    const policies = [open()]
    const { decision } = judge(policies, { spent: spentToday(5n), context: { approval: { usdShown: toUsd(3n) } } })
    expect(decision.policyVersion).toBe('7')
    expect(decision.inputs).toMatchObject({
      now: NOON,
      policies: [{ id: policies[0]?.id, version: 1 }],
      prices: { [ETH]: { usdMicros: '2000000000', source: 'fixed' } },
      spent: { dayUsd: '5' },
      context: { approval: { usdShown: '3' } },
    })
  })
  test('what is held back names value, deposit and fee', () => {
    const rent = { kind: 'account-creation', owner: BOB, asset: USDC, rent: '5' } as const
    const { reserve } = judge([open()], { effects: effects([outflow(USDC, 7n), rent], 9n) })
    expect(reserve.map(({ part, asset, amount }) => [part, asset, amount])).toEqual([
      ['value', USDC, 7n],
      ['value', ETH, 5n],
      ['fee', ETH, 9n],
    ])
  })
})

test('a fault while judging refuses, and is kept for the log alone', () => {
  const [sound] = compilePolicies([open()])
  const fault = new Error('an inner text')
  const broken = {
    ...sound!,
    judge: () => {
      throw fault
    },
  }
  const judgement = judge([], { policies: [broken] })
  expect(judgement.decision).toMatchObject({ outcome: 'DENY', reasons: [{ code: 'POLICY_RULES_CORRUPT' }] })
  expect(JSON.stringify(judgement.decision)).not.toContain('inner')
  expect(judgement.fault).toBe(fault)
})

describe('windows of a wallet that was restored', () => {
  const DAY = 86_400_000
  const fullUntil = NOON + DAY - 1_000
  const full = (usd: bigint) => {
    const known = toUsd(usd)
    const day = { total: known, final: usd > 0n ? [{ until: NOON + 5_000, usd: known }] : [], fullUntil }
    return { spent: { day, month: { ...day, fullUntil: NOON + 30 * DAY }, networks: {} } }
  }
  const daily = (limit: number) => spending({ instant_max_usd: 1e9, daily_limit_usd: limit })

  test.each([0n, 500_000_000n, 20_000_000_000n])('count as full, whatever of it is known: %s', (usd) => {
    const { decision } = judge([daily(10_000)], { ...eth(1n), ...full(usd) })
    expect(decision).toMatchObject({ outcome: 'DENY', reasons: [{ code: 'SPENDING_LIMIT_EXCEEDED' }] })
    expect(decision.reasons[0]!.message).toContain('confirm-spends')
    expect(decision.reasons[0]!.retryAt).toBe(Math.ceil(fullUntil / 1000))
    expect(decision.headroom?.usd).toBe(0)
  })

  test('bind limits over time alone, and nothing of a lane', () => {
    expect(verdict([open()], { ...eth(1n), ...full(0n) })).toBe('INSTANT')
    const gap = effects([{ kind: 'lane', purpose: 'cancel' }], 1n)
    expect(judge([daily(10_000)], { effects: gap, ...full(0n) }).decision.outcome).toBe('ALLOW')
  })
})
