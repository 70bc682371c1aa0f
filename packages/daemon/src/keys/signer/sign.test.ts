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
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { type Hex, hashMessage, hashTypedData, hexToBytes, recoverAddress, serializeTransaction, toHex } from 'viem'
import { getUserOperationHash } from 'viem/account-abstraction'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chain, KeyRow, SignKind } from '../types.ts'
import { encryptSecret } from './box.ts'
import { curves } from './curves.ts'
import { Guarded } from './guarded.ts'
import { associatedData, storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, wipeKeyring } from './keyring.ts'
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
const sign = (key: KeyRow, kind: SignKind, payload: Uint8Array) => signBatch(keyring, [{ kind, key, payload }])[0]!
const json = (value: unknown) =>
  bytes(JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item)))

async function signerOf(hash: Hex, kind: SignKind, payload: Uint8Array): Promise<string | undefined> {
  const { signature, refused } = sign(evm, kind, payload)
  if (!signature) return refused
  const compact = Uint8Array.from(signature)
  compact[64]! += 27
  return recoverAddress({ hash, signature: toHex(compact) })
}

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

  const typed = { chainId: 1, nonce: 3, to, value: 5n, gas: 21000n, data: '0x1234' } as const
  const accessList = [{ address: to, storageKeys: [`0x${'ab'.repeat(32)}`] }] as const
  test.each([
    ['EIP-1559', serializeTransaction({ ...typed, type: 'eip1559', maxFeePerGas: 9n, maxPriorityFeePerGas: 1n })],
    ['EIP-1559 with access list', serializeTransaction({ ...typed, type: 'eip1559', maxFeePerGas: 9n, accessList })],
    ['EIP-1559 that deploys', serializeTransaction({ ...typed, type: 'eip1559', to: null, maxFeePerGas: 9n })],
    ['EIP-2930', serializeTransaction({ ...typed, type: 'eip2930', gasPrice: 9n, accessList })],
    ['legacy', serializeTransaction({ ...typed, type: 'legacy', gasPrice: 9n })],
  ])('%s is signed', (_name, serialized) => {
    expect(sign(evm, 'evm-tx', hexToBytes(serialized)).signature).toHaveLength(65)
  })

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

