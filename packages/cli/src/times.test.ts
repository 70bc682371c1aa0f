import { describe, expect, test } from 'vitest'
import { timeOf } from './times.ts'

const now = Date.parse('2026-03-01T10:20:30Z') / 1_000
const read = (text: string, edge: 'first' | 'last' = 'first') => {
  const at = timeOf(text, { now, edge })
  return at === undefined ? undefined : new Date(at * 1_000).toISOString().replace('.000Z', 'Z')
}

describe('a time', () => {
  test.each([
    ['90s', '2026-03-01T10:19:00Z'],
    ['2h', '2026-03-01T08:20:30Z'],
    ['1d', '2026-02-28T10:20:30Z'],
    ['1w', '2026-02-22T10:20:30Z'],
    ['today', '2026-03-01T00:00:00Z'],
    ['yesterday', '2026-02-28T00:00:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2026-02-28T12:30', '2026-02-28T12:30:00Z'],
    ['2026-02-28T12:30:15+02:00', '2026-02-28T10:30:15Z'],
    ['1700000000', '2023-11-14T22:13:20Z'],
  ])('%s is %s', (text, expected) => expect(read(text)).toBe(expected))

  test('up to a day is up to its last second', () => {
    expect(read('yesterday', 'last')).toBe('2026-02-28T23:59:59Z')
    expect(read('2026-02-28', 'last')).toBe('2026-02-28T23:59:59Z')
    expect(read('2h', 'last')).toBe('2026-03-01T08:20:30Z')
  })

  test.each(['', 'soon', '2', '2 h', '2y', '-2h', '1.5h', '2026-02-30', '2026-13-01', '2026-2-1', '2026-02-30T10:00'])(
    '%j is none, unless it is unix seconds',
    (text) => expect(read(text)).toBe(/^\d+$/.test(text) ? '1970-01-01T00:00:02Z' : undefined),
  )
})
