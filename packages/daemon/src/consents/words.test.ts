import { expect, test } from 'vitest'
import { inPlain } from './words.ts'

test('rules are told in the characters of a sign-in, and no text in them looks like anything else', () => {
  const rules = {
    instant_max_usd: 10,
    tokens: [{ symbol: `x'), (y: 1`, address: '0xab' }],
    token_limits: { 'native:a': 1 },
  }
  const text = inPlain(`add X of wallet ${JSON.stringify("a'; remove Y")}: ${JSON.stringify(rules)}`)
  expect(text).toBe(
    `add X of wallet 'a?; remove Y': (instant_max_usd: 10, tokens: [(symbol: 'x??, ?y: 1', address: '0xab')], token_limits: ('native:a': 1))`,
  )
  expect(text).toMatch(/^[-A-Za-z0-9 ._~:/?#[\]@!$&'()*+,;=]*$/)
})

test('a quote that nothing ends is no text', () => {
  expect(inPlain('a "b')).toBe('a b')
  expect(inPlain('from 3900 to http://127.0.0.1:9/a, and on')).toBe('from 3900 to http://127.0.0.1:9/a, and on')
})
