import type { Chain, Curve, DerivedAddress, ImportSecret } from '../types.ts'
import { chains, hex } from './chains.ts'
import { curves, secretBytes } from './curves.ts'
import { Guarded, sodium, thenWiped } from './guarded.ts'
import { asWritten, passwordForms, refusePrivateKey } from './import-text.ts'
import { invalid, isRecord, parseJson } from './invalid.ts'
import { chainKeys } from './key-rows.ts'
import { openKeystoreV3 } from './keystore-v3.ts'
import { deriveSecret, seedOf } from './mnemonic.ts'
import { readSolanaKeypair } from './solana-keypair.ts'
import { openWaiaas2 } from './waiaas-2.ts'

type Secret<Kind extends ImportSecret['kind']> = Extract<ImportSecret, { kind: Kind }>
type Reader<Kind extends ImportSecret['kind']> = (chain: Chain, secret: Secret<Kind>) => Promise<Guarded> | Guarded

/** The secret of a wallet to import, in guarded memory; IMPORT_INVALID says what is wrong with it. */
export async function readImport(chain: Chain, secret: ImportSecret): Promise<Guarded> {
  chainKeys(chain)
  assertFields(secret)
  // The kind selects the reader of that kind.
  return (readers[secret.kind] as Reader<ImportSecret['kind']>)(chain, asWritten(secret))
}

/** The addresses of a recovery phrase that says no derivation, the one that `readImport` takes first; none of other secrets. */
export async function readDerivations(chain: Chain, secret: ImportSecret): Promise<DerivedAddress[]> {
  chainKeys(chain)
  assertFields(secret)
  if (secret.kind !== 'mnemonic' || secret.derivation !== undefined || secret.path !== undefined) return []
  const { phrase, passphrase = '' } = asWritten(secret)
  return thenWiped(await seedOf(phrase, passphrase), async (seed) => {
    const found: DerivedAddress[] = []
    for (const way of chains[chain].derivations)
      found.push({ ...way, address: addressOf(chain, await derived(chain, seed, way.path)) })
    return found
  })
}

const required: Record<ImportSecret['kind'], readonly string[]> = {
  'private-key': ['text'],
  mnemonic: ['phrase'],
  'keystore-v3': ['json', 'password'],
  'solana-keypair': ['json'],
  'waiaas-2': ['json', 'password'],
}

/** What was sealed could not be checked on its way here. */
function assertFields(secret: ImportSecret): void {
  if (!isRecord(secret) || !Object.hasOwn(required, secret.kind)) invalid('no such kind of import')
  const missing = required[secret.kind].find((name) => !Object.hasOwn(secret, name))
  if (missing !== undefined) invalid(`an import of kind ${secret.kind} needs its field ${missing}`)
  const isText = Object.values(secret).every((value) => value === undefined || typeof value === 'string')
  if (!isText) invalid('every field of an import is text')
}

const readers: { [Kind in ImportSecret['kind']]: Reader<Kind> } = {
  'private-key'(chain, { text }) {
    const bytes = chains[chain].readSecret(text.replace(/\s+/g, ''))
    return takeSecret(chains[chain].curve, bytes ?? refusePrivateKey(chain, text))
  },
  async mnemonic(chain, secret) {
    const path = pathOf(chain, secret)
    return thenWiped(await seedOf(secret.phrase, secret.passphrase ?? ''), (seed) => derived(chain, seed, path))
  },
  async 'keystore-v3'(chain, { json, password }) {
    if (!chains[chain].formats.includes('keystore-v3')) return invalid(`a keystore file cannot be imported on ${chain}`)
    const { secret, address } = await openKeystoreV3(json, passwordForms(password))
    const taken = takeSecret(chains[chain].curve, secret)
    if (address !== undefined) assertAddress(chain, taken, [`0x${address}`])
    return taken
  },
  'solana-keypair'(chain, { json }) {
    if (!chains[chain].formats.includes('solana-keypair'))
      return invalid(`a Solana keypair file cannot be imported on ${chain}`)
    return takeSecret(chains[chain].curve, readSolanaKeypair(parseJson(json)))
  },
  async 'waiaas-2'(chain, { json, password }) {
    const { secret, file } = await openWaiaas2(json, passwordForms(password))
    if (file.chain !== chain) {
      sodium.sodium_memzero(secret)
      return invalid(`the key file is for ${file.chain}, the wallet for ${chain}`)
    }
    const taken = takeSecret(chains[chain].curve, secret)
    assertAddress(chain, taken, [file.publicKey])
    return taken
  },
}

