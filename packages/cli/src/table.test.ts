import { expect, test } from 'vitest'
import { lookOf } from './look.ts'
import { plainText, table } from './table.ts'

const narrow = { width: 80, colours: false }
const id = '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57'
const address = '0x00000000219ab540356cBB839Cbe05303d7705Fa'
const row = { id, createdAt: 1_700_000_000, walletName: 'shop', toAddress: address, status: 'FAILED' }

test('at a terminal a table has short ids, times and addresses where they would not fit', () => {
  expect(table([row], undefined, narrow).split('\n').at(-1)).toBe(
    '6f2d8c4b1a57  2023-11-14 22:13  shop        0x000000…7705Fa  FAILED',
  )
  expect(table([{ id, status: 'FAILED' }], undefined, narrow)).toContain(id)
  expect(table([row], undefined, { width: undefined, colours: false })).toContain(id)
})

test('at a terminal no line is wider than it, whatever is in a table, and what has no room is named', () => {
  for (const width of [40, 60, 80, 120])
    for (let count = 1; count < 12; count++) {
      const wide = Object.fromEntries(Array.from({ length: count }, (_, at) => [`column${at}`, 'w'.repeat(at * 9)]))
      const lines = table([{ ...row, ...wide, why: `${'no '.repeat(50)}` }], undefined, {
        width,
        colours: false,
      }).split('\n')
      const left = lines.at(-1)!.startsWith('not shown: ') ? lines.pop() : undefined
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(width)
      const names = [...lines[0]!.split(/ {2,}/), ...(left?.replace(/^not shown: |; --json.*/g, '').split(', ') ?? [])]
      expect(names).toEqual(
        expect.arrayContaining(['id', 'why', 'column1'].filter((name) => count > 1 || name !== 'column1')),
      )
    }
})

test('a text that is too long loses its end, and the columns before it stay', () => {
  const [, line] = table([{ name: 'a', why: 'because '.repeat(20) }], undefined, narrow).split('\n')
  expect(line).toMatch(/^a {5}(because )+\S*…$/)
  expect(line).toHaveLength(80)
})

test('colours are those of how it stands, and none where NO_COLOR is set or nobody looks', () => {
  const terminal = { isTTY: true, columns: 100 }
  const colours = lookOf(terminal, {})
  expect(colours).toEqual({ width: 100, colours: true })
  expect(table([{ status: 'FAILED' }], undefined, colours)).toBe('\u001b[1mstatus\u001b[0m\n\u001b[31mFAILED\u001b[0m')
  for (const look of [lookOf(terminal, { NO_COLOR: '1' }), lookOf(terminal, { TERM: 'dumb' }), lookOf({}, {})])
    expect(table([{ status: 'FAILED' }], undefined, look)).toBe('status\nFAILED')
  expect(lookOf({ isTTY: true, columns: 0 }, {}).width).toBe(80)
})

test('what somebody wrote has no colour by itself', () => {
  const shown = table([{ memo: '\u001b[31mFAILED' }], undefined, lookOf({ isTTY: true }, {}))
  expect(shown).toContain('\\u001b[31mFAILED')
})

test('nested values are laid out below their name', () => {
  const answer = {
    ...{ id: 'a', tags: ['x', 'y'], notes: [], at: 1_700_000_000 },
    decision: {
      tier: 'DELAY',
      reasons: [
        { code: 'A', message: 'too much' },
        { code: 'B', data: { left: '1' } },
      ],
    },
  }
  expect(plainText(answer, undefined, narrow).split('\n')).toEqual([
    'id     a',
    'tags   x, y',
    'notes  none',
    'at     2023-11-14T22:13:20Z',
    'decision',
    '  tier  DELAY',
    '  reasons',
    '    - code     A',
    '      message  too much',
    '    - code  B',
    '      data',
    '        left  1',
  ])
})
