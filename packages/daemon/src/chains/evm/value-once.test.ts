import { factsOf, findNetwork, LOCAL_NETWORKS, nativeAsset } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from './decode.ts'
import { toGas } from './gas-units.ts'
import { encodeUnsigned } from './transaction.ts'

const network = findNetwork(LOCAL_NETWORKS, 'local-evm')!
const native = nativeAsset(network)
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => `0x${Buffer.from(all).toString('hex')}`)
const word = hex(32).map((text) => text.slice(2))
const me = `0x${'a0'.repeat(20)}`
const ownWord = me.slice(2).padStart(64, '0')

/** Calls of every function that the decoder knows, of some that it does not, memos, and nothing. */
const data = fc.oneof(
  fc.constant('0x'),
  fc.string({ minLength: 1, maxLength: 40 }).map((text) => `0x${Buffer.from(text).toString('hex')}`),
  fc.tuple(hex(4), fc.array(word, { maxLength: 3 })).map(([selector, words]) => selector + words.join('')),
  fc
    .tuple(fc.constantFrom('0xa9059cbb', '0x095ea7b3', '0x39509351'), hex(20), word)
    .map(([selector, party, amount]) => selector + party.slice(2).padStart(64, '0') + amount),
  fc.tuple(hex(20), word).map(([to, amount]) => `0x23b872dd${ownWord}${to.slice(2).padStart(64, '0')}${amount}`),
)

test('the value of a transaction leaves once, whatever it calls', () => {
  fc.assert(
    fc.property(
      hex(20),
      fc.bigInt({ min: 0n, max: 2n ** 200n }),
      data,
      fc.boolean(),
      (to, value, calldata, hasNoCode) => {
        const fees = { type: 'eip1559', maxPriorityFeePerGas: 1n, maxFeePerGas: 2n } as const
        const tx = { chainId: 31337, nonce: 0, gas: toGas(21_000n), to, value, data: calldata, fees }
        const { effects } = decode(
          { network, chainId: 31337 },
          { sender: me, bytes: encodeUnsigned(tx), hints: { hasNoCode } },
        )
        const leaving = factsOf(effects).pays.filter(({ asset }) => asset === native)
        expect(leaving.reduce((sum, { amount }) => sum + amount, 0n)).toBe(value)
      },
    ),
    { numRuns: 2_000 },
  )
})
