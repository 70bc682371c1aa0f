import { expect, test } from 'vitest'
import { evmPayment, RECIPIENT } from '../../../test/signing.ts'
import type { ApprovalProof, Payment } from '../types.ts'
import { readEvmTransaction } from './evm-transaction.ts'
import { Guarded } from './guarded.ts'
import { lifted, makeLift, newest } from './lifts.ts'
import { usedLifts } from './used-lifts.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 1)
const key = Guarded.random(32)
const address = '0x2222222222222222222222222222222222222222'
const under = { address, said: 1, password: newest() }
const payment: Payment = {
  ...{ chain: 'eip155:1', sender: address, moves: [{ asset: 'native', amount: '900', to: RECIPIENT }] },
  ...{ call: null, codeHash: null, memos: [], fee: '50' },
}
const reading = readEvmTransaction(evmPayment({ chainId: 1, value: 900n, gas: 1n, price: 50n }).payload)

function bed() {
  let now = START
  const used = usedLifts(() => now)
  const make = (hours?: number): ApprovalProof => {
    const { text, seal } = makeLift(key, under, { payment, hours, now })
    return { type: 'password', text, seal }
  }
  const use = (proof: ApprovalProof, nonce: number, of = used) => {
    const done = lifted({ ...under, key, used: of, now }, { reading, use: String(nonce), proofs: [proof] })
    if (typeof done === 'string') return done
    done()
    return 'signed'
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { used, make, use, pass }
}

test('a lift ends with its hours, a day unless said otherwise, also for a fee that rises', () => {
  const { make, use, pass } = bed()
  const [day, hour, week] = [make(), make(1), make(168)]
  expect(use(hour, 1)).toBe('signed')
  pass(HOUR - 1)
  expect(use(hour, 1)).toBe('signed')
  pass(1)
  expect(use(hour, 1)).toBe('its time is over')
  pass(23 * HOUR - 1)
  expect(use(day, 2)).toBe('signed')
  pass(1)
  expect([use(day, 2), use(week, 3)]).toEqual(['its time is over', 'signed'])
  pass(144 * HOUR)
  expect(use(week, 3)).toBe('its time is over')
})

test('what was used is remembered until its end, through records too, and is not without bound', () => {
  const { make, use, used, pass } = bed()
  const lifts = Array.from({ length: 100 }, () => make(2))
  for (const [nonce, lift] of lifts.entries()) expect(use(lift, nonce)).toBe('signed')
  expect(use(make(), 100)).toContain('too many are remembered as used')
  // One that is known goes on.
  expect([use(lifts[7]!, 7), use(lifts[7]!, 8)]).toEqual(['signed', 'it was used before'])
  const another = usedLifts(() => START)
  another.merge((JSON.parse(`{"a":0${used.record()}}`) as { lifted: Record<string, [string, number]> }).lifted)
  expect([use(lifts[7]!, 8, another), use(lifts[7]!, 7, another)]).toEqual(['it was used before', 'signed'])
  // An older record takes nothing back.
  another.merge({})
  another.merge(undefined)
  expect(use(lifts[7]!, 8, another)).toBe('it was used before')
  pass(2 * HOUR)
  expect(used.record()).toBe('')
  expect(use(make(), 101)).toBe('signed')
})

test('of several proofs one that fits is enough, and more than a few are refused', () => {
  const { make, used } = bed()
  const other = makeLift(key, under, { payment: { ...payment, memos: ['00'] }, hours: 1, now: START })
  const proofs: ApprovalProof[] = [{ type: 'password', text: other.text, seal: other.seal }, make()]
  const place = { ...under, key, used, now: START }
  expect(lifted(place, { reading, use: '1', proofs })).toBeTypeOf('function')
  expect(lifted(place, { reading, use: '1', proofs: proofs.slice(0, 1) })).toBe('it is for another payment')
  expect(() => lifted(place, { reading, use: '1', proofs: Array.from({ length: 5 }, () => make()) })).toThrow(
    /at most 4 proofs/,
  )
})
