import { type Effect, toBase } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import {
  BOB,
  ETH,
  ETHER,
  effects,
  judge,
  ODD,
  outflow,
  row,
  spentToday,
  USDC,
  verdict,
} from '../../test/policies/samples.ts'
import type { EvaluateInput } from './evaluate.ts'

// ETH is at 2,000 USD.
const usdOfEth = (usd: number) => (BigInt(Math.round(usd * 1_000_000)) * ETHER) / 2_000_000_000n
const paying = (usd: number, feeUsd: number): Partial<EvaluateInput> => ({
  effects: effects([outflow(USDC, BigInt(usd * 1_000_000))], usdOfEth(feeUsd)),
})
const spending = (rules: object) => row('SPENDING_LIMIT', rules)
const unpriced = { prices: {} }

describe('the worst fee', () => {
  const ladder = spending({ instant_max_usd: 100, notify_max_usd: 200, delay_max_usd: 500, max_fee_usd: 1_000 })

  test('is asked of the tiers by itself: it makes no value stricter, and hides behind none', () => {
    expect(verdict([ladder], paying(100, 100))).toBe('INSTANT')
    expect(verdict([ladder], paying(1, 150))).toBe('NOTIFY')
    expect(verdict([ladder], paying(1, 400))).toBe('DELAY')
    expect(verdict([ladder], paying(1, 501))).toBe('APPROVAL')
    const { reasons } = judge([ladder], paying(1, 400)).decision
    expect(reasons).toMatchObject([{ code: 'FEE_TIER', observed: 400, allowed: 200 }])
    expect(reasons[0]?.message).toBe('its fee of at most 400 USD is above 200 USD, the most that goes without a delay')
  })

  test('is asked of the thresholds in native units, and of those alone when no dollars are named', () => {
    const raw = spending({
      instant_max: String(usdOfEth(10)),
      notify_max: String(usdOfEth(20)),
      delay_max: String(usdOfEth(30)),
    })
    const tokens = spending({
      token_limits: {
        native: { instant_max: '0.005', notify_max: '0.01', delay_max: '0.015' },
        [USDC]: { instant_max: '1', notify_max: '2', delay_max: '3' },
      },
    })
    for (const policy of [raw, tokens]) {
      expect(verdict([policy], paying(1, 10))).toBe('INSTANT')
      expect(verdict([policy], paying(1, 20))).toBe('NOTIFY')
      expect(verdict([policy], paying(1, 24))).toBe('DELAY')
    }
    const none = spending({ token_limits: { [USDC]: { instant_max: '1', notify_max: '2', delay_max: '3' } } })
    expect(verdict([none], paying(1, 24))).toBe('INSTANT')
  })

  test('is at most 25 dollars with any policy that names no other bound; a human decides above it', () => {
    const wide = spending({ instant_max_usd: 1e9 })
    expect(verdict([wide], paying(1, 25))).toBe('INSTANT')
    expect(verdict([wide], paying(1, 25.000001))).toBe('APPROVAL')
    expect(judge([wide], paying(1, 26)).decision.reasons).toMatchObject([
      {
        code: 'FEE_TOO_HIGH',
        observed: 26,
        allowed: 25,
        message: 'its fee of at most 0.013 ETH (26 USD) is above 25 USD, the most that a fee may be',
      },
    ])
    const named = spending({ instant_max_usd: 1e9, max_fee_usd: 40 })
    expect(verdict([named], paying(1, 40))).toBe('INSTANT')
    // All that apply bind.
    expect(verdict([named, wide], paying(1, 40))).toBe('APPROVAL')
  })

  test('is bound in native units where it has no price: by max_fee, or by thresholds of the native asset', () => {
    const tokenOnly = { token_limits: { [USDC]: { instant_max: '9', notify_max: '9', delay_max: '9' } } }
    const pay = { ...paying(1, 10), ...unpriced }
    expect(verdict([spending(tokenOnly)], pay)).toBe('APPROVAL')
    expect(judge([spending(tokenOnly)], pay).decision.reasons[0]?.code).toBe('PRICE_UNAVAILABLE')
    expect(verdict([spending({ ...tokenOnly, max_fee: String(usdOfEth(10)) })], pay)).toBe('INSTANT')
    expect(verdict([spending({ ...tokenOnly, max_fee: String(usdOfEth(10) - 1n) })], pay)).toBe('APPROVAL')
    const native = { instant_max: String(usdOfEth(10)), notify_max: String(ETHER), delay_max: String(ETHER) }
    expect(verdict([spending({ ...tokenOnly, ...native })], pay)).toBe('INSTANT')
    expect(verdict([spending({ ...tokenOnly, ...native, instant_max: '1' })], pay)).toBe('NOTIFY')
  })

  test('counts in the total that a session is held to', () => {
    const { totalUsd, usd } = judge([ladder], paying(3, 2))
    expect([usd, totalUsd]).toEqual([3_000_000n, 5_000_000n])
    expect(judge([ladder], { ...paying(3, 2), prices: {} }).totalUsd).toBe(null)
  })

  test('of nothing is no fee', () => {
    expect(verdict([spending({ instant_max_usd: 1 })], { ...paying(1, 0) })).toBe('INSTANT')
  })
})

