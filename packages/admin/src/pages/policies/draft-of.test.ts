import { PolicyDraft, type PolicySetChange, type PolicySetChanged } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { draftOf } from './draft-of.ts'

const ID = '0198a6f0-0000-7000-8000-000000000001'
const OTHER = '0198a6f0-0000-7000-8000-000000000002'
const side = (max_requests: number, enabled = true) => ({
  ...{ rules: { max_requests, window_seconds: 60 }, priority: 3, enabled },
})
const of: Omit<PolicySetChange, 'change' | 'policyId' | 'before' | 'after'> = {
  ...{ effect: 'different', name: null, wallet: null, network: null, sessionLabel: null, type: 'RATE_LIMIT' },
}
const answer = (...changes: PolicySetChange[]): PolicySetChanged => ({
  ...{ dryRun: true, version: null, effect: 'different', changes, unchanged: 0 },
})

test('what a preview says would change is a draft of just that, which the daemon takes', () => {
  const draft = draftOf(
    answer(
      { ...of, change: 'ADDED', policyId: null, before: null, after: side(1), wallet: 'shop', name: 'a/b' },
      { ...of, change: 'ADDED', policyId: null, before: null, after: side(2, false), network: 'base-mainnet' },
      { ...of, change: 'CHANGED', policyId: ID, before: side(1), after: side(3) },
      { ...of, change: 'REMOVED', policyId: OTHER, before: side(1), after: null },
    ),
    (name) => (name === 'shop' ? ID : undefined),
  )
  expect(draft).toEqual({
    add: [
      { type: 'RATE_LIMIT', walletId: ID, name: 'a/b', ...side(1) },
      { type: 'RATE_LIMIT', network: 'base-mainnet', ...side(2, false) },
    ],
    change: [{ id: ID, ...side(3) }],
    remove: [OTHER],
  })
  expect(PolicyDraft.safeParse(draft).success).toBe(true)
})
