import type { Effect } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { BOB, ETH, ETHER, EVE, effects, judge, open, outflow, row, USDC } from '../../test/policies/samples.ts'
import type { PolicyRow } from './evaluate.ts'

const told = (policies: readonly PolicyRow[], moves: readonly Effect[]) =>
  judge(policies, { effects: effects(moves) }).decision.suggestion
const pair = [outflow(USDC, 600_000_000n), outflow(ETH, ETHER / 5n, EVE)]

test('of a refusal of several amounts, how much of each would pass, and how much at once', () => {
  const limit = row('SPENDING_LIMIT', { notify_max_usd: 100, delay_max_usd: 900, daily_limit_usd: 500 })
  const suggestion = told([limit], pair)
  expect(suggestion).toMatchObject({ percent: 50 })
  expect(suggestion?.message).toMatch(/\. At most 50 % of each amount would pass now, and 10 % at once\.$/)
  expect(suggestion).not.toHaveProperty('amount')
})

test('of several amounts that wait, how much of each would go out at once', () => {
  const limit = row('SPENDING_LIMIT', { notify_max_usd: 300, delay_max_usd: 5_000, delay_seconds: 60 })
  expect(told([limit], pair)).toMatchObject({
    percent: 30,
    message: expect.stringMatching(/^It waits 60 seconds: .*\. At most 30 % of each amount would go out at once;/),
  })
})

test('where no share helps, the one without which the rest passes', () => {
  const list = row('WHITELIST', { allowed_addresses: [BOB] })
  expect(told([open(), list], pair)?.message).toMatch(
    new RegExp(`\\. Without the 0\\.2 ETH \\(400 USD\\) to ${EVE} the rest would pass now\\.$`),
  )
  const waiting = row('SPENDING_LIMIT', { instant_max: String(ETHER), token_limits: {} })
  const allowed = { kind: 'approval', asset: USDC, amount: '7000000', spender: EVE, unlimited: false } as const
  const spenders = row('APPROVED_SPENDERS', { spenders: [{ address: BOB }] })
  expect(told([waiting, open(), spenders], [outflow(ETH, 5n), allowed])?.message).toContain(
    `Without the allowance of 7 USDC (7 USD) for ${EVE} the rest would pass now.`,
  )
})

test('a part of a call is not left out of it, and of two that fail neither helps', () => {
  const list = row('WHITELIST', { allowed_addresses: [BOB] })
  const called: Effect = { kind: 'call', contract: EVE, selector: '0x12345678', value: '0' }
  const contracts = row('CONTRACT_WHITELIST', { contracts: [{ address: EVE }] })
  const whole = 'Only the operator can allow it, by changing the policies.'
  expect(told([open(), list, contracts], [...pair, called])?.message).toContain(whole)
  expect(told([open(), list], [outflow(USDC, 6n, EVE), outflow(ETH, 6n, EVE)])?.message).toContain(whole)
})
