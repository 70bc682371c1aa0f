import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KILL_POINTS } from '../support/kill-points.ts'

test('daemons are killed at sixty labelled steps or more in each run, and the page says at how many', () => {
  const { length } = KILL_POINTS.flatMap(({ when }) => when)
  expect(length).toBeGreaterThanOrEqual(60)
  const page = readFileSync(new URL('../../docs/decisions/0054-what-proves-once.md', import.meta.url), 'utf8')
  expect(page).toContain(`each of ${length} labelled steps`)
})