describe('a deposit for a new account', () => {
  const opening = (usd: number, owner = BOB): Effect => ({
    kind: 'account-creation',
    owner,
    asset: USDC,
    rent: String(usdOfEth(usd)),
  })
  const ladder = spending({ instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500 })

  test('is judged with what leaves: a payment of nothing does not hand out another asset', () => {
    const pay = (usd: number, rent: number) => ({ effects: effects([outflow(USDC, BigInt(usd * 1e6)), opening(rent)]) })
    expect(verdict([ladder], pay(8, 2))).toBe('INSTANT')
    expect(verdict([ladder], pay(8, 3))).toBe('NOTIFY')
    expect(verdict([ladder], pay(0, 501))).toBe('APPROVAL')
    expect(judge([ladder], pay(8, 3)).decision.usd).toBe(11)
  })

  test('of an asset that no limit covers waits for a human', () => {
    const tokenOnly = spending({ token_limits: { [USDC]: { instant_max: '9', notify_max: '9', delay_max: '9' } } })
    expect(verdict([tokenOnly], { effects: effects([outflow(USDC, 1n)]) })).toBe('INSTANT')
    const { decision } = judge([tokenOnly], { effects: effects([outflow(USDC, 1n), opening(0.3)]) })
    expect(decision.tier).toBe('APPROVAL')
    expect(decision.reasons).toMatchObject([{ code: 'NO_MATCHING_LIMIT', message: expect.stringContaining('ETH') }])
  })

  test('leaves the headroom that of the payment: what fits beside the deposit', () => {
    const { headroom } = judge([ladder], { effects: effects([outflow(USDC, 20_000_000n), opening(3)]) }).decision
    expect(headroom.asset).toBe(USDC)
    const instant = headroom.limits.find(({ limit }) => limit === 'INSTANT')
    expect(instant).toMatchObject({ amount: '7000000', usd: 7 })
    const most = { effects: effects([outflow(USDC, BigInt(instant?.amount ?? 0)), opening(3)]) }
    expect(verdict([ladder], most)).toBe('INSTANT')
  })

  test('of the asset that is paid leaves that much less of it', () => {
    const both = { effects: effects([outflow(ETH, usdOfEth(20)), opening(3)]) }
    const room = judge([ladder], both).decision.headroom.limits.find(({ limit }) => limit === 'INSTANT')
    expect(room?.amount).toBe(String(usdOfEth(7)))
    const raw = spending({ instant_max: String(usdOfEth(10)), notify_max: String(ETHER), delay_max: String(ETHER) })
    expect(judge([raw], both).decision.headroom.limits.find(({ limit }) => limit === 'INSTANT')?.amount).toBe(
      String(usdOfEth(7)),
    )
  })
})

describe('what a lane does for itself', () => {
  const lane = (feeUsd: number) => ({ effects: effects([{ kind: 'lane', purpose: 'cancel' }], usdOfEth(feeUsd)) })
  const tight = spending({ instant_max_usd: 0, daily_limit_usd: 1 })

  test('needs no room in a window and no tier, so that what is on its way can be taken back', () => {
    expect(verdict([tight], { ...lane(20), spent: spentToday(1_000_000n) })).toBe('INSTANT')
    expect(verdict([tight], { ...lane(20), ...unpriced })).toBe('INSTANT')
  })

  test('is bound by what a fee may be', () => {
    expect(judge([tight], lane(26))).toMatchObject({ mayRun: false, decision: { reasons: [{ code: 'FEE_TOO_HIGH' }] } })
    const native = spending({ instant_max_usd: 0, max_fee: '1' })
    expect(judge([native], { ...lane(1), ...unpriced }).mayRun).toBe(false)
  })
})

describe('the price of a unit of gas', () => {
  const asking = (offered: bigint, feeBound?: bigint) => ({
    ...paying(1, 1),
    feePrice: { offered, asked: 10n },
    ...(feeBound !== undefined && { context: { feeBound: toBase(feeBound) } }),
  })
  const wide = spending({ instant_max_usd: 1e9 })

  test('is at most five times what the network asks, with any policy; a human decides above it', () => {
    expect(verdict([wide], asking(50n))).toBe('INSTANT')
    expect(verdict([wide], asking(51n))).toBe('APPROVAL')
    expect(judge([wide], asking(51n)).decision).toMatchObject({
      reasons: [{ code: 'FEE_PRICE_TOO_HIGH', observed: '51', allowed: '50' }],
      inputs: { feePrice: { offered: '51', asked: '10' } },
    })
    const cancel = { ...asking(51n), effects: effects([{ kind: 'lane', purpose: 'cancel' }], 1n) }
    expect(judge([], cancel).mayRun).toBe(false)
  })

  test('and the worst fee may be what a human has named for this one, and no more', () => {
    const fee = usdOfEth(1)
    expect(verdict([wide], asking(51n, fee))).toBe('INSTANT')
    expect(verdict([wide], asking(51n, fee - 1n))).toBe('APPROVAL')
    const tight = spending({
      instant_max_usd: 0.5,
      max_fee_usd: 0.1,
      token_limits: { [USDC]: { instant_max: '1', notify_max: '1', delay_max: '1' } },
    })
    expect(judge([tight], { ...asking(10n, fee) }).decision.reasons.map(({ code }) => code)).toEqual(['SPENDING_TIER'])
    expect(judge([tight], asking(10n)).decision.reasons.map(({ code }) => code)).toContain('FEE_TOO_HIGH')
  })
})

test('an unknown asset beside a priced one leaves the total unknown', () => {
  const both = { effects: effects([outflow(USDC, 1n), outflow(ODD, 1n)]) }
  expect(judge([spending({ instant_max_usd: 10 })], both)).toMatchObject({ totalUsd: null, usd: null })
})
