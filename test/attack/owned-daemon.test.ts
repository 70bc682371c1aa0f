import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type KeyRow,
  type KeyringRow,
  type Keys,
  type SignRequest,
  startKeys,
} from '../../packages/daemon/src/keys/service.ts'
import { createKeyring } from '../../packages/daemon/src/keys/signer/keyring.ts'
import { evmPayment, requestOf, solanaMessage } from '../../packages/daemon/test/signing.ts'

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

const TOKEN = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
const SPL_TOKEN = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'
const RECEIVER = Buffer.alloc(32, 9)

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

  test('gets no signature of anything but a payment that the signer can read', async () => {
    const call = (data: `0x${string}`) => evmPayment({ to: TOKEN, value: 0n, data })
    const solana = await keys.create('solana', 'solana')
    const approveAll = { program: SPL_TOKEN, accounts: [0, 1, 0], data: Buffer.from([4, ...Buffer.alloc(8, 0xff)]) }
    const attempts: [KeyRow, SignRequest][] = [
      // What a login, a permit, an order or an account of ERC-4337 would be signed with.
      ...['eip191', 'eip712', 'user-op', 'http'].map((kind): [KeyRow, SignRequest] => [
        wallet,
        requestOf(kind as never, Buffer.from('{"spender":"me"}')),
      ]),
      [wallet, call(`0x095ea7b3${'f'.repeat(128)}`)],
      [wallet, call('0xa22cb465')],
      [wallet, { ...evmPayment({ value: 10n ** 18n }), authorisation: evmPayment().authorisation }],
      [solana, requestOf('solana-offchain' as never, Buffer.from('sign in'))],
      [solana, requestOf('solana-tx', solanaMessage([solana.address, RECEIVER], [approveAll]))],
    ]
    for (const [key, request] of attempts)
      expect(await keys.sign({ key, requests: [request] })).toMatchObject([{ code: 'SIGN_REFUSED' }])
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
