import type { Effect } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { effects, open, row, verdict } from '../../test/policies/samples.ts'

const text: Effect = { kind: 'message', form: 'text', domain: null }
const signIn = (domain: string): Effect => ({ kind: 'message', form: 'sign-in', domain })
const of = (...list: Effect[]) => ({ effects: effects(list) })
const rules = (of: Record<string, unknown>) => row('SIGN_MESSAGE_RULES', of)
const TIERS = ['INSTANT', 'NOTIFY', 'DELAY', 'APPROVAL'] as const

test('without a rule each message waits for a human, and without a SPENDING_LIMIT none is signed', () => {
  for (const message of [text, signIn('app.example')]) {
    expect(verdict([open()], of(message))).toBe('APPROVAL')
    expect(verdict([open(), rules({})], of(message))).toBe('APPROVAL')
    expect(verdict([], of(message))).toBe('DENY:SPENDING_LIMIT_MISSING')
  }
})

test('texts have the tier that a rule gives them', () => {
  for (const tier of TIERS) {
    expect(verdict([open(), rules({ personal: tier })], of(text))).toBe(tier)
    expect(verdict([open(), rules({ personal: tier })], of(signIn('app.example')))).toBe('APPROVAL')
  }
})

test('a sign-in has the tier of exactly its domain', () => {
  const listed = rules({ siwe_domains: [{ domain: 'app.example' }, { domain: 'shop.example:8443', tier: 'DELAY' }] })
  expect(verdict([open(), listed], of(signIn('app.example')))).toBe('INSTANT')
  expect(verdict([open(), listed], of(signIn('shop.example:8443')))).toBe('DELAY')
  for (const domain of ['shop.example', 'app.example:1', 'an.app.example', 'app.example.'])
    expect(verdict([open(), listed], of(signIn(domain))), domain).toBe('APPROVAL')
  expect(verdict([open(), listed], of(text))).toBe('APPROVAL')
  const twice = rules({ siwe_domains: [{ domain: 'a.b', tier: 'DELAY' }, { domain: 'a.b' }] })
  expect(verdict([open(), twice], of(signIn('a.b')))).toBe('DELAY')
})

test('where several rules apply, the strictest counts, in any order', () => {
  const [mild, strict] = [rules({ personal: 'INSTANT' }), rules({ personal: 'DELAY' })]
  for (const list of [
    [mild, strict],
    [strict, mild],
  ])
    expect(verdict([open(), ...list], of(text))).toBe('DELAY')
  expect(verdict([open(), mild], of(text, signIn('app.example')))).toBe('APPROVAL')
})
