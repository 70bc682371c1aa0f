import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { base58 } from '@scure/base'
import { sealImport, walletOperations } from '@waiaas/contract'
import { mnemonicToAccount, privateKeyToAddress } from 'viem/accounts'
import { expect, test } from 'vitest'
import {
  MASTER_PASSWORD,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { makeSealingKeyPair, openExport } from '../keys/service.ts'

const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as typeof import('@node-rs/argon2')
const { keys } = sharedKeys()
removeFoldersAfterEach()

const PHRASE = 'test test test test test test test test test test test junk'
const evmKey = () => randomBytes(32).toString('hex')
const addressOf = (key: string) => privateKeyToAddress(`0x${key}`)

function solanaPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const half = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const secret = Buffer.concat([Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url'), half])
  return { secret, address: base58.encode(half) }
}

/** A key file as WAIaaS 2.x writes it. */
async function legacyFile(secret: Buffer, publicKey: string, password: string): Promise<string> {
  const [salt, iv] = [randomBytes(16), randomBytes(12)]
  const cost = { memoryCost: 8_192, timeCost: 1, parallelism: 1 }
  const key = await argon2.hashRaw(password, { ...cost, outputLen: 32, salt, algorithm: 2 })
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()])
  return JSON.stringify({
    ...{ version: 1, id: 'old', chain: 'solana', network: 'devnet', curve: 'ed25519', publicKey },
    crypto: {
      cipher: 'aes-256-gcm',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      authTag: cipher.getAuthTag().toString('hex'),
      kdf: 'argon2id',
      kdfparams: { salt: salt.toString('hex'), ...cost, hashLength: 32 },
    },
    metadata: { name: 'old', createdAt: '2026-01-01T00:00:00.000Z', lastUnlockedAt: null },
  })
}

