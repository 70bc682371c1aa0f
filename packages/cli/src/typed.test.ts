import { afterEach, expect, test } from 'vitest'
import { asTyped } from './typed.ts'

const before = process.env.npm_command
afterEach(() => {
  if (before === undefined) delete process.env.npm_command
  else process.env.npm_command = before
})

test('a command is said as whoever has started this one types it', () => {
  process.env.npm_command = 'exec'
  expect(['waiaas doctor', 'look at its log'].map(asTyped)).toEqual(['npx --no waiaas doctor', 'look at its log'])
  delete process.env.npm_command
  expect(asTyped('waiaas doctor')).toBe('waiaas doctor')
})
