import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { base58 } from '@scure/base'
import fc from 'fast-check'
import { privateKeyToAddress } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import type { Chain, ImportSecret } from '../types.ts'
import { chains } from './chains.ts'
import { curves } from './curves.ts'
import { readImport } from './import.ts'

/** The address of what an import takes. */
async function take(chain: Chain, secret: ImportSecret): Promise<string> {
  const key = curves[chains[chain].curve].open(await readImport(chain, secret))
  key.close()
  return chains[chain].address(key.publicKey)
}
const refusal = (chain: Chain, secret: ImportSecret) =>
  take(chain, secret).then(
    () => 'accepted',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  )

type Changes = { password?: string; salt?: string; file?: object; params?: object; prefix?: string }
/** A keystore file of version 3 that holds these bytes as they are. */
function fileOf(
  secret: Uint8Array,
  { password = 'a password', salt = '00ff', file, params, prefix = '' }: Changes = {},
) {
  const key = pbkdf2Sync(password, Buffer.from(salt, 'hex'), 2, 32, 'sha256')
  const iv = randomBytes(16)
  const ciphertext = createCipheriv('aes-128-ctr', key.subarray(0, 16), iv).update(secret)
  const mac = keccak_256(Buffer.concat([key.subarray(16), ciphertext]))
  const print = (bytes: Uint8Array) => prefix + Buffer.from(bytes).toString('hex')
  return JSON.stringify({
    version: 3,
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: print(iv) },
      ciphertext: print(ciphertext),
      kdf: 'pbkdf2',
      kdfparams: { c: 2, dklen: 32, prf: 'hmac-sha256', salt, ...params },
      mac: print(mac),
    },
    ...file,
  })
}
const keystore = (json: string, password = 'a password') => ({ kind: 'keystore-v3', json, password }) as const
/** A key that begins with so many zero bytes. */
const keyWith = (zeros: number) => Buffer.concat([Buffer.alloc(zeros), Buffer.alloc(32 - zeros, 0x5a)])
const addressOf = (key: Uint8Array) => privateKeyToAddress(`0x${Buffer.from(key).toString('hex')}`)

describe('keystore files of other wallets', () => {
  test.each([
    ['31 bytes: a zero byte in front was left out', 1],
    ['30 bytes: two of them were', 2],
  ])('%s', async (_name, zeros) => {
    const key = keyWith(zeros)
    const address = addressOf(key)
    expect(await take('ethereum', keystore(fileOf(key.subarray(zeros))))).toBe(address)
    expect(await take('ethereum', keystore(fileOf(key.subarray(zeros), { file: { address } })))).toBe(address)
  })

  test('a shorter key is believed where the address in the file proves it, and refused by its length elsewhere', async () => {
    const key = keyWith(5)
    const named = fileOf(key.subarray(5), { file: { address: addressOf(key).slice(2) } })
    expect(await take('ethereum', keystore(named))).toBe(addressOf(key))
    expect(await refusal('ethereum', keystore(fileOf(key.subarray(5))))).toContain(
      'of 32 bytes in the keystore file, got 27',
    )
  })

  test('33 bytes are read where a zero byte is in front, and refused by their length elsewhere', async () => {
    const key = keyWith(0)
    expect(await take('ethereum', keystore(fileOf(Buffer.concat([Buffer.alloc(1), key]))))).toBe(addressOf(key))
    const other = Buffer.concat([key, Buffer.alloc(1)])
    expect(await refusal('ethereum', keystore(fileOf(other)))).toContain('of 32 bytes in the keystore file, got 33')
  })

  test.each<[string, Changes]>([
    ['an empty address', { file: { address: '' } }],
    ['no more of an address than 0x', { file: { address: '0x' } }],
    ['null for an address', { file: { address: null } }],
    ['an empty salt', { salt: '' }],
    ['0x in front of every field', { prefix: '0x' }],
    ['a version and counts as text', { file: { version: '3' }, params: { c: '2', dklen: '32' } }],
  ])('%s', async (_name, changes) => {
    const key = keyWith(0)
    expect(await take('ethereum', keystore(fileOf(key, changes)))).toBe(addressOf(key))
  })

  test.each<[string, string, RegExp]>([
    ['no salt', fileOf(keyWith(0), { params: { salt: undefined } }), /salt of the keystore file is missing/],
    [
      'a file of geth before version 3',
      fileOf(keyWith(0), { file: { version: '1' } }),
      /version 3, got another version/,
    ],
    ['a key of a validator', '{"version":4,"crypto":{}}', /EIP-2335/],
    ['a Solana keypair', JSON.stringify([...randomBytes(64)]), /format solana-keypair/],
    ['all zeros', fileOf(Buffer.alloc(32)), /not a private key/],
    ['another address', fileOf(keyWith(1).subarray(1), { file: { address: 'ab'.repeat(20) } }), /another address/],
  ])('%s is refused by name', async (_name, json, why) => {
    expect(await refusal('ethereum', keystore(json))).toMatch(why)
  })

  test('a password opens the file in whichever form it was typed', async () => {
    const key = keyWith(0)
    const forms = ['NFC', 'NFD', 'NFKC'] as const
    for (const written of forms)
      for (const given of forms.slice(0, 2)) {
        const json = fileOf(key, { password: 'pässwörd ﬁ'.normalize(written) })
        expect(await take('ethereum', keystore(json, 'pässwörd ﬁ'.normalize(given)))).toBe(addressOf(key))
      }
    expect(await take('ethereum', keystore(fileOf(key), '\uFEFFa password'))).toBe(addressOf(key))
    expect(await refusal('ethereum', keystore(fileOf(key), 'A password'))).toContain(
      'password of the keystore file is wrong',
    )
  })

  test('every key comes back under its address, with or without its zero bytes in front', async () => {
    const key = fc.uint8Array({ minLength: 29, maxLength: 32 }).filter((bytes) => bytes.some((byte) => byte > 0))
    await fc.assert(
      fc.asyncProperty(key, fc.boolean(), async (tail, isWhole) => {
        const whole = Buffer.concat([Buffer.alloc(32 - tail.length), tail])
        const address = addressOf(whole)
        expect(await take('ethereum', keystore(fileOf(isWhole ? whole : tail, { file: { address } })))).toBe(address)
      }),
      { numRuns: 30 },
    )
  })
})

