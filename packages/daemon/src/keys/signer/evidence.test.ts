import { beforeAll, expect, test } from 'vitest'
import type { Checkpoint, EvidenceHead } from '../types.ts'
import { type Witness, witness } from './evidence.ts'
import { createKeyring, type Keyring } from './keyring.ts'

const cheap = { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 }
let keyring: Keyring
let other: Keyring
beforeAll(async () => {
  const made = await Promise.all(['one', 'two'].map((text) => createKeyring(Buffer.from(text), cheap)))
  ;[keyring, other] = made.map((each) => each.keyring) as [Keyring, Keyring]
})

const hash = 'a'.repeat(64)
const head = (chain: string, seq: number): EvidenceHead => ({ chain, seq, hash })
const next = (heads: EvidenceHead[], previous?: Checkpoint) => ({ at: 1, heads, ...(previous && { previous }) })
/** Two checkpoints, and who signed them. */
function signedTwice(): { signer: Witness; one: Checkpoint; two: Checkpoint } {
  const signer = witness(keyring)
  const one = signer.sign(next([head('wallet:a', 2), head('system', 5)]))
  return { signer, one, two: signer.sign(next([head('system', 7)], one)) }
}

test('each keyring signs with a key of its own, which is the same after each start', () => {
  const { one } = signedTwice()
  expect(witness(keyring).publicKey).toBe(one.publicKey)
  expect(witness(other).publicKey).not.toBe(one.publicKey)
  expect(signedTwice().one).toEqual(one)
  expect(witness(other).sign(next(one.heads)).signature).not.toBe(one.signature)
})

test('checkpoints are numbered and chained, their heads in the order of their chains', () => {
  const { one, two } = signedTwice()
  expect(one).toMatchObject({ seq: 1, prevHash: '0'.repeat(64), heads: [head('system', 5), head('wallet:a', 2)] })
  expect(two).toMatchObject({ seq: 2, prevHash: one.hash })
})

test('what is signed is signed in no other version: not from the beginning, not behind an older one', () => {
  const { signer, one } = signedTwice()
  expect(() => signer.sign(next([head('system', 9)]))).toThrow('is signed already')
  expect(() => signer.sign(next([head('system', 9)], one))).toThrow('is signed already')
})

test('a row that is signed is not signed again, whatever its hash', () => {
  const { signer, two } = signedTwice()
  for (const seq of [1, 6, 7])
    expect(() => signer.sign(next([head('system', seq)], two))).toThrow('behind what is signed')
  // Also when it is known from the checkpoint before alone.
  expect(() => witness(keyring).sign(next([head('system', 7)], two))).toThrow('behind what is signed')
})

test('a checkpoint that this keyring did not sign as it is has no successor', () => {
  const { one, two } = signedTwice()
  const forged = witness(other).sign(next(two.heads, witness(other).sign(next(one.heads))))
  const altered: Checkpoint[] = [
    { ...two, at: 2 },
    { ...two, seq: 9 },
    { ...two, heads: [head('system', 6)] },
    { ...two, signature: one.signature },
    { ...two, hash },
    forged,
    { ...forged, publicKey: two.publicKey },
  ]
  for (const previous of altered)
    expect(() => witness(keyring).sign(next([head('system', 9)], previous))).toThrow('was not signed by this keyring')
})

test('what another replica has signed meanwhile is followed', () => {
  const { signer, two } = signedTwice()
  const three = witness(keyring).sign(next([head('system', 8)], two))
  expect(signer.sign(next([head('system', 9)], three))).toMatchObject({ seq: 4, prevHash: three.hash })
})

test('nothing but heads is signed: none, one twice, and numbers that no row has are refused', () => {
  const odd = [[], [head('system', 1), head('system', 2)], [head('system', 0)], [head('system', 1.5)]]
  for (const heads of odd) expect(() => witness(keyring).sign(next(heads))).toThrow('is no next checkpoint')
})
