import { TransactionStatus } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUnsigned, mayMove, type Status } from './states.ts'

const all: readonly Status[] = TransactionStatus.options
const starts = fc.constantFrom<Status>('PENDING', 'QUEUED')

/** A life: from a first state, wherever the table lets the wishes lead. */
const lives = fc.tuple(starts, fc.array(fc.constantFrom(...all), { maxLength: 40 })).map(([first, wishes]) => {
  const path: Status[] = [first]
  for (const wish of wishes) if (mayMove(path.at(-1)!, wish)) path.push(wish)
  return path
})

test('what is cancelled or expired stays so, and nothing has an end on chain that was not sent or given out', () => {
  fc.assert(
    fc.property(lives, (path) => {
      const over = path.findIndex((status) => status === 'CANCELLED' || status === 'EXPIRED')
      expect(over === -1 || over === path.length - 1).toBe(true)
      for (const [index, status] of path.entries()) {
        const before = path[index - 1]
        if (status === 'CONFIRMED') expect(['SUBMITTED', 'SIGNED']).toContain(before)
        if (status === 'SUBMITTED')
          expect(before === undefined || ['EXECUTING', 'CONFIRMED', 'FAILED'].includes(before)).toBe(true)
        if (status === 'SIGNED') expect(['EXECUTING', 'CONFIRMED', 'FAILED']).toContain(before)
        if (status === 'EXECUTING') expect(before).toBe('PENDING')
        // Only what is not signed waits for a human or for time.
        if (status === 'QUEUED' && before) expect(isUnsigned(before)).toBe(true)
        if (status === 'EXPIRED') expect(before).toBe('QUEUED')
      }
    }),
    { numRuns: 2_000 },
  )
})

test('every open state has a way on, and nothing stays as it is', () => {
  for (const status of ['PENDING', 'QUEUED', 'EXECUTING', 'SUBMITTED', 'SIGNED'] as const)
    expect(
      all.some((next) => mayMove(status, next)),
      status,
    ).toBe(true)
  for (const status of all) expect(mayMove(status, status)).toBe(false)
})