const pair = Buffer.from(
  '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  'hex',
)
const solanaAddress = base58.encode(pair.subarray(32))

describe('texts that an editor or another system wrote', () => {
  const key = keyWith(0)
  const digits = key.toString('hex')
  const phrase = 'test test test test test test test test test test test junk'

  test.each<[string, Chain, ImportSecret, string]>([
    ['a keystore file', 'ethereum', keystore(`\uFEFF${fileOf(key)}`), addressOf(key)],
    [
      'a keypair file',
      'solana',
      { kind: 'solana-keypair', json: `\uFEFF${JSON.stringify([...pair])}\r\n` },
      solanaAddress,
    ],
    ['a key', 'ethereum', { kind: 'private-key', text: `\uFEFF0x${digits}\r\n` }, addressOf(key)],
    [
      'a phrase and a passphrase',
      'ethereum',
      { kind: 'mnemonic', phrase: `\uFEFF${phrase}`, passphrase: '\uFEFF' },
      '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
    ],
  ])('a byte order mark before %s is no part of it', async (_name, chain, secret, address) => {
    expect(await take(chain, secret)).toBe(address)
  })

  test.each<[string, Chain, string, string]>([
    ['wrapped into lines', 'ethereum', `${digits.slice(0, 30)}\r\n  ${digits.slice(30)}\n`, addressOf(key)],
    ['in upper case after 0X', 'ethereum', `0X${digits.toUpperCase()}`, addressOf(key)],
    ['in mixed case', 'ethereum', digits.replaceAll('a', 'A').replace('A', 'a'), addressOf(key)],
    ['with a zero byte in front', 'ethereum', `0x00${digits}`, addressOf(key)],
    ['in hexadecimal with 0x on Solana', 'solana', `0x${pair.toString('hex')}`, solanaAddress],
    ['in base58 with a line end', 'solana', `${base58.encode(pair)}\r\n`, solanaAddress],
  ])('a key %s is read', async (_name, chain, text, address) => {
    expect(await take(chain, { kind: 'private-key', text })).toBe(address)
  })

  test.each<[string, Chain, string, RegExp]>([
    ['0x alone', 'ethereum', '0x', /got 0x with nothing behind it/],
    ['nothing but a line end', 'ethereum', '\r\n', /got nothing/],
    ['62 digits', 'ethereum', `0x${digits.slice(2)}`, /got 62 hexadecimal digits: where zeros in front were left out/],
    ['63 digits', 'ethereum', digits.slice(1), /got 63 hexadecimal digits/],
    ['33 bytes', 'ethereum', `01${digits}`, /got 66 hexadecimal digits/],
    ['words', 'solana', phrase, /format mnemonic/],
    ['a list of numbers', 'solana', JSON.stringify([...pair]), /format of the key file, solana-keypair/],
    ['text in quotes', 'ethereum', `"0x${digits}"`, /text in quotes/],
    ['UTF-16 read as UTF-8', 'ethereum', Buffer.from(digits, 'utf16le').toString(), /UTF-16 .* save it as UTF-8/],
    ['Latin-1 read as UTF-8', 'ethereum', `\uFFFD${digits}`, /Windows-1252, Latin-1 .* save it as UTF-8/],
  ])('%s is refused by name, and not repeated', async (_name, chain, text, why) => {
    const reason = await refusal(chain, { kind: 'private-key', text })
    expect(reason).toMatch(/^IMPORT_INVALID: /)
    expect(reason).toMatch(why)
    expect(reason).not.toContain(digits.slice(2, 12))
  })

  test('a passphrase in a wrong encoding is refused: it would give another wallet', async () => {
    const reason = await refusal('ethereum', { kind: 'mnemonic', phrase, passphrase: 'gr\uFFFDn' })
    expect(reason).toMatch(/the passphrase is Windows-1252/)
  })
})

describe('Solana keypair files', () => {
  const file = (value: unknown) => ({ kind: 'solana-keypair', json: JSON.stringify(value) }) as const

  test('32 numbers are the secret half', async () => {
    expect(await take('solana', file([...pair.subarray(0, 32)]))).toBe(solanaAddress)
  })

  test.each<[string, ImportSecret, RegExp]>([
    ['33 numbers', file([...pair.subarray(0, 33)]), /got a list of 33/],
    ['an empty list', file([]), /got a list of 0/],
    ['text in the list', file([...pair.subarray(1), '12']), /entry 64 is none/],
    ['a fraction in the list', file([1.5, ...pair.subarray(1)]), /entry 1 is none/],
    ['a negative number', file([...pair.subarray(1), -1]), /entry 64 is none/],
    ['a keystore file', file({ version: 3 }), /another JSON file/],
    ['base58', { kind: 'solana-keypair', json: base58.encode(pair) }, /format private-key/],
  ])('%s is refused by name', async (_name, secret, why) => {
    expect(await refusal('solana', secret)).toMatch(why)
  })
})
