import { expect, test } from 'vitest'
import { localSolana, newWallet } from '../../../test/solana-bed.ts'
import type { Rpc } from '../rpc.ts'
import { blockhashes, bytesOf } from './serialized.ts'

const hash = newWallet().address

/** A node that knows the blockhash or not, and says that its newest block has this height. */
const node = (isKnown: boolean, height: number): Rpc =>
  ({
    batch: async () => [{ result: { value: isKnown } }, { result: height }],
  }) as unknown as Rpc

test('a blockhash ends by the later of two heights, so that a node that lies about its own frees nothing sooner', async () => {
  const ends = (...nodes: Rpc[]) => blockhashes(localSolana, nodes).requireLastValid(hash)
  expect(await ends(node(true, 1_000), node(true, 7))).toBe(1_150)
  expect(await ends(node(true, 7), node(true, 1_000))).toBe(1_150)
  expect(await ends(node(true, 7))).toBe(157)
})

test('one that only one of two nodes knows is no end to go by, and one that neither knows is refused', async () => {
  const { requireLastValid, stale } = blockhashes(localSolana, [node(true, 7), node(false, 1_000)])
  await expect(requireLastValid(hash)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  await expect(stale(hash)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  const gone = blockhashes(localSolana, [node(false, 7), node(false, 9)])
  await expect(gone.requireLastValid(hash)).rejects.toMatchObject({ code: 'INVALID_TRANSACTION' })
  expect(await gone.stale(hash)).toMatch(/expired/)
  expect(await blockhashes(localSolana, [node(true, 7), node(true, 9)]).stale(hash)).toBeUndefined()
})

test.each(['0x02', '0x02000102', 'AAA', 'AAAA=', ''])('%s is no base64 of a transaction', (text) => {
  expect(() => bytesOf(text)).toThrow('expected a transaction in base64')
})
