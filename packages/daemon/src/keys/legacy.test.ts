import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { base58 } from '@scure/base'
import { privateKeyToAddress } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Keys, readLegacyWallets, startKeys } from './service.ts'

const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as typeof import('@node-rs/argon2')
const password = 'the password of the old installation'

type Wallet = { id: string; chain: string; curve: string; publicKey: string; secret: Buffer }

/** Writes a key file as WAIaaS 2.x does: format version 1, all bytes in hexadecimal. */
async function makeKeyFile({ id, chain, curve, publicKey, secret }: Wallet): Promise<string> {
  const [salt, iv] = [randomBytes(16), randomBytes(12)]
  const kdfparams = { memoryCost: 65536, timeCost: 3, parallelism: 4, hashLength: 32 }
  const { hashLength: outputLen, ...cost } = kdfparams
  const key = await argon2.hashRaw(password, { ...cost, outputLen, salt, algorithm: 2 })
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()])
  return JSON.stringify({
    ...{ version: 1, id, chain, network: chain === 'solana' ? 'devnet' : 'sepolia', curve, publicKey },
    crypto: {
      cipher: 'aes-256-gcm',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      authTag: cipher.getAuthTag().toString('hex'),
      kdf: 'argon2id',
      kdfparams: { salt: salt.toString('hex'), ...kdfparams },
    },
    metadata: { name: id, createdAt: '2026-01-01T00:00:00.000Z', lastUnlockedAt: null },
  })
}

function makeSolanaWallet(id: string): Wallet {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const [half, seed] = [publicKey.export({ format: 'jwk' }).x!, privateKey.export({ format: 'jwk' }).d!]
  const raw = Buffer.from(half, 'base64url')
  const secret = Buffer.concat([Buffer.from(seed, 'base64url'), raw])
  return { id, chain: 'solana', curve: 'ed25519', publicKey: base58.encode(raw), secret }
}

function makeEvmWallet(id: string): Wallet {
  const secret = randomBytes(32)
  const publicKey = privateKeyToAddress(`0x${secret.toString('hex')}`)
  return { id, chain: 'ethereum', curve: 'secp256k1', publicKey, secret }
}

describe('wallets of a WAIaaS 2.x installation', () => {
  let keys: Keys
  let data: string
  const wallets = [makeSolanaWallet('019-solana'), makeEvmWallet('019-evm')]

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'waiaas-legacy-'))
    await mkdir(join(data, 'keystore'))
    for (const wallet of wallets)
      await writeFile(join(data, 'keystore', `${wallet.id}.json`), await makeKeyFile(wallet))
    await writeFile(join(data, 'keystore', '.019-evm.json.tmp'), 'half written')
    keys = await startKeys()
    await keys.createKeyring('a master password')
  })
  afterAll(async () => {
    await keys.stop()
    await rm(data, { recursive: true })
  })

  test('are listed from its data directory and imported under the same addresses', async () => {
    const found = await readLegacyWallets(data)
    expect(found.map(({ walletId, chain, network }) => [walletId, chain, network])).toEqual([
      ['019-evm', 'ethereum', 'sepolia'],
      ['019-solana', 'solana', 'devnet'],
    ])
    for (const { walletId, chain, publicKey, json } of found) {
      const row = await keys.import(walletId, chain, { kind: 'waiaas-2', json, password })
      expect(row.address).toBe(publicKey)
    }
  })

  test('are refused with a wrong password, damaged, for another chain, or naming another key', async () => {
    const [evm] = await readLegacyWallets(data)
    const file = JSON.parse(evm!.json) as { publicKey: string; crypto: { authTag: string } }
    const attempt = (chain: 'ethereum' | 'solana', changed: object, used = password) =>
      keys.import('w', chain, { kind: 'waiaas-2', json: JSON.stringify(changed), password: used })
    const { crypto } = file
    const other = makeEvmWallet('other').publicKey
    await expect(attempt('ethereum', file, 'wrong')).rejects.toThrow('password of the WAIaaS 2.x installation is wrong')
    const damaged = { ...file, crypto: { ...crypto, authTag: '00'.repeat(16) } }
    await expect(attempt('ethereum', damaged)).rejects.toThrow('damaged')
    await expect(attempt('solana', file)).rejects.toThrow('the key file is for ethereum')
    await expect(attempt('ethereum', { ...file, publicKey: other })).rejects.toThrow('another address')
    await expect(attempt('ethereum', { ...file, crypto: {} })).rejects.toThrow('expected a key file of WAIaaS 2.x')
  })

  test('a folder that is no data directory is refused by name', async () => {
    await expect(readLegacyWallets(join(data, 'keystore'))).rejects.toThrow('expected the data directory')
  })
})
