import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KeyRow, type KeyringRow, type Keys, startKeys } from '../../packages/daemon/src/keys/service.ts'
import { createKeyring } from '../../packages/daemon/src/keys/signer/keyring.ts'

// Whoever runs code in the daemon's process has its end of the channel, its rows and its memory; not the password, where
// nothing within its reach holds it.
const password = 'what the operator typed at the start'
let keys: Keys
let keyring: KeyringRow
let wallet: KeyRow
beforeAll(async () => {
  keys = await startKeys()
  keyring = await keys.createKeyring(password)
  wallet = await keys.create('wallet', 'ethereum')
})
afterAll(() => keys.stop())

const refused = { code: 'INVALID_MASTER_PASSWORD' }
const heads = (seq: number) => [{ chain: 'system', seq, hash: 'a'.repeat(64) }]

describe('a taken-over daemon, while the signer is unlocked', () => {
  test('gets no key out, sealed or in the open', async () => {
    for (const guess of ['', 'a guess', keyring.wrappedRoot, `${password} `]) {
      await expect(keys.export(wallet, guess, { format: 'private-key' })).rejects.toMatchObject(refused)
      await expect(
        keys.export(wallet, guess, { format: 'keystore-v3', password: 'my own password' }),
      ).rejects.toMatchObject(refused)
    }
  })

  test('cannot put the keys under a password of its own', async () => {
    await expect(keys.rewrap('a guess', 'my own password')).rejects.toMatchObject(refused)
    // Nor with a keyring row of its own making, whose password it knows.
    const mine = await createKeyring(Buffer.from('my own password'))
    expect(await keys.verify('my own password', mine.row)).toBe(true)
    await expect(keys.rewrap('my own password', 'my own password')).rejects.toMatchObject(refused)
    await expect(keys.export(wallet, 'my own password', { format: 'private-key' })).rejects.toMatchObject(refused)
  })

  test('gets no secret that signs the audit log, and no second version of what is signed', async () => {
    for (const purpose of ['evidence', 'wallet-keys', 'root', ''])
      await expect(keys.subkey(purpose as never)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
    const first = await keys.signCheckpoint({ at: 1, heads: heads(5) })
    for (const forged of [
      { at: 1, heads: heads(5) },
      { at: 1, heads: heads(4), previous: first },
      { at: 1, heads: heads(6), previous: { ...first, at: 0 } },
    ])
      await expect(keys.signCheckpoint(forged)).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
  })
})

test('with the password, keys leave as before', async () => {
  const answer = await keys.export(wallet, password, { format: 'private-key' })
  expect(answer).toEqual({ text: expect.stringMatching(/^0x[0-9a-f]{64}$/) })
})
