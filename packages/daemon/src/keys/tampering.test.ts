import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evmPayment, signed, solanaPayment } from '../../test/signing.ts'
import { type KeyRow, type KeyringRow, type Keys, startKeys } from './service.ts'

let keys: Keys
let keyring: KeyringRow
let first: KeyRow
let second: KeyRow
let solana: KeyRow

beforeAll(async () => {
  keys = await startKeys()
  keyring = await keys.createKeyring('the right password')
  first = await keys.create('wallet-1', 'ethereum')
  second = await keys.create('wallet-2', 'ethereum')
  solana = await keys.create('wallet-3', 'solana')
})
afterAll(() => keys.stop())

async function sign(key: KeyRow) {
  const payment = key.chain === 'solana' ? solanaPayment(solana.address) : evmPayment()
  const [result] = await signed(keys, key, [payment])
  return result!
}

const flip = (base64: string, at: number): string => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  return bytes.toString('base64')
}
const cut = (base64: string, count: number) => Buffer.from(base64, 'base64').subarray(0, -count).toString('base64')

describe('key tampering', () => {
  test('an untouched row signs', async () => {
    expect((await sign(first)).signature).toHaveLength(65)
  })

  test('every altered byte of a row is noticed', async () => {
    const length = Buffer.from(first.ciphertext, 'base64').length
    const rows = Array.from({ length }, (_, at) => ({ ...first, ciphertext: flip(first.ciphertext, at) }))
    const results = await Promise.all(rows.map((row) => sign(row)))
    expect(new Set(results.map((result) => (result.signature ? 'signed' : result.code)))).toEqual(
      new Set(['KEY_ROW_CORRUPT']),
    )
  })

  test.each([
    ['cut by one byte', () => ({ ...first, ciphertext: cut(first.ciphertext, 1) })],
    ['cut to its header', () => ({ ...first, ciphertext: cut(first.ciphertext, 32) })],
    ['empty', () => ({ ...first, ciphertext: '' })],
    ['not base64', () => ({ ...first, ciphertext: `${first.ciphertext.slice(0, -1)}!` })],
    ['with bytes behind', () => ({ ...first, ciphertext: `${first.ciphertext.slice(0, -2)}AAAA` })],
    ['that carries the key of another wallet', () => ({ ...first, ciphertext: second.ciphertext })],
    ['given to another wallet', () => ({ ...first, walletId: 'wallet-2' })],
    ['with another address', () => ({ ...first, address: second.address })],
    ['swapped whole but for the wallet', () => ({ ...second, walletId: 'wallet-1' })],
    ['that names another curve', () => ({ ...first, curve: 'ed25519' as const })],
    ['of another chain', () => ({ ...solana, address: first.address })],
  ])('a row %s is refused as KEY_ROW_CORRUPT, naming the wallet and what to do', async (_name, make) => {
    const row = make()
    const result = await sign(row)
    expect(result).toMatchObject({ code: 'KEY_ROW_CORRUPT' })
    expect(result.refused).toContain(row.walletId)
    expect(result.refused).toContain('backup')
  })

  test('a damaged row is not exported either', async () => {
    const row = { ...first, walletId: 'wallet-2' }
    await expect(keys.export(row, 'the right password', { format: 'private-key' })).rejects.toMatchObject({
      code: 'KEY_ROW_CORRUPT',
    })
  })

  test('a row of another keyring is refused', async () => {
    const other = await startKeys()
    await other.createKeyring('the right password')
    const foreign = await other.create('wallet-1', 'ethereum')
    await other.stop()
    expect(await sign(foreign)).toMatchObject({ code: 'KEY_ROW_CORRUPT' })
  })
})

describe('keyring tampering', () => {
  test('a wrong password is INVALID_MASTER_PASSWORD and leaves the unlocked keyring alone', async () => {
    await expect(keys.unlock('the wrong password', keyring)).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    expect((await sign(first)).signature).toHaveLength(65)
  })

  test.each<[string, (row: KeyringRow) => KeyringRow]>([
    ['an altered first byte', (row) => ({ ...row, wrappedRoot: flip(row.wrappedRoot, 0) })],
    ['an altered byte in the key', (row) => ({ ...row, wrappedRoot: flip(row.wrappedRoot, 40) })],
    ['an altered last byte', (row) => ({ ...row, wrappedRoot: flip(row.wrappedRoot, -1) })],
    ['a missing byte', (row) => ({ ...row, wrappedRoot: cut(row.wrappedRoot, 1) })],
    ['no key', (row) => ({ ...row, wrappedRoot: '' })],
    ['another salt', (row) => ({ ...row, kdf: { ...row.kdf, salt: flip(row.kdf.salt, 0) } })],
    ['another iteration count', (row) => ({ ...row, kdf: { ...row.kdf, iterations: 4 } })],
    ['memory below the floor', (row) => ({ ...row, kdf: { ...row.kdf, memoryKib: 8 } })],
    ['absurd memory', (row) => ({ ...row, kdf: { ...row.kdf, memoryKib: 2 ** 40 } })],
    ['another version', (row) => ({ ...row, version: 3 as never })],
    ['the version before', (row) => ({ ...row, version: 1 })],
    ['another generation', (row) => ({ ...row, version: 2, generation: 1 })],
    ['no generation', (row) => ({ ...row, generation: undefined as never })],
  ])('%s is KEYRING_CORRUPT with the right password too', async (_name, tamper) => {
    await expect(keys.unlock('the right password', tamper(keyring))).rejects.toMatchObject({ code: 'KEYRING_CORRUPT' })
    await expect(keys.verify('the right password', tamper(keyring))).rejects.toMatchObject({ code: 'KEYRING_CORRUPT' })
  })
})
