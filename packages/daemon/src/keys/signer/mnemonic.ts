import { createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { Curve } from '../types.ts'
import { sodium } from './guarded.ts'
import { invalid } from './invalid.ts'

const stretch = promisify(pbkdf2)
const hardened = 0x80000000

/** BIP-39 English phrase and BIP-44 path to 32 secret bytes: BIP-32 on secp256k1, SLIP-0010 on ed25519. */
export async function deriveFromMnemonic(
  curve: Curve,
  phrase: string,
  path: string,
  passphrase: string,
): Promise<Uint8Array> {
  const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/)
  await assertPhrase(words)
  const salt = `mnemonic${passphrase.normalize('NFKD')}`
  const seed = await stretch(words.join(' '), salt, 2048, 64, 'sha512')
  try {
    const indices = readPath(path)
    return curve === 'ed25519' ? deriveEd25519(seed, indices) : await deriveSecp256k1(seed, path)
  } finally {
    sodium.sodium_memzero(seed)
  }
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

async function deriveSecp256k1(seed: Uint8Array, path: string): Promise<Uint8Array> {
  const { HDKey } = await import('@scure/bip32')
  const master = HDKey.fromMasterSeed(seed)
  const child = master.derive(path)
  const secret = Uint8Array.from(child.privateKey!)
  child.wipePrivateData()
  master.wipePrivateData()
  return secret
}

/** SLIP-0010, which knows hardened indices only on this curve. */
function deriveEd25519(seed: Uint8Array, indices: number[]): Uint8Array {
  let node = createHmac('sha512', 'ed25519 seed').update(seed).digest()
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
