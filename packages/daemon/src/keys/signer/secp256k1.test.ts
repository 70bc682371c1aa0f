import { createHash } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fallbackSecp256k1, nativeSecp256k1 } from './secp256k1.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const word = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

test('the native and the pure implementation give the same keys and the same low-s signatures', async () => {
  const native = nativeSecp256k1()
  const fallback = await fallbackSecp256k1()
  // Platforms without a prebuilt binary have nothing to compare; the known vector below covers what they run.
  const implementations = native ? [native, fallback] : [fallback]
  fc.assert(
    fc.property(bytes32, bytes32, (secret, digest) => {
      fc.pre(fallback.isValid(secret))
      const [first, ...others] = implementations.map(
        (one) => [one.publicKey(secret), one.sign(digest, secret)] as const,
      )
      for (const other of others) expect(Buffer.concat(other)).toEqual(Buffer.concat(first!))
      expect(number(first![1].subarray(32, 64)) <= order / 2n).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('both refuse zero and values from the group order up', async () => {
  const implementations = [nativeSecp256k1(), await fallbackSecp256k1()].filter((one) => one !== undefined)
  for (const { isValid } of implementations) {
    const secrets = [word(0n), word(order), word(2n ** 256n - 1n), word(1n).subarray(1), word(1n), word(order - 1n)]
    expect(secrets.map(isValid)).toEqual([false, false, false, false, true, true])
  }
})

test('signatures are those of RFC 6979: the widely published vector for key 1 and "Satoshi Nakamoto"', async () => {
  const digest = createHash('sha256').update('Satoshi Nakamoto').digest()
  const expected =
    '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
    '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5'
  for (const one of [nativeSecp256k1(), await fallbackSecp256k1()]) {
    if (!one) continue
    const signature = one.sign(digest, word(1n))
    expect(Buffer.from(signature.subarray(0, 64)).toString('hex')).toBe(expected)
    const recovered = secp256k1.Signature.fromBytes(signature.subarray(0, 64))
      .addRecoveryBit(signature[64]!)
      .recoverPublicKey(digest)
    expect(recovered.toHex(false)).toBe(Buffer.from(one.publicKey(word(1n))).toString('hex'))
  }
})
