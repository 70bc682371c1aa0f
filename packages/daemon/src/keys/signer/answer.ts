import type { SignerCalls } from '../channel.ts'
import { KeyError } from '../key-error.ts'
import { sealingFingerprint } from '../sealing.ts'
import type { ImportSecret, KeyRow, KeyringRow, SealedImport } from '../types.ts'
import { type Ceilings, makeCeilings, type Vouching } from './ceilings.ts'
import { ceilingAsked, exportAsked, liftAsked, newPasswordAsked } from './deeds.ts'
import { type Witness, witness } from './evidence.ts'
import { exportKey } from './export.ts'
import { readDerivations, readImport } from './import.ts'
import { createKey, storeKey } from './key-rows.ts'
import {
  createKeyring,
  generationOf,
  type Keyring,
  prove,
  rewrapKeyring,
  subkey,
  unlockKeyring,
  wipeKeyring,
} from './keyring.ts'
import { type Newest, newest } from './lifts.ts'
import { type Asked, operatorProofs, sealingPair } from './operator.ts'
import { openImport } from './sealed-import.ts'
import { signBatch } from './sign.ts'

type Awaitable<Value> = Value | Promise<Value>
type Handlers = {
  [Name in keyof SignerCalls]: (input: SignerCalls[Name]['input']) => Awaitable<SignerCalls[Name]['output']>
}

/** The keyring, the row that the master password opens it with, what signs for the evidence, and what bounds each wallet. */
type Held = { keyring: Keyring; row: KeyringRow; password: Newest; witness: Witness; ceilings: Ceilings }

/** The whole of what the signer does, and the keyring that it holds while unlocked. */
export function makeSigner(): { calls: Handlers; lock: () => void } {
  let held: Held | undefined
  const unlocked = (): Held => {
    if (!held) throw new KeyError('KEYSTORE_LOCKED', 'the keyring is locked; unlock it with the master password')
    return held
  }
  const operator = operatorProofs(unlocked)
  const keyring = (): Keyring => unlocked().keyring
  const open = (secret: ImportSecret | SealedImport) => openImport(() => sealingPair(keyring()), secret)
  const lock = () => {
    if (held) wipeKeyring(held.keyring)
    held = undefined
    operator.forget()
  }
  const hold = (next: Keyring, row: KeyringRow) => {
    lock()
    const own = witness(next)
    const password = newest()
    const signer = sealingFingerprint(sealingPair(next).publicKey)
    const ceilings = makeCeilings(next, { witness: own, password, signer })
    held = { keyring: next, row, password, witness: own, ceilings }
    isOf(held, row)
  }
  const arrived = (key: KeyRow, from: 'made' | 'imported'): KeyRow => {
    unlocked().ceilings.arrived(key.address, from)
    return key
  }
  const calls: Handlers = {
    async createKeyring({ password, cost }) {
      const made = await createKeyring(password, cost)
      hold(made.keyring, made.row)
      operator.know(password, made.row)
      return made.row
    },
    async unlock({ password, row }) {
      hold(await unlockKeyring(password, row), row)
      operator.know(password, row)
      return true as const
    },
    async verify({ password, row }) {
      const shown = await prove(password, row, held?.keyring)
      // Another replica may have changed the password.
      if (shown === 'own' && held) {
        isOf(held, row)
        operator.know(password, row)
      }
      return shown !== 'wrong'
    },
    async verifyCall(shown) {
      const verified = await operator.verifyCall(shown)
      // Shown to be of this keyring, as above.
      if (verified.isRight) isOf(unlocked(), shown.row)
      return verified
    },
    subkey: ({ purpose }) => subkey(keyring(), purpose),
    create: ({ walletId, chain }) => arrived(createKey(keyring(), walletId, chain), 'made'),
    async import({ walletId, chain, secret }) {
      keyring()
      return arrived(storeKey(keyring(), { walletId, chain }, await readImport(chain, open(secret))), 'imported')
    },
    derivations({ chain, secret }) {
      keyring()
      return readDerivations(chain, open(secret))
    },
    sign(batch) {
      const { keyring, ceilings } = unlocked()
      return signBatch({ keyring, ceilings }, batch)
    },
    ...operatorCalls(unlocked, operator),
    hear: (word) => unlocked().ceilings.hear(word),
    evidenceKey: () => unlocked().witness.publicKey,
    signCheckpoint: (next) => unlocked().witness.sign(next),
    signReceipt: ({ hash }) => unlocked().witness.attest(hash),
    sealingKey: () => ({ publicKey: sealingPair(keyring()).publicKey, instance: operator.instance }),
    instance: () => operator.instance,
  }
  return { calls, lock }
}

/** The row is shown to be one of this keyring. */
function isOf(held: Held, row: KeyringRow): void {
  held.row = row
  held.password.see(generationOf(row))
}

type OperatorCalls = Pick<Handlers, 'rewrap' | 'export' | 'firstCeiling' | 'changeCeiling' | 'lift'>

/** What takes the master password, in the open or sealed for a call. */
const operatorCalls = (unlocked: () => Held, operator: ReturnType<typeof operatorProofs>): OperatorCalls => ({
  async rewrap({ proof, next, cost }) {
    const asked = await operator.require(proof, 'rewrap')
    const held = unlocked()
    const password = asked ? newPasswordAsked(asked, sealingPair(held.keyring)) : next
    if (!password) throw new KeyError('INVALID_MASTER_PASSWORD', 'expected a new master password')
    const row = await rewrapKeyring(held.keyring, password, { cost, generation: held.password.value() + 1 })
    password.fill(0)
    isOf(unlocked(), row)
    operator.forget()
    return row
  },
  async export({ key, options, proof }) {
    const asked = await operator.require(proof, 'export')
    return exportKey(unlocked().keyring, key, asked ? exportAsked(asked, key) : options)
  },
  async firstCeiling({ proof, ...first }) {
    const asked = proof && (await operator.require(proof, 'create'))
    return unlocked().ceilings.first(first, vouching(proof !== undefined, asked))
  },
  async changeCeiling({ proof, ...change }) {
    if (!proof) return unlocked().ceilings.tighten(change)
    const asked = await operator.require(proof, 'ceiling', 'confirm')
    const { ceilings } = unlocked()
    if (!asked) return ceilings.set(change)
    return ceilings.set({ ...change, next: ceilingAsked(asked, change.address, ceilings.present(change)) })
  },
  async lift({ proof, ...wanted }) {
    const asked = await operator.require(proof, 'lift')
    const { payment, hours } = asked ? liftAsked(asked) : wanted
    if (!payment) throw new KeyError('SIGN_REFUSED', 'expected the payment that is to pass above the ceiling')
    return unlocked().ceilings.lift({ ...wanted, hours }, payment)
  },
})

/** The operator vouches for a whole ceiling in the open, and in a sealed call for what that call says. */
function vouching(isShown: boolean, asked: Asked | undefined): Vouching {
  if (!isShown) return 'nobody'
  if (!asked) return 'operator'
  return asked.body.environment === 'mainnet' ? 'nobody' : 'for-tests'
}
