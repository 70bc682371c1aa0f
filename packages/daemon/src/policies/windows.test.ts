import { toUsd, ZERO_USD } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { judge, row } from '../../test/policies/samples.ts'
import type { Window } from './case.ts'
import { heldOf } from './windows.ts'

const ALL = toUsd(2n ** 256n)
const window = (more: Partial<Window>): Window => ({ total: ZERO_USD, final: [], ...more })

test('what allowances hold of a window is told in dollars, and what has no limit as all of it', () => {
  expect(heldOf(window({ total: toUsd(7n) }))).toBe('')
  expect(heldOf(window({ allowed: { usd: toUsd(5_000_000n), spenders: ['x', 'y'] } }))).toMatch(
    /^; 5 USD of it are held by open allowances to x and 1 more: /,
  )
  expect(heldOf(window({ total: ALL, allowed: { usd: ALL, spenders: ['x'] } }))).toMatch(
    /^; all of it is held by an open allowance without a limit to x, until a node tells /,
  )
  const full = window({ total: ALL })
  const { decision } = judge([row('SPENDING_LIMIT', { daily_limit_usd: 5_000 })], {
    spent: { day: full, month: full, networks: {} },
  })
  expect(decision.suggestion?.message).toContain(
    '0 USD of the daily limit of 5000 USD is left; all of it is held by an allowance without a limit that is on its way',
  )
})
