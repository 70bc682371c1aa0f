import { POLICY_TYPES } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { policiesFrom, randomFrom } from '../../test/policies/generated.ts'
import { situationsFrom } from '../../test/policies/generated-cases.ts'
import { input, open } from '../../test/policies/samples.ts'
import { compilePolicies, evaluate, type PolicyRow } from './evaluate.ts'
import { recordedInput } from './recorded.ts'

const CASES = 10_000

/** What a decision comes to when it is made again from its record, the rows beside it and the policies that it names. */
function again(
  stored: string,
  rows: readonly PolicyRow[],
  { effects, tokens, wallet, network }: ReturnType<typeof input>,
) {
  const decision = JSON.parse(stored) as ReturnType<typeof evaluate>['decision']
  const named = decision.inputs.policies.map(
    ({ id, version }) => rows.find((row) => row.id === id && row.version === version)!,
  )
  return evaluate(recordedInput(decision, { effects, tokens, wallet, network, policies: compilePolicies(named) }))
    .decision
}

test(`a decision is made again from its record, to the letter, in ${CASES} cases of every type`, () => {
  const random = randomFrom(20_261_130)
  const [policy, situation] = [policiesFrom(random), situationsFrom(random)]
  const seen = new Set<string>()
  const outcomes = new Map<string, number>()
  for (let index = 0; index < CASES; index++) {
    const rows = [...(random.chance(0.8) ? [open()] : []), ...Array.from({ length: random.whole(4) }, policy)]
    const of = { ...input(rows, situation()), usualDelay: 300 }
    const stored = JSON.stringify(evaluate(of).decision)
    expect(JSON.stringify(again(stored, rows, of)), `case ${index}`).toBe(stored)
    for (const { type } of rows) seen.add(type)
    const { outcome, tier, reasons } = JSON.parse(stored)
    const key = outcome === 'DENY' ? String(reasons[0].code) : tier
    outcomes.set(key, (outcomes.get(key) ?? 0) + 1)
  }
  // The cases meet every type and enough outcomes, so that little is left out.
  expect([...seen].sort()).toEqual([...POLICY_TYPES].sort())
  expect([...outcomes.keys()]).toEqual(
    expect.arrayContaining([
      'INSTANT',
      'NOTIFY',
      'DELAY',
      'APPROVAL',
      'SPENDING_LIMIT_EXCEEDED',
      'RATE_LIMIT_EXCEEDED',
    ]),
  )
  expect(outcomes.has('POLICY_RULES_CORRUPT')).toBe(false)
})
