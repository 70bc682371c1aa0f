import { findNetwork, LOCAL_NETWORKS } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { type GasSettings, storedCondition } from './condition.ts'

const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const settings: GasSettings = { enabled: true, defaultSeconds: 3_600, mostSeconds: 7_200 }
const stored = (wanted: object, change: Partial<GasSettings> = {}) =>
  storedCondition(wanted, network, { ...settings, ...change })

test('a price is stored in the smallest unit, with the time that it or the operator says', () => {
  expect(stored({ maxGasPrice: '1.5 gwei' })).toEqual({ maxGasPrice: '1500000000', timeoutSeconds: 3_600 })
  expect(stored({ maxPriorityFee: '7', timeout: 60 })).toEqual({ maxPriorityFee: '7', timeoutSeconds: 60 })
  expect(stored({ maxGasPrice: '1' }, { mostSeconds: 100 }).timeoutSeconds).toBe(100)
})

test('what the operator does not let wait, or not so long, is refused', () => {
  expect(() => stored({ maxGasPrice: '1' }, { enabled: false })).toThrow('turned waiting for gas off')
  expect(() => stored({ maxGasPrice: '1', timeout: 7_201 })).toThrow('at most 7200 s, got 7201 s')
})
