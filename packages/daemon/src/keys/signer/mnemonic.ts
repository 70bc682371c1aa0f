import { createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Curve } from '../types.ts'
import { Guarded, sodium } from './guarded.ts'
import { invalid } from './invalid.ts'

const stretch = promisify(pbkdf2)
const hardened = 0x80000000

/** The BIP-39 seed (64 bytes) of an English phrase, in guarded memory. */
export async function seedOf(phrase: string, passphrase: string): Promise<Guarded> {
  const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/)
  await assertPhrase(words)
  const salt = `mnemonic${passphrase.normalize('NFKD')}`
  return Guarded.taken(await stretch(words.join(' '), salt, 2048, 64, 'sha512'))
}

/**
 * 32 secret bytes of a seed. Along a path: BIP-32 on secp256k1, SLIP-0010 on ed25519. Without one, the first half of the
 * seed, which is what `solana-keygen new` makes of its phrase.
 */
export function deriveSecret(curve: Curve, seed: Guarded, path: string | null): Promise<Uint8Array> | Uint8Array {
  if (path === null) return seed.use((bytes) => Uint8Array.from(bytes.subarray(0, 32)))
  const indices = readPath(path)
  return curve === 'ed25519' ? deriveEd25519(seed, indices) : deriveSecp256k1(seed, path)
}

async function assertPhrase(words: string[]): Promise<void> {
  const [{ validateMnemonic }, { wordlist }] = await Promise.all([
    import('@scure/bip39'),
    import('@scure/bip39/wordlists/english.js'),
  ])
  if (![12, 15, 18, 21, 24].includes(words.length))
    invalid(`a recovery phrase has 12, 15, 18, 21 or 24 words, this one has ${words.length}`)
  const strange = words.findIndex((word) => !wordlist.includes(word))
  if (strange >= 0) invalid(`word ${strange + 1} of the recovery phrase is not in the English word list`)
  if (!validateMnemonic(words.join(' '), wordlist))
    invalid('the check sum of the recovery phrase is wrong: a word is wrong or out of order')
}

function readPath(path: string): number[] {
  if (!/^m(\/\d{1,10}'?){1,10}$/.test(path)) invalid("expected a derivation path such as m/44'/60'/0'/0/0")
  return path
    .split('/')
    .slice(1)
    .map((part) => {
      const index = Number.parseInt(part, 10)
      if (index >= hardened) invalid(`index ${index} of the derivation path is too large`)
      return part.endsWith("'") ? index + hardened : index
    })
}

async function deriveSecp256k1(seed: Guarded, path: string): Promise<Uint8Array> {
  const { HDKey } = await import('@scure/bip32')
  const master = seed.use((bytes) => HDKey.fromMasterSeed(bytes))
  const child = master.derive(path)
  const secret = Uint8Array.from(child.privateKey!)
  child.wipePrivateData()
  master.wipePrivateData()
  return secret
}

/** SLIP-0010, which knows hardened indices only on this curve. */
function deriveEd25519(seed: Guarded, indices: number[]): Uint8Array {
  let node = seed.use((bytes) => createHmac('sha512', 'ed25519 seed').update(bytes).digest())
  for (const index of indices) {
    if (index < hardened) invalid("every index of an ed25519 path is hardened, such as m/44'/501'/0'/0'")
    const data = Buffer.alloc(37)
    data.set(node.subarray(0, 32), 1)
    data.writeUInt32BE(index, 33)
    const next = createHmac('sha512', node.subarray(32)).update(data).digest()
    sodium.sodium_memzero(data)
    sodium.sodium_memzero(node)
    node = next
  }
  const secret = Uint8Array.from(node.subarray(0, 32))
  sodium.sodium_memzero(node)
  return secret
}
