import { expect, test } from 'vitest'
import { within80 } from './help-lines.ts'

const words = (count: number) => Array.from({ length: count }, (_, at) => `word${at}`).join(' ')

test('a long line goes on below where what is said began, and an example stays whole', () => {
  const example = `example: waiaas tx send --to ${'x'.repeat(80)}`
  const text = within80(`usage: waiaas x [flags]\n${words(20)}\n  --flag <text>  ${words(20)}\n${example}`)
  const lines = text.split('\n')
  expect(lines[0]).toBe('usage: waiaas x [flags]')
  expect(lines.at(-1)).toBe(example)
  for (const line of lines.slice(0, -1)) expect(line.length, line).toBeLessThanOrEqual(80)
  const at = lines.findIndex((line) => line.startsWith('  --flag <text>  word0 word1'))
  expect(lines[at + 1]).toMatch(/^ {17}word\d/)
  expect(
    lines
      .slice(1, -1)
      .join(' ')
      .match(/word\d+/g),
  ).toHaveLength(40)
})

test('a long list of what a command takes goes on below its name', () => {
  const [first, second] = within80(`usage: waiaas ${words(20)}`).split('\n')
  expect(first).toMatch(/^usage: waiaas word0/)
  expect(second).toMatch(/^ {7}word\d/)
})
