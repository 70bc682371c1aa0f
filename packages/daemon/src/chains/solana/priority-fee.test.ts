import { toBase } from '@waiaas/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bed, newWallet, testBed } from '../../../test/solana-bed.ts'
import type { Rpc } from '../rpc.ts'
import { priorityFees } from './priority-fee.ts'

let bed: Bed
beforeAll(async () => {
  bed = await testBed()
})
afterAll(() => bed.close())

/** An endpoint that answers these recent fees; every other call would be a mistake. */
function rpcWith(fees: number[]) {
  let asked = 0
  const unexpected = (): never => {
    throw new Error('expected getRecentPrioritizationFees only')
  }
  const rpc: Rpc = {
    call: async <T>(method: string) => {
      if (method !== 'getRecentPrioritizationFees') return unexpected()
      asked += 1
      return fees.map((prioritizationFee, slot) => ({ slot, prioritizationFee })) as T
    },
    batch: unexpected,
    status: () => [],
    close: unexpected,
  }
  return { rpc, asked: () => asked }
}

test.each([
  [[], 1_000n],
  [[0, 0, 0], 1_000n],
  [[9_000, 1, 5_000], 5_000n],
  [[10, 20_000_000, 20_000_000], 1_000_000n],
])('recent fees %j give a price of %s micro-lamports', async (fees, price) => {
  expect(await priorityFees(rpcWith(fees).rpc, () => 0)()).toBe(price)
})

test('the price is shared for ten seconds', async () => {
  let now = 0
  const { rpc, asked } = rpcWith([2_000])
  const price = priorityFees(rpc, () => now)
  await Promise.all([price(), price(), price()])
  expect(asked()).toBe(1)
  now = 10_000
  await price()
  expect(asked()).toBe(2)
})

test('a draft prices its compute units at what recent blocks paid', async () => {
  const sender = await bed.funded()
  const { maxFee } = await bed.chain.draft(sender.address, {
    kind: 'transfer',
    to: newWallet().address,
    amount: toBase(1n),
  })
  // One band of up to 19,999 units at the node's 1,000 to 1,019 micro-lamports, beside one signature.
  expect(maxFee - 5_000n).toBeGreaterThanOrEqual(20n)
  expect(maxFee - 5_000n).toBeLessThanOrEqual(21n)
})
