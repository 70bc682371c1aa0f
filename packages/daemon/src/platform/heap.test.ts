import { expect, test } from 'vitest'
import { giveBackHeap } from './heap.ts'

test('what nobody holds any more goes back to the system', () => {
  const held = Array.from({ length: 1_000_000 }, (_, index) => ({ index }))
  const before = process.memoryUsage().heapTotal
  held.length = 0
  giveBackHeap()
  expect(process.memoryUsage().heapTotal).toBeLessThan(before - 20_000_000)
  expect(globalThis.gc).toBeUndefined()
})
