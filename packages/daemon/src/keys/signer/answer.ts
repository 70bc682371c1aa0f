import type { SignerCalls } from '../channel.ts'
import { KeyError } from '../key-error.ts'
import { makeSealingKeyPair } from '../sealing.ts'
import type { ImportSecret, KeyRow, KeyringRow, SealedImport } from '../types.ts'
import { type Ceilings, makeCeilings } from './ceilings.ts'
import { type Witness, witness } from './evidence.ts'
import { exportKey } from './export.ts'
import { readDerivations, readImport } from './import.ts'
import { createKey, storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, prove, rewrapKeyring, subkey, unlockKeyring, wipeKeyring } from './keyring.ts'
import { passwordProof } from './password-proof.ts'
import { openImport } from './sealed-import.ts'
import { signBatch } from './sign.ts'

type Awaitable<Value> = Value | Promise<Value>
type Handlers = {
  [Name in keyof SignerCalls]: (input: SignerCalls[Name]['input']) => Awaitable<SignerCalls[Name]['output']>
}

/** The keyring, the row that the master password opens it with, what signs for the evidence, and what bounds each wallet. */
type Held = { keyring: Keyring; row: KeyringRow; witness: Witness; ceilings: Ceilings }

/** The whole of what the signer does, and the keyring that it holds while unlocked. */
export function makeSigner(): { calls: Handlers; lock: () => void } {
  const sealing = makeSealingKeyPair()
  const open = (secret: ImportSecret | SealedImport) => openImport(sealing, secret)
  let held: Held | undefined
  const proof = passwordProof()
  const unlocked = (): Held => {
    if (!held) throw new KeyError('KEYSTORE_LOCKED', 'the keyring is locked; unlock it with the master password')
    return held
  }
  const keyring = (): Keyring => unlocked().keyring
  const lock = () => {
    if (held) wipeKeyring(held.keyring)
    held = undefined
    proof.forget()
  }
  const hold = (next: Keyring, row: KeyringRow) => {
    lock()
    const own = witness(next)
    held = { keyring: next, row, witness: own, ceilings: makeCeilings(next, own) }
  }
  const requirePassword = (password: Uint8Array) => proof.require(password, unlocked())
  const arrived = (key: KeyRow): KeyRow => {
    unlocked().ceilings.arrived(key.address)
    return key
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
      const shown = await prove(password, row, held?.keyring)
      // Another replica may have changed the password.
      if (shown === 'own' && held) {
        held.row = row
        proof.forget()
      }
      return shown !== 'wrong'
    },
    async rewrap({ password, next, cost }) {
      await requirePassword(password)
      const row = await rewrapKeyring(keyring(), next, cost)
      unlocked().row = row
      proof.forget()
      return row
    },
    subkey: ({ purpose }) => subkey(keyring(), purpose),
    create: ({ walletId, chain }) => arrived(createKey(keyring(), walletId, chain)),
    async import({ walletId, chain, secret }) {
      keyring()
      return arrived(storeKey(keyring(), { walletId, chain }, await readImport(chain, open(secret))))
    },
    derivations({ chain, secret }) {
      keyring()
      return readDerivations(chain, open(secret))
    },
    async export({ key, options, password }) {
      await requirePassword(password)
      return exportKey(keyring(), key, options)
    },
    sign(batch) {
      const { keyring, ceilings } = unlocked()
      return signBatch({ keyring, ceilings }, batch)
    },
    ...ceilingCalls(unlocked, requirePassword),
    evidenceKey: () => unlocked().witness.publicKey,
    signCheckpoint: (next) => unlocked().witness.sign(next),
    sealingKey: () => sealing.publicKey,
  }
  return { calls, lock }
}

type CeilingCalls = Pick<Handlers, 'firstCeiling' | 'changeCeiling'>

const ceilingCalls = (
  unlocked: () => Held,
  requirePassword: (password: Uint8Array) => Promise<void>,
): CeilingCalls => ({
  async firstCeiling({ password, ...first }) {
    if (password !== undefined) await requirePassword(password)
    return unlocked().ceilings.first(first, { isOperator: password !== undefined })
  },
  async changeCeiling({ password, ...change }) {
    if (password === undefined) return unlocked().ceilings.tighten(change)
    await requirePassword(password)
    return unlocked().ceilings.set(change)
  },
})