/** The path to derive along: the given one, the usual one of the chain, or null for none. */
function pathOf(chain: Chain, { derivation, path }: Secret<'mnemonic'>): string | null {
  const ways = chains[chain].derivations
  const [usual] = ways
  if (!usual) return invalid(`a recovery phrase cannot be imported on ${chain}`)
  const known = [...new Set(ways.map((way) => way.derivation))]
  if (derivation !== undefined && !known.includes(derivation))
    return invalid(`expected a derivation of ${chain}: ${known.join(' or ')}`)
  if (derivation !== 'none') return path ?? usual.path
  return path === undefined ? null : invalid('expected no path with the derivation none')
}

const derived = async (chain: Chain, seed: Guarded, path: string | null): Promise<Guarded> =>
  takeSecret(chains[chain].curve, await deriveSecret(chains[chain].curve, seed, path))

/** Moves 32 bytes, or 64 with the public half behind, into guarded memory. The source is wiped. */
function takeSecret(curve: Curve, bytes: Uint8Array): Guarded {
  try {
    if (bytes.length === secretBytes * 2) assertPublicHalf(curve, bytes)
    else if (bytes.length !== secretBytes) invalid(`expected ${secretBytes} secret bytes, got ${bytes.length}`)
    const secret = bytes.subarray(0, secretBytes)
    if (!curves[curve].isValid(secret)) invalid(`not a private key of ${curve}: zero, or not below the group order`)
    return Guarded.filled(secretBytes, (guarded) => guarded.set(secret))
  } finally {
    sodium.sodium_memzero(bytes)
  }
}

function assertPublicHalf(curve: Curve, bytes: Uint8Array): void {
  const key = curves[curve].open(Guarded.filled(secretBytes, (guarded) => guarded.set(bytes.subarray(0, secretBytes))))
  const isSame = Buffer.compare(key.publicKey, bytes.subarray(secretBytes)) === 0
  key.close()
  if (!isSame) invalid('the public half of the keypair does not belong to its private half')
}

/** Wipes the secret. */
function addressOf(chain: Chain, secret: Guarded): string {
  const key = curves[chains[chain].curve].open(secret)
  const address = chains[chain].address(key.publicKey)
  key.close()
  return address
}

/** A file that names its address or public key must be right about it. */
function assertAddress(chain: Chain, secret: Guarded, named: string[]): void {
  const copy = secret.use((bytes) => Guarded.filled(secretBytes, (guarded) => guarded.set(bytes)))
  const key = curves[chains[chain].curve].open(copy)
  const { addressKey } = chains[chain]
  const address = chains[chain].address(key.publicKey)
  const forms = [address, ...printPublicKey(key.publicKey)]
  key.close()
  if (named.some((name) => forms.includes(name) || forms.includes(name.toLowerCase().replace(/^0x/, '')))) return
  if (named.some((name) => addressKey(name) === addressKey(address))) return
  secret.wipe()
  invalid(`the file names another address or public key than its key gives (${address})`)
}

/** Uncompressed, compressed, and with the mark that the XRP Ledger puts before an ed25519 key. */
function printPublicKey(publicKey: Uint8Array): string[] {
  if (publicKey.length === 32) return [hex(publicKey), `ed${hex(publicKey)}`]
  const sign = publicKey[64]! % 2 === 0 ? '02' : '03'
  return [hex(publicKey), sign + hex(publicKey.subarray(1, 33))]
}
