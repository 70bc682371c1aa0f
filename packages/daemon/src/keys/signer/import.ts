import type { Chain, Curve, ImportSecret } from '../types.ts'
import { chains, hex } from './chains.ts'
import { curves, secretBytes } from './curves.ts'
import { Guarded, sodium } from './guarded.ts'
import { invalid, parseJson } from './invalid.ts'
import { chainKeys } from './key-rows.ts'
import { openKeystoreV3 } from './keystore-v3.ts'
import { deriveFromMnemonic } from './mnemonic.ts'
import { isRecord } from './typed-data.ts'
import { openWaiaas2 } from './waiaas-2.ts'

type Reader<Kind extends ImportSecret['kind']> = (
  chain: Chain,
  secret: Extract<ImportSecret, { kind: Kind }>,
) => Promise<Guarded> | Guarded

/** The secret of a wallet to import, in guarded memory; IMPORT_INVALID says what is wrong with it. */
export async function readImport(chain: Chain, secret: ImportSecret): Promise<Guarded> {
  chainKeys(chain)
  assertFields(secret)
  // The kind selects the reader of that kind.
  return (readers[secret.kind] as Reader<ImportSecret['kind']>)(chain, secret)
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
    const bytes = chains[chain].readSecret(text.trim())
    return takeSecret(chains[chain].curve, bytes ?? invalid(`not a private key of ${chain}: wrong length or alphabet`))
  },
  async mnemonic(chain, { phrase, path, passphrase }) {
    const { mnemonicPath, curve } = chains[chain]
    if (!mnemonicPath) return invalid(`a recovery phrase cannot be imported on ${chain}`)
    return takeSecret(curve, await deriveFromMnemonic(curve, phrase, path ?? mnemonicPath, passphrase ?? ''))
  },
  async 'keystore-v3'(chain, { json, password }) {
    if (!chains[chain].formats.includes('keystore-v3')) return invalid(`a keystore file cannot be imported on ${chain}`)
    const { secret, address } = await openKeystoreV3(json, password)
    const taken = takeSecret(chains[chain].curve, secret)
    if (address !== undefined) assertAddress(chain, taken, [`0x${address}`])
    return taken
  },
  'solana-keypair'(chain, { json }) {
    if (!chains[chain].formats.includes('solana-keypair'))
      return invalid(`a Solana keypair file cannot be imported on ${chain}`)
    const numbers = parseJson(json)
    const isByte = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255
    if (!Array.isArray(numbers) || numbers.length !== 64 || !numbers.every(isByte))
      return invalid('a Solana keypair file is a list of 64 numbers from 0 to 255')
    return takeSecret(chains[chain].curve, Uint8Array.from(numbers as number[]))
  },
  async 'waiaas-2'(chain, { json, password }) {
    const { secret, file } = await openWaiaas2(json, password)
    if (file.chain !== chain) {
      sodium.sodium_memzero(secret)
      return invalid(`the key file is for ${file.chain}, the wallet for ${chain}`)
    }
    const taken = takeSecret(chains[chain].curve, secret)
    assertAddress(chain, taken, [file.publicKey])
    return taken
  },
}

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

/** A file that names its address or public key must be right about it. */
function assertAddress(chain: Chain, secret: Guarded, named: string[]): void {
  const copy = secret.use((bytes) => Guarded.filled(secretBytes, (guarded) => guarded.set(bytes)))
  const key = curves[chains[chain].curve].open(copy)
  const address = chains[chain].address(key.publicKey)
  const forms = [address, ...printPublicKey(key.publicKey)]
  key.close()
  if (named.some((name) => forms.includes(name) || forms.includes(name.toLowerCase().replace(/^0x/, '')))) return
  if (chain === 'ethereum' && named.some((name) => name.toLowerCase() === address.toLowerCase())) return
  secret.wipe()
  invalid(`the file names another address or public key than its key gives (${address})`)
}

/** Uncompressed, compressed, and with the mark that the XRP Ledger puts before an ed25519 key. */
function printPublicKey(publicKey: Uint8Array): string[] {
  if (publicKey.length === 32) return [hex(publicKey), `ed${hex(publicKey)}`]
  const sign = publicKey[64]! % 2 === 0 ? '02' : '03'
  return [hex(publicKey), sign + hex(publicKey.subarray(1, 33))]
}