describe('eip191', () => {
  test('text is signed with the prefix of the standard', async () => {
    const message = 'Sign in to example.org — nonce 7'
    expect(await signerOf(hashMessage(message), 'eip191', bytes(message))).toBe(evm.address)
  })

  test.each<[string, Uint8Array]>([
    ['exactly 32 bytes', randomBytes(32)],
    ['exactly 32 characters', bytes('x'.repeat(32))],
    ['bytes that are not UTF-8', Buffer.of(0xc3, 0x28, 0x41)],
    ['a hash in hexadecimal', bytes(`0x${'ab'.repeat(32)}`)],
    ['nothing', new Uint8Array(0)],
  ])('%s is refused', (_name, payload) => {
    expect(sign(evm, 'eip191', payload)).toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

describe('eip712', () => {
  const contract = '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC'
  const person = [
    { name: 'name', type: 'string' },
    { name: 'wallets', type: 'address[]' },
  ]
  const mail = {
    domain: { name: 'Ether Mail', version: '1', chainId: 1, verifyingContract: contract },
    types: {
      Person: person,
      Mail: [
        { name: 'from', type: 'Person' },
        { name: 'to', type: 'Person[]' },
        { name: 'contents', type: 'string' },
        { name: 'data', type: 'bytes' },
        { name: 'tag', type: 'bytes4' },
        { name: 'amount', type: 'int128' },
        { name: 'pair', type: 'uint8[2]' },
        { name: 'urgent', type: 'bool' },
      ],
    },
    primaryType: 'Mail',
    message: {
      from: { name: 'Cow', wallets: [contract, contract] },
      to: [{ name: 'Bob', wallets: [] }],
      contents: 'Hello, Bob!',
      data: '0x0102',
      tag: '0xdeadbeef',
      amount: '-12345678901234567890',
      pair: [1, 2],
      urgent: true,
    },
  }

  test('nested structures, lists and every kind of value hash as in another implementation', async () => {
    // viem types integers as bigint and takes their text as well.
    const hash = hashTypedData({ ...mail, message: { ...mail.message, amount: BigInt(mail.message.amount) } } as never)
    expect(await signerOf(hash, 'eip712', json(mail))).toBe(evm.address)
  })

  test.each<[string, object]>([
    ['a surplus field', { message: { ...mail.message, hidden: 1 } }],
    ['a missing field', { message: { ...mail.message, contents: undefined } }],
    ['a number beyond exactness', { message: { ...mail.message, amount: 2 ** 60 } }],
    ['a number out of range', { message: { ...mail.message, pair: [1, 256] } }],
    ['a list of a wrong length', { message: { ...mail.message, pair: [1] } }],
    ['bytes of a wrong length', { message: { ...mail.message, tag: '0xdead' } }],
    ['an unknown type', { types: { ...mail.types, Person: [...person, { name: 'x', type: 'Missing' }] } }],
    ['an empty domain', { domain: {} }],
    ['a domain with a foreign field', { domain: { ...mail.domain, other: 1 } }],
    ['a domain type that does not fit', { types: { ...mail.types, EIP712Domain: [{ name: 'name', type: 'string' }] } }],
    ['a domain alone', { primaryType: 'EIP712Domain' }],
    ['a structure that hides an elementary type', { types: { ...mail.types, address: person } }],
    [
      'a field name that forges a second field',
      { types: { ...mail.types, Person: [{ name: 'name,uint256 x', type: 'string' }] } },
    ],
    ['a field defined twice', { types: { ...mail.types, Person: [...person, person[0]] } }],
    ['a type that is only inherited', { primaryType: 'toString' }],
    ['a field beside the four', { digest: `0x${'00'.repeat(32)}` }],
  ])('%s is refused', (_name, change) => {
    expect(sign(evm, 'eip712', json({ ...mail, ...change }))).toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

describe('user-op', () => {
  const entryPoint = '0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108'
  const gas = {
    callGasLimit: 1n,
    verificationGasLimit: 2n,
    preVerificationGas: 3n,
    maxFeePerGas: 4n,
    maxPriorityFeePerGas: 5n,
  }
  const base = { sender: evmAddress(), nonce: 7n, callData: '0xabcdef', signature: '0x' } as const
  const half = (value: bigint) => value.toString(16).padStart(32, '0')
  const packed = {
    ...{ sender: base.sender, nonce: base.nonce, callData: base.callData, initCode: '0x', paymasterAndData: '0x' },
    accountGasLimits: `0x${half(gas.verificationGasLimit)}${half(gas.callGasLimit)}`,
    preVerificationGas: gas.preVerificationGas,
    gasFees: `0x${half(gas.maxPriorityFeePerGas)}${half(gas.maxFeePerGas)}`,
  }

  test.each(['0.7', '0.8'] as const)('version %s is hashed as in another implementation', async (entryPointVersion) => {
    const common = { chainId: 1, entryPointAddress: entryPoint, entryPointVersion } as const
    const hash = getUserOperationHash({ ...common, userOperation: { ...base, ...gas } })
    const toSign = entryPointVersion === '0.8' ? hash : hashMessage({ raw: hash })
    const payload = json({ entryPoint, entryPointVersion, chainId: 1, operation: packed })
    expect(await signerOf(toSign, 'user-op', payload)).toBe(evm.address)
  })

  test('version 0.6 is hashed as in another implementation', async () => {
    const operation = { ...base, ...gas, initCode: '0x', paymasterAndData: '0x' } as const
    const hash = getUserOperationHash({
      chainId: 1,
      entryPointAddress: entryPoint,
      entryPointVersion: '0.6',
      userOperation: operation,
    })
    const { signature: _unsigned, ...unsigned } = operation
    const payload = json({ entryPoint, entryPointVersion: '0.6', chainId: 1, operation: unsigned })
    expect(await signerOf(hashMessage({ raw: hash }), 'user-op', payload)).toBe(evm.address)
  })

  test.each<[string, object]>([
    ['a hash in place of an operation', { operation: `0x${'00'.repeat(32)}` }],
    ['a surplus field', { operation: { ...packed, signature: '0x' } }],
    ['a missing field', { operation: { ...packed, gasFees: undefined } }],
    ['an unknown version', { entryPointVersion: '0.5' }],
    ['an EIP-7702 account', { operation: { ...packed, initCode: '0x7702' } }],
  ])('%s is refused', (_name, change) => {
    const payload = json({ entryPoint, entryPointVersion: '0.8', chainId: 1, operation: packed, ...change })
    expect(sign(evm, 'user-op', payload)).toMatchObject({ code: 'SIGN_REFUSED' })
  })

  function evmAddress() {
    return '0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F' as const
  }
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

  test.each(['solana-offchain', 'http'] as const)('a transaction is refused as %s', (kind) => {
    for (const version of ['legacy', 0] as const) {
      const payload = message(version, solana.address)
      expect(sign(solana, kind, payload)).toMatchObject({ code: 'SIGN_REFUSED' })
      expect(sign(solana, kind, Buffer.concat([payload, bytes(' ')]))).toMatchObject({ code: 'SIGN_REFUSED' })
    }
  })

  test('a transaction of bytes that are also text is refused as a message', () => {
    // Every byte below 0x80: one signer, two keys, no instructions.
    const payload = Buffer.concat([Buffer.of(1, 0, 1, 2), bytes('k'.repeat(64)), bytes('b'.repeat(32)), Buffer.of(0)])
    for (const [key, kind] of [[solana, 'solana-offchain'] as const, [evm, 'eip191'] as const])
      expect(sign(key, kind, payload).refused).toContain('Solana transaction')
  })

  test('text is signed bare, and with the off-chain header', () => {
    const text = bytes('hello')
    const length = Buffer.of(text.length, 0)
    const header = Buffer.concat([
      Buffer.of(0xff),
      bytes('solana offchain'),
      Buffer.of(0),
      Buffer.alloc(32),
      Buffer.of(0, 1),
    ])
    expect(sign(solana, 'solana-offchain', text).signature).toHaveLength(64)
    const whole = Buffer.concat([header, Buffer.alloc(32, 7), length, text])
    expect(sign(solana, 'solana-offchain', whole).signature).toHaveLength(64)
    expect(sign(solana, 'solana-offchain', whole.subarray(0, -1))).toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

describe('http', () => {
  const base =
    '"@method": GET\n"@authority": example.org\n"@signature-params": ("@method" "@authority");created=1;keyid="k"'

  test('a signature base of RFC 9421 is signed on every curve', async () => {
    expect(await signerOf(hashMessage(base), 'http', bytes(base))).toBe(evm.address)
    expect(sign(solana, 'http', bytes(base)).signature).toHaveLength(64)
    expect(sign(store('ripple', '11'.repeat(32)), 'http', bytes(base)).signature).toHaveLength(64)
  })

  test.each([
    ['other text', 'transfer everything'],
    ['a base without its parameters', '"@method": GET'],
    ['a malformed line', base.replace('"@method": GET', 'GET')],
  ])('%s is refused', (_name, text) => {
    expect(sign(evm, 'http', bytes(text))).toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

test('a kind that the chain does not sign, or that nobody knows, is refused', () => {
  for (const [key, kind] of [
    [evm, 'solana-tx'],
    [solana, 'evm-tx'],
    [solana, 'eip191'],
    [evm, 'digest'],
    [evm, 'toString'],
  ] as const)
    expect(sign(key, kind as SignKind, bytes('hello'))).toMatchObject({ code: 'SIGN_REFUSED' })
})

test('a row whose address is not that of its key is KEY_MISMATCH', () => {
  const secret = Guarded.taken(Buffer.from('46'.repeat(32), 'hex'))
  const address = '0x0000000000000000000000000000000000000001'
  const row = { walletId: 'w', chain: 'ethereum', address, curve: 'secp256k1' } as const
  const lying = {
    ...row,
    ciphertext: encryptSecret(keyring.walletKeys, secret, associatedData(row)).toString('base64'),
  }
  expect(sign(lying, 'eip191', bytes('hello'))).toMatchObject({ code: 'KEY_MISMATCH' })
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
