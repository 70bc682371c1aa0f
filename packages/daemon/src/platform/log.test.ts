import { expect, test } from 'vitest'
import { logLine, seldom } from './log.ts'

test('what stays so is said again after an hour, and other things at once', () => {
  const said: string[] = []
  let now = 0
  const say = seldom(
    (message) => said.push(message),
    () => now,
  )
  for (now = 0; now <= 3_600_000; now += 1_000) say('a')
  say('b')
  say('b')
  expect(said).toEqual(['a', 'a', 'b'])
})

test('at a terminal a line says when, how bad and what, and what others wrote moves no cursor', () => {
  const line = {
    level: 40,
    time: '2026-11-30T17:30:05.123Z',
    event: 'POLICY_DENIED',
    to: 'a\u001b[2J\nb',
    loosens: true,
  }
  expect(logLine(JSON.stringify({ ...line, msg: 'The policies refused a request.' }))).toBe(
    '17:30:05 WARN The policies refused a request. event=POLICY_DENIED to=a[2J b loosens=true',
  )
  const told = { ...line, line: 'Warning: refused.\nWallet: shop\u001b[2J', severity: 'warning' }
  expect(logLine(JSON.stringify(told))).toBe('17:30:05 Warning: refused. Wallet: shop[2J')
  const tones: string[] = []
  const paint = (text: string, tone: string) => `${tones.push(tone)}:${text}`
  expect(logLine(JSON.stringify({ ...told, level: 30 }), paint)).toMatch(/^1:17:30:05 2:Warning/)
  expect(tones).toEqual(['dim', 'yellow'])
  expect(logLine(JSON.stringify({ level: 30, time: '', msg: 'x', err: { stack: 'Error: y\n    at z' } }))).toBe(
    ' x\nError: y\n    at z',
  )
})
