import { createPrivateKey, createPublicKey, pbkdf2Sync } from 'node:crypto'
import { base58 } from '@scure/base'
import { describe, expect, test } from 'vitest'
import type { Chain, ImportSecret } from '../types.ts'
import { chains } from './chains.ts'
import { curves } from './curves.ts'
import { readDerivations, readImport } from './import.ts'

type Phrase = Extract<ImportSecret, { kind: 'mnemonic' }>
async function take(chain: Chain, secret: Omit<Phrase, 'kind'>): Promise<string> {
  const key = curves[chains[chain].curve].open(await readImport(chain, { kind: 'mnemonic', ...secret }))
  key.close()
  return chains[chain].address(key.publicKey)
}

const phrase = `${'abandon '.repeat(11)}about`
/** What `solana-keygen new` does: the first 32 bytes of the BIP-39 seed are the ed25519 seed. */
function keygenAddress(words: string, passphrase: string): string {
  const seed = pbkdf2Sync(words, `mnemonic${passphrase}`, 2048, 64, 'sha512').subarray(0, 32)
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  return base58.encode(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'))
}

describe('the derivation of a recovery phrase', () => {
  test.each(['', 'a passphrase'])('none is what solana-keygen new makes of a phrase and "%s"', async (passphrase) => {
    const address = await take('solana', { phrase, derivation: 'none', passphrase })
    expect(address).toBe(keygenAddress(phrase, passphrase))
  })

  test('bip44 is the usual path, or the given one; so is what says nothing', async () => {
    const usual = 'HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk'
    expect(await take('solana', { phrase })).toBe(usual)
    expect(await take('solana', { phrase, derivation: 'bip44' })).toBe(usual)
    const path = "m/44'/501'/1'/0'"
    const other = await take('solana', { phrase, path })
    expect(other).not.toBe(usual)
    expect(await take('solana', { phrase, path, derivation: 'bip44' })).toBe(other)
  })

  test('every address that is listed is the one that its derivation and path import', async () => {
    for (const chain of ['solana', 'ethereum'] as const) {
      const listed = await readDerivations(chain, { kind: 'mnemonic', phrase, passphrase: 'x' })
      expect(listed.map(({ address }) => address)[0]).toBe(await take(chain, { phrase, passphrase: 'x' }))
      expect(new Set(listed.map(({ address }) => address)).size).toBe(listed.length)
      for (const { derivation, path, address } of listed) {
        const chosen = { phrase, passphrase: 'x', derivation, ...(path !== null && { path }) }
        expect(await take(chain, chosen), `${derivation} ${path}`).toBe(address)
      }
    }
  })

  test('nothing is listed where the secret leaves no choice', async () => {
    expect(await readDerivations('solana', { kind: 'mnemonic', phrase, derivation: 'none' })).toEqual([])
    expect(await readDerivations('solana', { kind: 'mnemonic', phrase, path: "m/44'/501'" })).toEqual([])
    expect(await readDerivations('solana', { kind: 'solana-keypair', json: '[]' })).toEqual([])
    expect(await readDerivations('ripple', { kind: 'mnemonic', phrase })).toEqual([])
  })

  test.each<[string, Chain, object, RegExp]>([
    ['none on a chain of paths', 'ethereum', { derivation: 'none' }, /expected a derivation of ethereum: bip44/],
    ['a path without derivation along it', 'solana', { derivation: 'none', path: "m/44'/501'" }, /expected no path/],
    ['one that does not exist', 'solana', { derivation: 'bip32' }, /expected a derivation of solana: bip44 or none/],
    ['any on a chain without phrases', 'ripple', { derivation: 'none' }, /cannot be imported on ripple/],
  ])('%s is refused', async (_name, chain, choice, why) => {
    await expect(take(chain, { phrase, ...choice })).rejects.toThrow(why)
  })
})
