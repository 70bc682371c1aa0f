import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shownCode, typedCode } from '../platform/codes.ts'
import { MOST_ELSEWHERE, MOST_OF_PEER, newCode, requireRoom, seenText } from './rules.ts'

test('a code has no letter that looks like another sign, and is read however it is typed', () => {
  const codes = new Set(Array.from({ length: 1_000 }, newCode))
  expect(codes.size).toBe(1_000)
  for (const code of codes) {
    expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
    const shown = shownCode(code)
    expect(shown).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
    for (const typed of [shown, shown.toLowerCase(), code, ` ${code} `, shown.replace('-', ' – ')])
      expect(typedCode(typed)).toBe(code)
  }
})

test.each([
  ['Claude on my laptop', 'Claude on my laptop'],
  ['  two\n\tlines\u2028and more ', 'two lines and more'],
  ['\u202egnp.exe\u202c', 'gnp.exe'],
  ['\u2066A\u2069\u200e\u200f\u061c', 'A'],
  ['Cl\u200baude\u200d\ufeff\u2060\u00ad', 'Claude'],
  ['a\u115f\u1160\u3164\uffa0b', 'ab'],
  ['\u2800\u00a0 \u3000', ''],
  ['\u001b[31mred\u0007\u009b', '[31mred'],
  ['tag\u{e0041}\u{e0042}\u{1d173}\ufe0f\u034f', 'tag'],
  [`z${'\u0300'.repeat(50)}`, 'z\u0300\u0300'],
  ['\ud800lone\udc00', 'lone'],
  ['\ue000private\u{10ffff}', 'private'],
])('%j is shown as %j', (text, seen) => expect(seenText(text, 60)).toBe(seen))

test('whatever an agent calls itself, what is shown is one line of signs that can be seen, and short', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const seen = seenText(text, 60)
      expect([...seen].length).toBeLessThanOrEqual(60)
      expect(seen).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u)
      expect(seen).not.toMatch(/^\s|\s$|\s\s/)
    }),
    { numRuns: 2_000 },
  )
})

test('this machine waits for no other, and one address takes no more than its own places', () => {
  const at = (peer_group: string, count: number) =>
    Array.from({ length: count }, () => ({ peer_group, expires_at: 10_000 }))
  const refused = (open: ReturnType<typeof at>, group: string) => () => requireRoom(open, group, 1_500)
  expect(refused(at('192.0.2.1', MOST_OF_PEER - 1), '192.0.2.1')).not.toThrow()
  expect(refused(at('192.0.2.1', MOST_OF_PEER), '192.0.2.1')).toThrow(
    expect.objectContaining({ code: 'PAIRING_LIMIT_REACHED', retryAfter: 9 }),
  )
  const flood = Array.from({ length: MOST_ELSEWHERE }, (_, at) => ({ peer_group: `192.0.2.${at}`, expires_at: 10_000 }))
  expect(refused(flood, '198.51.100.1')).toThrow(expect.objectContaining({ code: 'PAIRING_LIMIT_REACHED' }))
  expect(refused(flood, 'this machine')).not.toThrow()
  expect(refused([...flood, ...at('this machine', MOST_OF_PEER)], 'this machine')).toThrow()
})
