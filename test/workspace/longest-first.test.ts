import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LONGEST } from '../../scripts/longest-first.ts'

test('those that run first are there', () => {
  const root = join(import.meta.dirname, '../..')
  expect(LONGEST.filter((file) => !existsSync(join(root, file)))).toEqual([])
})
