import { LOCAL_NETWORKS, toBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import type { Intent } from '../../chains/intent.ts'
import { decodeRequest, encodeRequest } from './all.ts'
import { withPriorityFee } from './priority-fee.ts'

const [evm, solana] = (['local-evm', 'local-solana'] as const).map((id) => ({
  network: LOCAL_NETWORKS.find((one) => one.id === id)!,
  ...(id === 'local-solana' && { programs: {} as never }),
}))
const transfer: Intent = { kind: 'transfer', to: 'x', amount: toBase(1n) }

test('a price for compute units is kept with what was asked for, and is none of another network', () => {
  const priced = withPriorityFee(transfer, '2000', solana!)
  expect(priced).toEqual({ ...transfer, priorityFee: 2_000n })
  const batch: Intent = { kind: 'batch', parts: [{ type: 'TRANSFER', intent: priced as never }], priorityFee: 9n }
  for (const intent of [transfer, priced, batch]) {
    const text = encodeRequest({ type: 'TRANSFER', network: 'local-solana', intent })
    expect(decodeRequest(text).intent).toEqual(intent)
  }
  expect(() => withPriorityFee(transfer, '2000', evm!)).toThrow('expected no priorityFee on')
  expect(() => withPriorityFee(transfer, `${2n ** 64n}`, solana!)).toThrow('at most')
  expect(() => withPriorityFee(transfer, '2 gwei', solana!)).toThrow('expected')
})
