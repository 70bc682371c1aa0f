import { randomBytes } from 'node:crypto'
import { base58 } from '@scure/base'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chain, ImportSecret } from '../types.ts'
import { chains } from './chains.ts'
import { exportKey } from './export.ts'
import { Guarded } from './guarded.ts'
import { readImport } from './import.ts'
import { storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, wipeKeyring } from './keyring.ts'

let keyring: Keyring
beforeAll(async () => {
  keyring = (await createKeyring(Buffer.from('password', 'utf8'))).keyring
})
afterAll(() => wipeKeyring(keyring))

const take = async (chain: Chain, secret: ImportSecret) =>
  storeKey(keyring, { walletId: 'w', chain }, await readImport(chain, secret))
const refusal = (chain: Chain, secret: ImportSecret) =>
  take(chain, secret).then(
    () => 'accepted',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  )

const junk = `${'test '.repeat(11)}junk`
const abandon = `${'abandon '.repeat(11)}about`
// RFC 8032, second vector.
const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'
const publicKey = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
const solanaAddress = base58.encode(Buffer.from(publicKey, 'hex'))
const pair = Buffer.from(seed + publicKey, 'hex')

describe('private keys', () => {
  test.each<[Chain, string, string]>([
    [
      'ethereum',
      '0x4646464646464646464646464646464646464646464646464646464646464646',
      '0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F',
    ],
    ['ethereum', ` ${'46'.repeat(32)}\n`, '0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F'],
    ['solana', base58.encode(pair), solanaAddress],
    ['solana', base58.encode(Buffer.from(seed, 'hex')), solanaAddress],
    ['solana', seed, solanaAddress],
    ['solana', seed + publicKey, solanaAddress],
  ])('%s takes %s', async (chain, text, address) => {
    expect(await take(chain, { kind: 'private-key', text })).toMatchObject({ address, chain })
  })

  test.each<[string, Chain, string, RegExp]>([
    ['a short key', 'ethereum', '46'.repeat(31), /wrong length/],
    ['a key that is no hexadecimal', 'ethereum', 'zz'.repeat(32), /wrong length or alphabet/],
    ['zero', 'ethereum', '00'.repeat(32), /not a private key of secp256k1/],
    ['the group order', 'ethereum', 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', /group order/],
    ['a foreign public half', 'solana', seed + publicKey.replace('3d', '3e'), /public half/],
    ['base58 of a wrong length', 'solana', base58.encode(randomBytes(33)), /wrong length/],
    ['a Solana key', 'ethereum', base58.encode(pair), /wrong length/],
  ])('%s is refused without being repeated', async (_name, chain, text, why) => {
    const reason = await refusal(chain, { kind: 'private-key', text })
    expect(reason).toMatch(/^IMPORT_INVALID/)
    expect(reason).toMatch(why)
    expect(reason).not.toContain(text)
  })
})

describe('recovery phrases', () => {
  test.each<[string, Chain, string, string | undefined, string]>([
    ['the test phrase of Ethereum tools', 'ethereum', junk, undefined, '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'],
    ['its second account', 'ethereum', junk, "m/44'/60'/0'/0/1", '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'],
    ['the zero phrase of BIP-39', 'ethereum', abandon, undefined, '0x9858EfFD232B4033E47d90003D41EC34EcaEda94'],
    ['the zero phrase on Solana', 'solana', abandon, undefined, 'HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk'],
    [
      'a phrase in odd spacing and case',
      'ethereum',
      `  ${junk.toUpperCase().replaceAll(' ', '\n ')} `,
      undefined,
      '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    ],
  ])('%s', async (_name, chain, phrase, path, address) => {
    expect(await take(chain, { kind: 'mnemonic', phrase, ...(path ? { path } : {}) })).toMatchObject({ address })
  })

  test('a passphrase gives other keys', async () => {
    const { address } = await take('ethereum', { kind: 'mnemonic', phrase: junk, passphrase: 'TREZOR' })
    expect(address).not.toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  })

  test.each<[string, Chain, Extract<ImportSecret, { kind: 'mnemonic' }>, RegExp]>([
    ['a bad check sum', 'ethereum', { kind: 'mnemonic', phrase: 'test '.repeat(12) }, /check sum/],
    ['an unknown word', 'ethereum', { kind: 'mnemonic', phrase: junk.replace('junk', 'junkyard') }, /word 12/],
    ['eleven words', 'ethereum', { kind: 'mnemonic', phrase: 'test '.repeat(11) }, /this one has 11/],
    ['a path in words', 'ethereum', { kind: 'mnemonic', phrase: junk, path: 'first' }, /derivation path/],
    ['an index too large', 'ethereum', { kind: 'mnemonic', phrase: junk, path: 'm/2147483648' }, /too large/],
    ['an open index on ed25519', 'solana', { kind: 'mnemonic', phrase: junk, path: "m/44'/501'/0" }, /hardened/],
    ['a chain without a path', 'ripple', { kind: 'mnemonic', phrase: junk }, /cannot be imported/],
  ])('%s is refused', async (_name, chain, secret, why) => {
    expect(await refusal(chain, secret)).toMatch(why)
  })
})

// The two test vectors of the Web3 Secret Storage definition; password "testpassword".
const pbkdf2File = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const scryptFile = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const keystore = (file: object, password = 'testpassword') =>
  ({ kind: 'keystore-v3', json: JSON.stringify(file), password }) as const

describe('Ethereum keystore files', () => {
  test.each([
    ['pbkdf2', pbkdf2File],
    ['scrypt', scryptFile],
  ])('the official vector with %s', async (_name, file) => {
    const row = await take('ethereum', keystore(file))
    expect(await exportKey(keyring, row, { format: 'private-key' })).toEqual({
      text: '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
    })
  })

  test.each<[string, ImportSecret, RegExp]>([
    ['a wrong password', keystore(pbkdf2File, 'wrong'), /password of the keystore file is wrong/],
    ['another version', keystore({ ...pbkdf2File, version: 1 }), /version 3/],
    [
      'another cipher',
      keystore({ ...pbkdf2File, crypto: { ...pbkdf2File.crypto, cipher: 'aes-256-ecb' } }),
      /aes-128-ctr/,
    ],
    [
      'a damaged ciphertext',
      keystore({ ...pbkdf2File, crypto: { ...pbkdf2File.crypto, ciphertext: '00'.repeat(32) } }),
      /wrong, or the file is damaged/,
    ],
    ['a foreign address', keystore({ ...pbkdf2File, address: '00'.repeat(20) }), /another address/],
    [
      'scrypt that would take all memory',
      keystore({
        ...scryptFile,
        crypto: { ...scryptFile.crypto, kdfparams: { ...scryptFile.crypto.kdfparams, n: 2 ** 22, r: 64 } },
      }),
      /out of range/,
    ],
    ['no JSON', { kind: 'keystore-v3', json: 'hello', password: '' }, /keystore file of version 3/],
  ])('%s is refused', async (_name, secret, why) => {
    expect(await refusal('ethereum', secret)).toMatch(why)
  })
})

describe('Solana keypair files', () => {
  test('64 numbers are taken', async () => {
    expect(await take('solana', { kind: 'solana-keypair', json: JSON.stringify([...pair]) })).toMatchObject({
      address: solanaAddress,
    })
  })

  test.each<[string, string, RegExp]>([
    ['63 numbers', JSON.stringify([...pair.subarray(1)]), /list of 64/],
    ['a number above 255', JSON.stringify([...pair.subarray(1), 256]), /list of 64/],
    ['a foreign public half', JSON.stringify([...pair.subarray(0, 32), ...randomBytes(32)]), /public half/],
    ['no JSON', '[1,2', /list of 64/],
  ])('%s is refused', async (_name, json, why) => {
    expect(await refusal('solana', { kind: 'solana-keypair', json })).toMatch(why)
  })
})

describe('exports', () => {
  test.each<[Chain, 'private-key' | 'keystore-v3' | 'solana-keypair']>([
    ['ethereum', 'private-key'],
    ['ethereum', 'keystore-v3'],
    ['solana', 'private-key'],
    ['solana', 'solana-keypair'],
    ['ripple', 'private-key'],
  ])('what %s exports as %s imports again to the same address', async (chain, format) => {
    const row = storeKey(keyring, { walletId: 'w', chain }, Guarded.random(32))
    const exported = await exportKey(keyring, row, { format, password: 'pass' })
    const text = 'text' in exported ? exported.text : ''
    const secrets = {
      'private-key': { text },
      'keystore-v3': { json: text, password: 'pass' },
      'solana-keypair': { json: text },
    }
    const again = await take(chain, { kind: format, ...secrets[format] } as ImportSecret)
    expect(again.address).toBe(row.address)
  })

  test('a format of another chain, and a keystore file without a password, are refused', async () => {
    const row = storeKey(keyring, { walletId: 'w', chain: 'solana' }, Guarded.random(32))
    const evm = storeKey(keyring, { walletId: 'w', chain: 'ethereum' }, Guarded.random(32))
    const refused = { code: 'EXPORT_REFUSED' }
    await expect(exportKey(keyring, row, { format: 'keystore-v3', password: 'pass' })).rejects.toMatchObject(refused)
    await expect(exportKey(keyring, evm, { format: 'keystore-v3' })).rejects.toMatchObject(refused)
  })
})

test('an XRP Ledger address is derived as its documentation shows', () => {
  const key = Buffer.from('9434799226374926eda3b54b1b461b4abf7237962eae18528fea67595397fa32', 'hex')
  expect(chains.ripple.address(key)).toBe('rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN')
})

test('guarded bytes do not show in JSON, and are gone after wiping', () => {
  const secret = Guarded.random(32)
  expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}')
  secret.wipe()
  secret.wipe()
  expect(() => secret.use((bytes) => bytes.length)).toThrow('wiped')
})
