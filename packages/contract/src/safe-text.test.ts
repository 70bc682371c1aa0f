import { expect, test } from 'vitest'
import { safeText } from './safe-text.ts'

test.each([
  ['writing that is turned round', 'pay \u202e5 USDC\u202c', 'pay 5 USDC'],
  ['isolates and marks of direction', '\u2066a\u2069\u200e\u061cb', 'ab'],
  ['what has no width', 'u\u200bs\u2060d\ufeffc\u00ad', 'usdc'],
  ['letters that show nothing', 'a\u3164b\u115fc\u2800d\u034f', 'abcd'],
  ['commands of a terminal', '\u001b[2J\u009bx\u0007', '[2Jx'],
  ['new lines of every kind', 'a\nb\r\nc\u2028d\u2029e\u0085f', 'a b c d ef'],
  ['half of a pair', 'a\ud800b', 'a\ufffdb'],
  ['signs of tags and variants', 'a\u{e0041}\ufe0fb', 'ab'],
  ['marks that pile up', `a${'\u0301'.repeat(40)}b`, `a${'\u0301'.repeat(2)}b`],
])('%s are gone', (_name, given, safe) => {
  expect(safeText(given)).toBe(safe)
})

test('what is too long is cut between signs, and says so', () => {
  expect(safeText('😀'.repeat(300), 10)).toBe(`${'😀'.repeat(9)}…`)
  expect(safeText('x'.repeat(10), 10)).toBe('x'.repeat(10))
})

test('ordinary writing of any language stays as it is', () => {
  for (const text of ['Rechnung Nr. 7, größer', 'счёт № 5', '請求書', 'فاتورة', 'é', '2 USDC → Bob'])
    expect(safeText(text)).toBe(text)
})
