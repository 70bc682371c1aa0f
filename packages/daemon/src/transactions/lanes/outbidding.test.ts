import { findNetwork, LOCAL_NETWORKS } from '@waiaas/contract'
import { expect, test } from 'vitest'
import type { AttemptRow } from '../rows/attempt-store.ts'
import { outbidding } from './outbidding.ts'

const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const chain = { network, order: { nextNonce: async () => 0 } }
// All that is looked at of an attempt, whose ids grow with time.
const row = (nonce: number, more: Partial<AttemptRow> = {}) =>
  ({ id: `send ${nonce}`, nonce, state: 'recorded', purpose: 'send', updated_at: 0, ...more }) as AttemptRow
const refusal = { outcome: 'refused', reason: 'underpriced', message: 'too low' } as const
const rows = [row(7), row(8), row(9)]

function start() {
  let now = 0
  const clock = { now: () => now, latest: () => now }
  const found = outbidding(chain, { clock, givenMs: () => 600_000 })
  const ids = (live = rows) => found.due(live).map(({ id }) => id)
  const pass = (ms: number) => {
    now += ms
  }
  return { ...found, ids, pass }
}

test('all that a node refused by a named price are outbid at once, in the order of their nonces, and once', () => {
  const { refused, ids, leaveAlone } = start()
  expect(ids()).toEqual([])
  for (const each of rows.toReversed()) refused(each, { ...refusal, least: 25n })
  expect(ids()).toEqual(['send 7', 'send 8', 'send 9'])
  leaveAlone('send 7')
  expect(ids()).toEqual(['send 8', 'send 9'])
})

test('of those that were refused without a price the first is outbid after a moment', () => {
  const { refused, ids, pass } = start()
  for (const each of rows) refused(each, refusal)
  expect(ids()).toEqual([])
  pass(2_000)
  expect(ids()).toEqual(['send 7'])
})

test('nothing is outbid on a nonce of which another attempt is in a block', () => {
  const { ids, pass, refused } = start()
  const second = row(7, { id: 'speed-up 7', purpose: 'speed-up' })
  refused(second, { ...refusal, least: 25n })
  pass(60_000)
  expect(ids([row(7), second])).toEqual(['speed-up 7'])
  expect(ids([row(7, { state: 'included' }), second])).toEqual([])
})

test('only the first is outbid for finding no block, and a nonce five times at most', () => {
  const { ids, pass, refused } = start()
  pass(60_000)
  expect(ids()).toEqual(['send 7'])
  const raises = [1, 2, 3, 4, 5].map((turn) =>
    row(7, { id: `so raised ${turn}`, purpose: 'speed-up', asked_by: 'system', updated_at: turn }),
  )
  for (const each of raises) refused(each, { ...refusal, least: 25n })
  expect(ids([row(7), ...raises.slice(0, 4)])).toEqual(['so raised 4'])
  expect(ids([row(7), ...raises])).toEqual([])
})

test('nothing is remembered of what is no attempt of the lane any more, however many come and go', () => {
  const { ids, refused, leaveAlone, putOff, noted } = start()
  for (let nonce = 0; nonce < 1_000; nonce++) {
    const live = [row(nonce), row(nonce + 1)]
    for (const each of live) refused(each, { ...refusal, least: 25n })
    leaveAlone(`send ${nonce}`)
    putOff(`send ${nonce + 1}`, 1_000)
    ids(live)
  }
  expect(noted()).toBe(2)
})

test('a nonce is left to whoever has the transaction for it, until its time is over', () => {
  const { refused, ids, pass } = start()
  const live = [row(7, { purpose: 'sign-only' }), row(8)]
  refused(live[0]!, refusal)
  pass(599_999)
  // It is not the daemon's to send, and those behind it wait for it.
  expect(ids(live)).toEqual([])
  pass(1)
  expect(ids(live)).toEqual(['send 7'])
})
