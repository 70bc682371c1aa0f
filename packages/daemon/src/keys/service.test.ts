import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { keccak256, recoverAddress, toHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { evmPayment, firstCeiling, signed, solanaPayment } from '../../test/signing.ts'
import { type KeyRow, type Keys, startKeys } from './service.ts'
import { createKeyring } from './signer/keyring.ts'

const composed = 'Gr\u00fc\u00dfe aus K\u00f6ln'
const decomposed = composed.normalize('NFD')
const password = 'correct horse battery staple'
let keys: Keys
let exits: (number | null)[]

beforeEach(async () => {
  exits = []
  keys = await startKeys({ onExit: (code) => exits.push(code) })
})
afterEach(() => keys.stop())

const signOne = (key: KeyRow) => signed(keys, key, [evmPayment()])
const wallet: KeyRow = { walletId: 'w', chain: 'ethereum', address: '', curve: 'secp256k1', ciphertext: '' }

describe('unlocking', () => {
  test('a signer starts locked, and every use of the keyring says so', async () => {
    expect(keys.isUnlocked()).toBe(false)
    const attempts = [
      () => keys.create('w', 'ethereum'),
      () => keys.subkey('settings'),
      () => signOne(wallet),
      () => keys.rewrap('x', 'y'),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' })
  })

  test('the first keyring is left unlocked and opens again with its password only', async () => {
    const row = await keys.createKeyring(password)
    expect(keys.isUnlocked()).toBe(true)
    expect(row.kdf).toMatchObject({ algorithm: 'argon2id', memoryKib: 65536, iterations: 3, parallelism: 4 })
    expect(await keys.verify(password, row)).toBe(true)
    expect(await keys.verify(`${password} `, row)).toBe(false)
    await keys.restart()
    expect(keys.isUnlocked()).toBe(false)
    await expect(keys.unlock('wrong', row)).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    expect(keys.isUnlocked()).toBe(false)
    await keys.unlock(password, row)
    expect(keys.isUnlocked()).toBe(true)
  })

  test('a password opens in whichever form it is typed', async () => {
    expect(decomposed).not.toBe(composed)
    const row = await keys.createKeyring(decomposed)
    const next = await keys.rewrap(composed, decomposed)
    for (const form of [composed, decomposed]) {
      expect(await keys.verify(form, row)).toBe(true)
      expect(await keys.verify(form, next)).toBe(true)
      await keys.restart()
      await keys.unlock(form, row)
      await keys.unlock(form, next)
    }
    expect(await keys.verify('Grusse aus Koln', row)).toBe(false)
    expect(await keys.verify(`${decomposed}\u0301`, row)).toBe(false)
  })

  test('a keyring that was made with another form of the password opens with that form', async () => {
    const { row } = await createKeyring(Buffer.from(decomposed))
    expect(await keys.verify(decomposed, row)).toBe(true)
    expect(await keys.verify(composed, row)).toBe(false)
    await expect(keys.unlock(composed, row)).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    await keys.unlock(decomposed, row)
    const next = await keys.rewrap(decomposed, decomposed)
    expect(await keys.verify(composed, next)).toBe(true)
  })

  test('a byte order mark is no part of a password, and a keyring that was made with one opens with and without', async () => {
    const marked = `\uFEFF${composed}`
    const { row } = await createKeyring(Buffer.from(marked))
    for (const form of [marked, composed]) {
      expect(await keys.verify(form, row)).toBe(true)
      await keys.unlock(form, row)
    }
    const next = await keys.rewrap(composed, marked)
    for (const form of [marked, composed]) expect(await keys.verify(form, next)).toBe(true)
    expect(await keys.verify(`x${composed}`, row)).toBe(false)
  })

  test('an empty password makes no keyring', async () => {
    await expect(keys.createKeyring('')).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
  })

  test('changing the password writes one row: the old password stops, keys and subkeys stay', async () => {
    const row = await keys.createKeyring(password)
    const key = await keys.create('w', 'ethereum')
    await firstCeiling(keys, key)
    const subkey = await keys.subkey('sessions')
    const next = await keys.rewrap(password, 'another password')
    await keys.restart()
    await expect(keys.unlock(password, next)).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    await keys.unlock('another password', next)
    expect(await keys.subkey('sessions')).toEqual(subkey)
    expect((await signOne(key))[0]?.signature).toHaveLength(65)
    expect(next.wrappedRoot).not.toBe(row.wrappedRoot)
  })

  test('each purpose has a subkey of its own, and the wallet keys and the evidence have none to ask for', async () => {
    await keys.createKeyring(password)
    const purposes = ['settings', 'sessions', 'webhooks', 'backup'] as const
    const subkeys = await Promise.all(purposes.map((purpose) => keys.subkey(purpose)))
    expect(new Set(subkeys.map((subkey) => toHex(subkey))).size).toBe(4)
    for (const subkey of subkeys) expect(subkey).toHaveLength(32)
    for (const purpose of ['wallet-keys', 'evidence'])
      await expect(keys.subkey(purpose as never)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

describe('batches', () => {
  test('64 transactions of one wallet are signed in order by one call', async () => {
    await keys.createKeyring(password)
    const key = await keys.create('w', 'ethereum')
    const requests = Array.from({ length: 64 }, (_, nonce) => evmPayment({ nonce }))
    const results = await signed(keys, key, requests)
    const signers = await Promise.all(
      results.map(({ signature }, at) => {
        const compact = Uint8Array.from(signature!)
        compact[64]! += 27
        return recoverAddress({ hash: keccak256(requests[at]!.payload), signature: toHex(compact) })
      }),
    )
    expect(signers).toEqual(Array.from({ length: 64 }, () => key.address))
  })

  test('a refused request leaves the others of its batch alone', async () => {
    await keys.createKeyring(password)
    const key = await keys.create('a', 'ethereum')
    const { payload, ...unsigned } = evmPayment({ nonce: 1 })
    const requests = [
      evmPayment(),
      { ...unsigned, payload: payload.subarray(0, -1) },
      { ...evmPayment(), kind: 'solana-tx' as const },
      solanaPayment('11111111111111111111111111111111'),
      evmPayment({ nonce: 2 }),
    ]
    const results = await signed(keys, key, requests)
    const refused = ['SIGN_REFUSED', 'SIGN_REFUSED', 'SIGN_REFUSED']
    expect(results.map((result) => result.signature?.length ?? result.code)).toEqual([65, ...refused, 65])
    expect(await signed(keys, { ...key, walletId: 'b' }, [evmPayment()])).toMatchObject([{ code: 'KEY_ROW_CORRUPT' }])
  })

  test('signatures go on while passwords are being verified', async () => {
    const row = await keys.createKeyring(password)
    const key = await keys.create('w', 'ethereum')
    const order: string[] = []
    const verified = keys.verify('wrong', row).then(() => order.push('verified'))
    await signOne(key).then(() => order.push('signed'))
    await verified
    expect(order).toEqual(['signed', 'verified'])
  })

  test('the same bytes give the same signature', async () => {
    await keys.createKeyring(password)
    const key = await keys.create('w', 'ethereum')
    const [first, second] = await signed(keys, key, [evmPayment(), evmPayment()])
    expect(first).toEqual(second)
  })
})

/** What a signer answers that is there. */
const locked = { code: 'KEYSTORE_LOCKED', message: expect.stringContaining('the keyring is locked') }

describe('death of the signer', () => {
  test('pending calls reject, the keyring counts as locked, and a restarted signer unlocks and signs again', async () => {
    const row = await keys.createKeyring(password)
    const key = await keys.create('w', 'ethereum')
    await firstCeiling(keys, key)
    const pending = keys.verify(password, row)
    process.kill(keys.pid, 'SIGKILL')
    await expect(pending).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' })
    expect(keys.isUnlocked()).toBe(false)
    expect(exits).toEqual([null])
    await expect(signOne(key)).rejects.toMatchObject({ code: 'KEYSTORE_LOCKED' })
    await keys.restart()
    await keys.unlock(password, row)
    expect((await signOne(key))[0]?.signature).toHaveLength(65)
  })

  test('restarts that are asked for together start one signer', async () => {
    const first = keys.pid
    await Promise.all([keys.restart(), keys.restart()])
    expect(keys.pid).not.toBe(first)
    expect(exits).toEqual([])
    await expect(keys.sealingKey()).rejects.toMatchObject(locked)
  })

  test('the signals of a terminal and of a service manager do not stop the signer before the daemon does', async () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const) process.kill(keys.pid, signal)
    await expect(keys.sealingKey()).rejects.toMatchObject(locked)
    await keys.stop()
    expect(exits).toEqual([])
  })

  test('a signer that is reached through a link starts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waiaas-link-'))
    const link = join(folder, 'keys')
    await symlink(fileURLToPath(new URL('.', import.meta.url)), link)
    const linked = await startKeys({ signerEntry: pathToFileURL(join(link, 'signer', 'main.ts')) })
    await expect(linked.sealingKey()).rejects.toMatchObject(locked)
    await linked.stop()
    await rm(folder, { recursive: true })
  })

  test('a signer that cannot start says which program it was', async () => {
    const signerEntry = new URL('./probe/no-such-file.mjs', import.meta.url)
    const message = expect.stringContaining(fileURLToPath(signerEntry))
    await expect(startKeys({ signerEntry })).rejects.toMatchObject({ code: 'SIGNER_FAILED', message })
  })
})
