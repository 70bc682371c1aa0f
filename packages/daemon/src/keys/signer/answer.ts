import type { SignerCalls } from '../channel.ts'
import { KeyError } from '../key-error.ts'
import { makeSealingKeyPair } from '../sealing.ts'
import type { ImportSecret, KeyringRow, SealedImport } from '../types.ts'
import { type Witness, witness } from './evidence.ts'
import { exportKey } from './export.ts'
import { readDerivations, readImport } from './import.ts'
import { createKey, storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, prove, rewrapKeyring, subkey, unlockKeyring, wipeKeyring } from './keyring.ts'
import { openImport } from './sealed-import.ts'
import { signBatch } from './sign.ts'

type Awaitable<Value> = Value | Promise<Value>
type Handlers = {
  [Name in keyof SignerCalls]: (input: SignerCalls[Name]['input']) => Awaitable<SignerCalls[Name]['output']>
}

/** The keyring, the row that the master password opens it with, and what signs for the evidence. */
type Held = { keyring: Keyring; row: KeyringRow; witness: Witness }

/** The whole of what the signer does, and the keyring that it holds while unlocked. */
export function makeSigner(): { calls: Handlers; lock: () => void } {
  const sealing = makeSealingKeyPair()
  const open = (secret: ImportSecret | SealedImport) => openImport(sealing, secret)
  let held: Held | undefined
  const unlocked = (): Held => {
    if (!held) throw new KeyError('KEYSTORE_LOCKED', 'the keyring is locked; unlock it with the master password')
    return held
  }
  const keyring = (): Keyring => unlocked().keyring
  const lock = () => {
    if (held) wipeKeyring(held.keyring)
    held = undefined
  }
  const hold = (next: Keyring, row: KeyringRow) => {
    lock()
    held = { keyring: next, row, witness: witness(next) }
  }
  /** Nothing that the daemon alone knows passes here. */
  const requirePassword = async (password: Uint8Array) => {
    const { keyring, row } = unlocked()
    if ((await prove(password, row, keyring)) === 'own') return
    throw new KeyError('INVALID_MASTER_PASSWORD', 'the master password is wrong')
  }
  const calls: Handlers = {
    async createKeyring({ password, cost }) {
      const made = await createKeyring(password, cost)
      hold(made.keyring, made.row)
      return made.row
    },
    async unlock({ password, row }) {
      hold(await unlockKeyring(password, row), row)
      return true as const
    },
    async verify({ password, row }) {
      const proof = await prove(password, row, held?.keyring)
      // Another replica may have changed the password.
      if (proof === 'own' && held) held.row = row
      return proof !== 'wrong'
    },
    async rewrap({ password, next, cost }) {
      await requirePassword(password)
      const row = await rewrapKeyring(keyring(), next, cost)
      unlocked().row = row
      return row
    },
    subkey: ({ purpose }) => subkey(keyring(), purpose),
    create: ({ walletId, chain }) => createKey(keyring(), walletId, chain),
    async import({ walletId, chain, secret }) {
      keyring()
      return storeKey(keyring(), { walletId, chain }, await readImport(chain, open(secret)))
    },
    derivations({ chain, secret }) {
      keyring()
      return readDerivations(chain, open(secret))
    },
    async export({ key, options, password }) {
      await requirePassword(password)
      return exportKey(keyring(), key, options)
    },
    sign: (batch) => signBatch(keyring(), batch),
    evidenceKey: () => unlocked().witness.publicKey,
    signCheckpoint: (next) => unlocked().witness.sign(next),
    sealingKey: () => sealing.publicKey,
  }
  return { calls, lock }
}