forEachEngine((engine, open) => {
  async function start() {
    const bed = await openBed(open, { keys: keys() })
    let taken = 0
    const take = (input: Record<string, unknown>) =>
      bed.wallets.import(walletOperations.importWallet.input.parse({ name: `taken ${++taken}`, ...input }), operator)
    const give = (id: string, input: Record<string, unknown> = {}) =>
      bed.wallets.export(
        walletOperations.exportWallet.input.parse({ id, masterPassword: MASTER_PASSWORD, ...input }),
        operator,
        MASTER_PASSWORD,
      )
    return { bed, take, give }
  }
  const ethereum = { chain: 'ethereum' }

  test('a private key is imported with its address, a policy, and evidence without the secret', async () => {
    const { bed, take } = await start()
    const secret = evmKey()
    const wallet = await take({ ...ethereum, format: 'private-key', secret })
    expect(wallet).toMatchObject({ publicKey: addressOf(secret), defaultPolicy: { type: 'SPENDING_LIMIT' } })
    const [entry] = await bed.evidence('WALLET_IMPORTED')
    expect(entry!.details).not.toContain(secret)
    expect(JSON.parse(entry!.details)).toMatchObject({ format: 'private-key' })
  })

  test('one key is one live wallet: a second import is refused, also at the same time, until the first has ended', async () => {
    const { bed, take } = await start()
    const input = { ...ethereum, format: 'private-key', secret: evmKey() }
    const tries = await Promise.allSettled([take(input), take(input), take(input)])
    const taken = tries.find((attempt) => attempt.status === 'fulfilled')!.value
    const refused = tries.filter((attempt) => attempt.status === 'rejected')
    expect(refused).toHaveLength(2)
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'WALLET_ADDRESS_EXISTS', details: { walletId: taken.id } })
    await bed.wallets.terminate(taken.id, operator)
    expect((await take(input)).publicKey).toBe(taken.publicKey)
  })

  test('a password that is missing, or a field that would be ignored, is refused', async () => {
    const { take } = await start()
    for (const input of [
      { ...ethereum, format: 'keystore-v3', secret: '{}' },
      { chain: 'solana', format: 'waiaas-2', secret: '{}' },
      { ...ethereum, format: 'private-key', secret: evmKey(), passphrase: 'unused' },
      { ...ethereum, format: 'mnemonic', secret: PHRASE, password: 'unused' },
      { ...ethereum, format: 'private-key', secret: 'not a key' },
      { ...ethereum, sealed: Buffer.from('nothing that opens').toString('base64') },
    ])
      await expect(take(input)).rejects.toMatchObject({ code: 'INVALID_IMPORT' })
  })

  test('an export is on record as critical before the key is out, and gives the key that was imported', async () => {
    const { bed, take, give } = await start()
    const secret = evmKey()
    const { id } = await take({ ...ethereum, format: 'private-key', secret })
    const exported = await give(id)
    expect(exported).toMatchObject({ id, chain: 'ethereum', publicKey: addressOf(secret), format: 'private-key' })
    expect(exported.secret?.replace(/^0x/, '')).toBe(secret)
    expect(await bed.evidence('WALLET_EXPORTED')).toMatchObject([
      { severity: 'critical', wallet_id: id, actor: 'operator' },
    ])
  })

  test('an export that the signer refuses stays on record', async () => {
    const { bed, take, give } = await start()
    const { id } = await take({ ...ethereum, format: 'private-key', secret: evmKey() })
    await expect(give(id, { format: 'solana-keypair' })).rejects.toMatchObject({ code: 'ACTION_VALIDATION_FAILED' })
    expect(await bed.evidence('WALLET_EXPORTED')).toHaveLength(1)
  })

  test('a wrong master password exports nothing and is on record as that', async () => {
    const { bed, take, give } = await start()
    const { id } = await take({ ...ethereum, format: 'private-key', secret: evmKey() })
    await expect(give(id, { masterPassword: 'a guess' })).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    expect(await bed.evidence('WALLET_EXPORTED')).toEqual([])
    expect(await bed.evidence('MASTER_AUTH_FAILED')).toMatchObject([{ severity: 'warning', wallet_id: id }])
  })

  test('a terminated wallet is not exported', async () => {
    const { bed, give } = await start()
    const { id } = await bed.createWallet()
    await bed.wallets.terminate(id, operator)
    await expect(give(id)).rejects.toMatchObject({ code: 'WALLET_TERMINATED' })
    expect(await bed.evidence('WALLET_EXPORTED')).toEqual([])
  })

  // What follows is the signer's work; the database has no part in it.
  if (engine === 'postgres') return

  test('every import format gives the address of its key', async () => {
    const { take } = await start()
    const phrase = await take({ ...ethereum, format: 'mnemonic', secret: PHRASE })
    expect(phrase.publicKey).toBe(mnemonicToAccount(PHRASE).address)
    const path = "m/44'/60'/0'/0/7"
    const second = await take({ ...ethereum, format: 'mnemonic', secret: PHRASE, path, passphrase: 'salt' })
    expect(second.publicKey).toBe(mnemonicToAccount(PHRASE, { path, passphrase: 'salt' }).address)

    const pair = solanaPair()
    const keypair = await take({ chain: 'solana', format: 'solana-keypair', secret: JSON.stringify([...pair.secret]) })
    expect(keypair.publicKey).toBe(pair.address)

    const old = solanaPair()
    const file = await legacyFile(old.secret, old.address, 'the old password')
    const legacy = { chain: 'solana', format: 'waiaas-2', secret: file }
    await expect(take({ ...legacy, password: 'wrong' })).rejects.toMatchObject({ code: 'INVALID_IMPORT' })
    expect((await take({ ...legacy, password: 'the old password' })).publicKey).toBe(old.address)
  })

  test('a phrase without a choice says which address was taken and which others there are; a choice says nothing', async () => {
    const { bed, take } = await start()
    const solana = { chain: 'solana', format: 'mnemonic', secret: PHRASE } as const
    const { id, publicKey, derivations } = await take(solana)
    expect(derivations?.[0]).toMatchObject({ publicKey, derivation: 'bip44', path: "m/44'/501'/0'/0'" })
    const keygen = derivations!.find(({ derivation }) => derivation === 'none')!
    expect(keygen.usedBy).toContain('solana-keygen new')
    await bed.wallets.terminate(id, operator)
    const chosen = await take({ ...solana, derivation: 'none' })
    expect(chosen).toMatchObject({ publicKey: keygen.publicKey })
    expect(chosen.derivations).toBeUndefined()
    // One derivation is usual on Ethereum, so that there is nothing to choose.
    expect((await take({ ...ethereum, format: 'mnemonic', secret: PHRASE })).derivations).toBeUndefined()

    const { publicKey: signerKey } = await bed.wallets.sealingKey()
    const sealed = await sealImport(signerKey, { format: 'mnemonic', secret: PHRASE })
    const asked = await bed.wallets.listDerivations({ chain: 'solana', sealed })
    expect(asked.items).toEqual(derivations)
    expect(await bed.wallets.listDerivations({ chain: 'solana', phrase: PHRASE })).toEqual(asked)
    expect((await take({ chain: 'solana', sealed })).derivations).toEqual(derivations)
  })

  test('derivations are listed of recovery phrases alone', async () => {
    const { bed } = await start()
    const { publicKey: signerKey } = await bed.wallets.sealingKey()
    const sealed = await sealImport(signerKey, { format: 'private-key', secret: evmKey() })
    for (const wrong of [{ sealed }, { phrase: 'one two' }])
      await expect(bed.wallets.listDerivations({ chain: 'solana', ...wrong })).rejects.toMatchObject({
        code: 'INVALID_IMPORT',
      })
  })

  test('a keystore file goes out under its own password and comes back in as the same wallet', async () => {
    const { bed, take, give } = await start()
    const { id, publicKey } = await take({ ...ethereum, format: 'private-key', secret: evmKey() })
    const { secret } = await give(id, { format: 'keystore-v3', password: 'a file password' })
    await bed.wallets.terminate(id, operator)
    const back = await take({ ...ethereum, format: 'keystore-v3', secret, password: 'a file password' })
    expect(back.publicKey).toBe(publicKey)
  })

  test('sealed to the signer in, sealed to the caller out: the daemon sees no key', async () => {
    const { bed, take, give } = await start()
    const secret = evmKey()
    const { publicKey: signerKey } = await bed.wallets.sealingKey()
    const sealed = await sealImport(signerKey, { format: 'private-key', secret })
    const { id } = await take({ ...ethereum, sealed })
    const mine = makeSealingKeyPair()
    const exported = await give(id, { sealTo: mine.publicKey })
    expect(exported.secret).toBeUndefined()
    expect(openExport(mine, exported.sealed!).replace(/^0x/, '')).toBe(secret)
  })
})
