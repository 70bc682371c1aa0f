import { settings } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { type Described, isFound, loosens, wrongIn } from './edits.ts'

const described = (key: string, more: Partial<Described> = {}): Described => ({
  ...{ key, category: '', label: 'Max age seconds', description: settings[key]!.summary, defaultValue: '' },
  ...{ isCredential: false, type: settings[key]!.type, unit: null, minimum: null, maximum: null, values: null },
  ...{ loosens: null, runtime: true, source: 'default', ...more },
})
const isLooser = (key: string, from: string | boolean, to: string | null) =>
  loosens({ setting: described(key), from, to })

test('what lets more out is told as the evidence tells it, and what nobody can tell counts as that', () => {
  expect(isLooser('oracle.max_age_seconds', '60', '61')).toBe(true)
  expect(isLooser('oracle.max_age_seconds', '60', '59')).toBe(false)
  expect(isLooser('policy.default_deny_tokens', 'true', 'false')).toBe(true)
  expect(isLooser('policy.default_deny_tokens', 'false', 'true')).toBe(false)
  expect(isLooser('oracle.max_age_seconds', '60', null)).toBe(true)
  expect(isLooser('oracle.pyth_api_key', false, 'a key')).toBe(true)
  expect(isLooser('daemon.log_level', 'info', null)).toBe(false)
})

test('what is no value of the setting loosens nothing, and says what was expected', () => {
  expect(isLooser('oracle.max_age_seconds', '60', 'many')).toBe(false)
  expect(wrongIn('oracle.max_age_seconds', 'many')).toContain('expected a whole number from 10 to 604800')
  expect(wrongIn('oracle.max_age_seconds', '60')).toBeUndefined()
})

test('a setting is found by words of its key, its name and its meaning, in any order and case', () => {
  const one = described('oracle.max_age_seconds')
  expect(['', 'ORACLE', 'trusted price', 'age seconds'].map((search) => isFound(one, search))).toEqual(
    Array(4).fill(true),
  )
  expect(isFound(one, 'oracle backup')).toBe(false)
})
