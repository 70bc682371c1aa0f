import { expect, test } from 'vitest'
import { connectionOpened, nextTurn } from './turn.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('work begins when the connections that come together have come', async () => {
  const order: string[] = []
  connectionOpened()
  const work = nextTurn().then(() => order.push('work'))
  for (let at = 0; at < 20; at++) {
    connectionOpened()
    order.push('connection')
    await turn()
  }
  await work
  expect(order).toEqual([...Array(20).fill('connection'), 'work'])
})

test('connections without an end keep no work waiting for good', async () => {
  let isDone = false
  const work = nextTurn().then(() => {
    isDone = true
  })
  let turns = 0
  for (; !isDone && turns < 1_000; turns++) {
    connectionOpened()
    await turn()
  }
  await work
  expect(turns).toBeLessThan(100)
})
