import { describe, expect, test } from 'vitest'
import { generatedPages } from '../../scripts/docs.ts'
import { readPage } from './markdown.ts'

describe('the generated pages', () => {
  test.each(Object.entries(generatedPages()))('%s is what node scripts/docs.ts writes', (path, text) => {
    expect(readPage(path).text).toBe(text)
  })
})
