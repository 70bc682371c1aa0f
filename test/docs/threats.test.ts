import { expect, test } from 'vitest'
import { readPage } from './markdown.ts'

test('each threat that is defended against names the tests that try it', () => {
  const rows = readPage('docs/threats.md')
    .text.split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| who | tries |'))
  expect(rows.length).toBeGreaterThan(50)
  // Whether they are there is told with all other links.
  const tried = /^\|(?: [^|]*\|){3} (?:\[[\w-]+\]\(\.\.\/[\w/.-]+\.(?:test|check)\.ts\)(?:, )?)+ \|$/
  expect(rows.filter((row) => !tried.test(row))).toEqual([])
})
