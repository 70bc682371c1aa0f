import { randomBytes } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import {
  address,
  appendTransactionMessageInstruction,
  blockhash,
  compileTransactionMessage,
  createNoopSigner,
  createTransactionMessage,
  getCompiledTransactionMessageEncoder,
  getOffchainMessageV0Encoder,
  type OffchainMessageApplicationDomain,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { hexToBytes, recoverMessageAddress, serializeTransaction, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evmPayment, requestOf, solanaPayment, WIDE } from '../../../test/signing.ts'
import { offchainMessage } from '../../chains/solana/messages.ts'
import type { Chain, KeyRow, SignKind, SignRequest } from '../types.ts'
import { encryptSecret } from './box.ts'
import { makeCeilings } from './ceilings.ts'
import { curves } from './curves.ts'
import { Guarded } from './guarded.ts'
import { associatedData, storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, wipeKeyring } from './keyring.ts'
import { newest } from './lifts.ts'
import { signBatch } from './sign.ts'

let keyring: Keyring
let evm: KeyRow
let solana: KeyRow
const store = (chain: Chain, hex: string) =>
  storeKey(keyring, { walletId: 'w', chain }, Guarded.taken(Buffer.from(hex, 'hex')))

beforeAll(async () => {
  keyring = (await createKeyring(Buffer.from('password', 'utf8'))).keyring
  evm = store('ethereum', '46'.repeat(32))
  solana = store('solana', '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
})
afterAll(() => wipeKeyring(keyring))

const bytes = (text: string) => Buffer.from(text, 'utf8')
function signAll(key: KeyRow, requests: readonly SignRequest[]) {
  const ceilings = makeCeilings(keyring, { witness: { named: () => 0 }, password: newest(), signer: '' })
  const ceiling = ceilings.set({ address: key.address, next: WIDE })
  return signBatch({ keyring, ceilings }, { key, ceiling, lane: 'lane', requests }).results
}
const sign = (key: KeyRow, kind: SignKind, payload: Uint8Array) => signAll(key, [requestOf(kind, payload)])[0]!

describe('evm-tx', () => {
  const to = '0x3535353535353535353535353535353535353535'
  const eip155 = 'ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080'

  test('the example transaction of EIP-155 gets the signature that the standard prints', () => {
    const { signature } = sign(evm, 'evm-tx', Buffer.from(eip155, 'hex'))
    expect(toHex(signature!.subarray(0, 64))).toBe(
      '0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276' +
        '67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
    )
    expect(signature![64]).toBe(0)
  })

  const typed = { chainId: 1, nonce: 3, to, value: 5n, gas: 21000n, data: '0x6d656d6f' } as const
  const accessList = [{ address: to, storageKeys: [`0x${'ab'.repeat(32)}`] }] as const
  test.each([
    ['EIP-1559', serializeTransaction({ ...typed, type: 'eip1559', maxFeePerGas: 9n, maxPriorityFeePerGas: 1n })],
    ['legacy', serializeTransaction({ ...typed, type: 'legacy', gasPrice: 9n })],
    ['EIP-2930', serializeTransaction({ ...typed, type: 'eip2930', gasPrice: 9n })],
    ['EIP-2930 with a list', serializeTransaction({ ...typed, type: 'eip2930', gasPrice: 9n, accessList })],
    ['a list', serializeTransaction({ ...typed, type: 'eip1559', maxFeePerGas: 9n, accessList })],
  ])('%s is signed', (_name, serialized) => {
    expect(sign(evm, 'evm-tx', hexToBytes(serialized)).signature).toHaveLength(65)
  })

  const unlisted = () => serializeTransaction({ ...typed, type: 'eip1559', maxFeePerGas: 9n })
  /** With one entry of an access list as it stands in the bytes, in place of none. */
  function listed(entry: string): Uint8Array {
    const bytes = Buffer.from(entry, 'hex')
    const head = hexToBytes(unlisted()).subarray(2, -1)
    const content = Buffer.concat([head, Buffer.of(0xc0 + bytes.length), bytes])
    const length = content.length < 56 ? [0xc0 + content.length] : [0xf8, content.length]
    return Buffer.concat([Buffer.of(2, ...length), content])
  }
  const signed = serializeTransaction(
    { ...typed, type: 'eip1559' },
    { r: `0x${'1'.repeat(64)}`, s: `0x${'2'.repeat(64)}`, yParity: 0 },
  )
  const authorization = {
    chainId: 1,
    address: to,
    nonce: 0,
    r: `0x${'1'.repeat(64)}`,
    s: `0x${'2'.repeat(64)}`,
    yParity: 0,
  } as const
  test.each<[string, Uint8Array]>([
    [
      'an EIP-7702 transaction',
      hexToBytes(serializeTransaction({ ...typed, type: 'eip7702', authorizationList: [authorization] })),
    ],
    ['a blob transaction', Buffer.of(3, 0xc0)],
    ['bytes in place of a list', Buffer.concat([hexToBytes(unlisted()).subarray(0, -1), Buffer.of(0x80)])],
    ...['00', 'c0', `d694${'35'.repeat(20)}80`, `d794${'35'.repeat(20)}c1c0`, `d795${'35'.repeat(21)}c0`].map(
      (entry) => [`the entry ${entry} of a list`, listed(entry)] as [string, Uint8Array],
    ),
    ['a legacy transaction without a chain id', Buffer.from(`e8${eip155.slice(2, -6)}`, 'hex')],
    ['chain id 0', Buffer.from(eip155.replace(/018080$/, '808080'), 'hex')],
    ['a signed transaction', hexToBytes(signed)],
    ['bytes behind the transaction', Buffer.from(`${eip155}00`, 'hex')],
    ['a cut transaction', Buffer.from(eip155.slice(0, -2), 'hex')],
    ['a 32-byte hash', randomBytes(32)],
    ['nothing', new Uint8Array(0)],
    ['the digest of typed data', Buffer.concat([Buffer.of(0x19, 1), randomBytes(64)])],
    [
      'a number with a leading zero',
      Buffer.from(`ed8200098504a817c8008252089435353535353535353535353535353535353535358080018080`, 'hex'),
    ],
  ])('%s is refused', (_name, payload) => {
    expect(sign(evm, 'evm-tx', payload)).toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

describe('solana', () => {
  function message(version: 'legacy' | 0, payer: string): Uint8Array {
    const lifetime = { blockhash: blockhash('EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N'), lastValidBlockHeight: 1n }
    const transfer = getTransferSolInstruction({
      source: createNoopSigner(address(payer)),
      destination: address('HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk'),
      amount: 1n,
    })
    const built = pipe(
      createTransactionMessage({ version }),
      (empty) => setTransactionMessageFeePayer(address(payer), empty),
      (paid) => setTransactionMessageLifetimeUsingBlockhash(lifetime, paid),
      (dated) => appendTransactionMessageInstruction(transfer, dated),
    )
    return Uint8Array.from(getCompiledTransactionMessageEncoder().encode(compileTransactionMessage(built)))
  }
  const stranger = 'HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk'

  test.each(['legacy', 0] as const)('a %s message is signed as RFC 8032 says', (version) => {
    const payload = message(version, solana.address)
    const { signature } = sign(solana, 'solana-tx', payload)
    const publicKey = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex')
    expect(ed25519.verify(signature!, payload, publicKey)).toBe(true)
  })

  test.each<[string, () => Uint8Array]>([
    ['a message that this wallet does not have to sign', () => message(0, stranger)],
    ['bytes behind the message', () => Buffer.concat([message(0, solana.address), Buffer.of(0)])],
    ['a cut message', () => message(0, solana.address).subarray(0, -1)],
    ['text', () => bytes('hello')],
  ])('%s is refused as a transaction', (_name, make) => {
    expect(sign(solana, 'solana-tx', make())).toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

test('a kind that the chain does not sign, or that nobody knows, is refused', () => {
  for (const [key, kind] of [
    [evm, 'solana-tx'],
    [solana, 'evm-tx'],
    [store('ripple', '11'.repeat(32)), 'evm-tx'],
    ...['eip191', 'eip712', 'user-op', 'http', 'digest', 'toString'].map((name) => [evm, name] as const),
    ...['solana-offchain', 'http'].map((name) => [solana, name] as const),
  ] as const)
    expect(sign(key, kind as SignKind, bytes('hello'))).toMatchObject({ code: 'SIGN_REFUSED' })
})

test('a text is signed with the mark that no transaction has, and nothing that people cannot read', async () => {
  const [result] = signAll(evm, [requestOf('evm-text', bytes('hello'))])
  const { signature } = result!
  const [r, s] = [signature!.subarray(0, 32), signature!.subarray(32, 64)].map((half) =>
    Buffer.from(half).toString('hex'),
  )
  const shown = `0x${r}${s}${(27 + signature![64]!).toString(16)}` as const
  expect(await recoverMessageAddress({ message: 'hello', signature: shown })).toBe(evm.address)
  const hash = 'ab'.repeat(32)
  const odd = [
    ...[hash, `0x${hash}`, '0xf86c', '\x19\x01', 'a\u202eb', '', '   ', Buffer.alloc(60, 7).toString('base64')].map(
      bytes,
    ),
    ...[Buffer.from(hash, 'hex'), evmPayment().payload, Buffer.alloc(32_001, 'a ')],
  ]
  for (const payload of odd) expect(sign(evm, 'evm-text', payload)).toMatchObject({ code: 'SIGN_REFUSED' })
  expect(sign(evm, 'evm-tx', bytes('hello'))).toMatchObject({ code: 'SIGN_REFUSED' })
  expect(sign(solana, 'evm-text', bytes('hello'))).toMatchObject({ code: 'SIGN_REFUSED' })
  const mixed = signAll(evm, [evmPayment(), requestOf('evm-text', bytes('hello'))])
  expect(mixed).toMatchObject([{ signature: expect.any(Uint8Array) }, { code: 'SIGN_REFUSED' }])
})

test.each(['hello', 'hello\nworld', 'x y '.repeat(400)])(
  'a text on Solana is an off-chain message of version 0',
  (text) => {
    const { signature } = sign(solana, 'solana-text', bytes(text))
    const length = Buffer.byteLength(text)
    const format = length > 1_147 ? 2 : text.includes('\n') ? 1 : 0
    const encoded = getOffchainMessageV0Encoder().encode({
      version: 0,
      applicationDomain: '11111111111111111111111111111111' as OffchainMessageApplicationDomain,
      requiredSignatories: [{ address: address(solana.address) }],
      content: { format, text } as never,
    })
    const publicKey = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex')
    expect(ed25519.verify(signature!, Uint8Array.from(encoded), publicKey)).toBe(true)
    expect(offchainMessage(solana.address, bytes(text))).toEqual(Buffer.from(encoded))
    expect(sign(solana, 'solana-text', bytes('ab'.repeat(32)))).toMatchObject({ code: 'SIGN_REFUSED' })
  },
)

test('a sign-in with this Solana account is signed as it stands, and nothing else is', () => {
  const text = (domain: string, account = solana.address) =>
    bytes(`${domain} wants you to sign in with your Solana account:\n${account}\n\nNonce: 12345678`)
  const { signature } = sign(solana, 'solana-sign-in', text('app.example'))
  const publicKey = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex')
  expect(ed25519.verify(signature!, text('app.example'), publicKey)).toBe(true)
  const odd = [
    ...[text('app.example', evm.address), text('.app.example'), text(' app.example'), text('an app'), text('')],
    ...[bytes('hello'), Buffer.concat([bytes('x\n'), text('app.example')]), Buffer.concat([text('a'), Buffer.of(0)])],
    ...[solanaPayment(solana.address).payload, Buffer.concat([text('a'), bytes('a'.repeat(32_000))])],
  ]
  for (const payload of odd) expect(sign(solana, 'solana-sign-in', payload)).toMatchObject({ code: 'SIGN_REFUSED' })
  expect(sign(evm, 'solana-sign-in', text('app.example'))).toMatchObject({ code: 'SIGN_REFUSED' })
})

test('a row whose address is not that of its key is KEY_MISMATCH', () => {
  const secret = Guarded.taken(Buffer.from('46'.repeat(32), 'hex'))
  const address = '0x0000000000000000000000000000000000000001'
  const row = { walletId: 'w', chain: 'ethereum', address, curve: 'secp256k1' } as const
  const lying = {
    ...row,
    ciphertext: encryptSecret(keyring.walletKeys, secret, associatedData(row)).toString('base64'),
  }
  expect(sign(lying, 'evm-tx', evmPayment().payload)).toMatchObject({ code: 'KEY_MISMATCH' })
})

test('a call is refused, unless the ceiling names its contract', () => {
  expect(signAll(evm, [evmPayment({ data: '0x095ea7b3' })])).toMatchObject([{ code: 'CEILING_EXCEEDED' }])
})

test('bytes that are not those of the authorisation are refused', () => {
  const { authorisation } = evmPayment({ value: 1n })
  const requests = [{ ...evmPayment({ value: 2n }), authorisation }]
  expect(signAll(evm, requests)).toMatchObject([{ code: 'SIGN_REFUSED' }])
})

test('the second vector of RFC 8032 for Ed25519', () => {
  const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex')
  const key = curves.ed25519.open(Guarded.taken(seed))
  expect(Buffer.from(key.publicKey).toString('hex')).toBe(
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  )
  expect(Buffer.from(key.sign(Buffer.of(0x72))).toString('hex')).toBe(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
  key.close()
})
