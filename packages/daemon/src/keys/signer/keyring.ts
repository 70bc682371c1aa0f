import { createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import type { Kdf, KeyringRow, PasswordCost, SubkeyPurpose } from '../types.ts'
import { decryptSecret, encryptSecret, fromBase64, isBox } from './box.ts'
import { Guarded, thenWiped } from './guarded.ts'
import { stretchPassword } from './password.ts'

// Below the floor a row is not ours: a weakened row must not make the daemon accept a cheap hash. (OWASP's minimum.)
const floor = { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 }
// Above the ceiling a row would stop the machine.
const ceiling = { memoryKib: 4 * 1024 * 1024, iterations: 64, parallelism: 64 }
const defaultCost: PasswordCost = { memoryKib: 64 * 1024, iterations: 3, parallelism: 4 }
const rootBytes = 32
const checkBytes = 8
/** What the daemon may have. */
const purposes: readonly SubkeyPurpose[] = [
  'settings',
  'sessions',
  'webhooks',
  'backup',
  'marks',
  'signatures',
  'links',
]

/** The unlocked keyring: one root key and what is derived from it. */
export type Keyring = { root: Guarded; walletKeys: Guarded; seals: Guarded }

/** A new random root key and its first row. */
export async function createKeyring(
  password: Uint8Array,
  cost = defaultCost,
): Promise<{ row: KeyringRow; keyring: Keyring }> {
  const root = Guarded.random(rootBytes)
  return { row: await wrapRoot(root, password, { cost, generation: 0 }), keyring: openRoot(root) }
}

/** Throws INVALID_MASTER_PASSWORD, or KEYRING_CORRUPT when the row cannot be what was written. */
export async function unlockKeyring(password: Uint8Array, row: KeyringRow): Promise<Keyring> {
  return openRoot(await unwrapRoot(row, password))
}

/** What a password is to a keyring: wrong for the row, right, or right and the row is of this keyring. */
export type Proof = 'wrong' | 'right' | 'own'

/** KEYRING_CORRUPT when the row cannot be what was written. */
export async function prove(password: Uint8Array, row: KeyringRow, keyring?: Keyring): Promise<Proof> {
  const root = await unwrapRoot(row, password).catch((error: unknown) => {
    if (error instanceof KeyError && error.code === 'INVALID_MASTER_PASSWORD') return undefined
    throw error
  })
  if (!root) return 'wrong'
  const isOwn = await thenWiped(root, () => keyring !== undefined && isSame(root, keyring.root))
  return isOwn ? 'own' : 'right'
}

const isSame = (a: Guarded, b: Guarded): boolean => a.use((one) => b.use((other) => timingSafeEqual(one, other)))

/** A new row of the same root key for another password. */
export const rewrapKeyring = (
  keyring: Keyring,
  password: Uint8Array,
  { cost = defaultCost, generation }: { cost?: PasswordCost | undefined; generation: number },
): Promise<KeyringRow> => wrapRoot(keyring.root, password, { cost, generation })

/** How often the password was changed. The row is bound to it. */
export const generationOf = (row: KeyringRow): number => (row.version === 1 ? 0 : row.generation)

/** HKDF-SHA256 of the root key, for the daemon. The subkeys of the wallets' keys, their ceilings and the evidence are not among the purposes. */
export function subkey(keyring: Keyring, purpose: SubkeyPurpose): Uint8Array {
  if (!purposes.includes(purpose)) throw new KeyError('SIGN_REFUSED', 'no such subkey purpose')
  return new Uint8Array(derive(keyring.root, purpose))
}

/** The seed of the key that signs checkpoints. */
export const evidenceSeed = ({ root }: Keyring): Guarded => Guarded.taken(derive(root, 'evidence'))

/** The seed of the key pair that clients seal to. */
export const sealingSeed = ({ root }: Keyring): Guarded => Guarded.taken(derive(root, 'sealing'))

export function wipeKeyring(keyring: Keyring): void {
  keyring.root.wipe()
  keyring.walletKeys.wipe()
  keyring.seals.wipe()
}

const openRoot = (root: Guarded): Keyring => ({
  root,
  walletKeys: Guarded.taken(derive(root, 'wallet-keys')),
  seals: Guarded.taken(derive(root, 'seals')),
})

const derive = (root: Guarded, purpose: string): Buffer =>
  root.use((bytes) => Buffer.from(hkdfSync('sha256', bytes, 'waiaas/root/1', `waiaas/subkey/${purpose}`, 32)))

type Wrapping = { cost: PasswordCost; generation: number }
async function wrapRoot(root: Guarded, password: Uint8Array, { cost, generation }: Wrapping): Promise<KeyringRow> {
  if (password.length === 0) throw new KeyError('INVALID_MASTER_PASSWORD', 'the master password must not be empty')
  const salt = randomBytes(16)
  const kdf: Kdf = { algorithm: 'argon2id', ...cost, salt: salt.toString('base64') }
  assertCost(kdf)
  const wrappingKey = await stretchPassword(password, salt, kdf)
  const about = associated({ version: 2, kdf, generation })
  const box = await thenWiped(wrappingKey, (key) => encryptSecret(key, root, about))
  const wrappedRoot = Buffer.concat([box, check(about, box)]).toString('base64')
  return { kdf, wrappedRoot, version: 2, generation }
}

async function unwrapRoot(row: KeyringRow, password: Uint8Array): Promise<Guarded> {
  const salt = assertKdf(row)
  const wrapped = fromBase64(row.wrappedRoot)
  const box = wrapped?.subarray(0, wrapped.length - checkBytes)
  if (!wrapped || !box || !isBox(box, rootBytes))
    throw corrupt('the wrapped root key has not the length it was written with')
  const about = associated(row)
  if (!wrapped.subarray(box.length).equals(check(about, box))) throw corrupt('its check sum does not fit')
  const wrappingKey = await stretchPassword(password, salt, row.kdf)
  const root = await thenWiped(wrappingKey, (key) => decryptSecret(key, box, about))
  if (!root) throw new KeyError('INVALID_MASTER_PASSWORD', 'the master password is wrong')
  return root
}

function assertKdf(row: KeyringRow): Buffer {
  if ((row.version !== 1 && row.version !== 2) || row.kdf?.algorithm !== 'argon2id')
    throw corrupt('expected version 1 or 2 with argon2id')
  if (!Number.isSafeInteger(generationOf(row)) || generationOf(row) < 0) throw corrupt('expected a whole generation')
  assertCost(row.kdf)
  const salt = fromBase64(row.kdf.salt)
  if (!salt || salt.length < 16) throw corrupt('the salt must be base64 of at least 16 bytes')
  return salt
}

function assertCost(cost: PasswordCost): void {
  for (const name of ['memoryKib', 'iterations', 'parallelism'] as const) {
    const value = cost[name]
    if (!Number.isSafeInteger(value) || value < floor[name] || value > ceiling[name])
      throw corrupt(`${name} must be an integer from ${floor[name]} to ${ceiling[name]}`)
  }
}

const corrupt = (why: string) =>
  new KeyError('KEYRING_CORRUPT', `the keyring row is damaged (${why}); restore it from a backup`)

type Bound = { version: 1; kdf: Kdf } | { version: 2; kdf: Kdf; generation: number }
function associated(row: Bound): Buffer {
  const { algorithm, memoryKib, iterations, parallelism, salt } = row.kdf
  const own = row.version === 1 ? [] : [row.generation]
  return Buffer.from(
    JSON.stringify([`waiaas/keyring/${row.version}`, algorithm, memoryKib, iterations, parallelism, salt, ...own]),
  )
}

// Unkeyed on purpose: it tells damage from a wrong password and protects nothing. The tag does that.
const check = (about: Uint8Array, box: Uint8Array): Buffer =>
  createHash('sha256').update(about).update(box).digest().subarray(0, checkBytes)
