import type { SignerCalls } from '../channel.ts'
import { KeyError } from '../key-error.ts'
import { makeSealingKeyPair, openBytes } from '../sealing.ts'
import type { ImportSecret, SealedImport } from '../types.ts'
import { exportKey } from './export.ts'
import { readDerivations, readImport } from './import.ts'
import { invalid, parseJson } from './invalid.ts'
import { createKey, storeKey } from './key-rows.ts'
import { createKeyring, type Keyring, rewrapKeyring, subkey, unlockKeyring, wipeKeyring } from './keyring.ts'
import { signBatch } from './sign.ts'

type Awaitable<Value> = Value | Promise<Value>
type Handlers = {
  [Name in keyof SignerCalls]: (input: SignerCalls[Name]['input']) => Awaitable<SignerCalls[Name]['output']>
}

/** The whole of what the signer does, and the keyring that it holds while unlocked. */
export function makeSigner(): { calls: Handlers; lock: () => void } {
  const sealing = makeSealingKeyPair()
  let unlocked: Keyring | undefined
  const keyring = (): Keyring => {
    if (!unlocked) throw new KeyError('KEYSTORE_LOCKED', 'the keyring is locked; unlock it with the master password')
    return unlocked
  }
  const hold = (next: Keyring | undefined) => {
    if (unlocked) wipeKeyring(unlocked)
    unlocked = next
  }
  const calls: Handlers = {
    async createKeyring({ password, cost }) {
      const made = await createKeyring(password, cost)
      hold(made.keyring)
      return made.row
    },
    async unlock({ password, row }) {
      hold(await unlockKeyring(password, row))
      return true as const
    },
    verify: ({ password, row }) => verifyPassword(password, row),
    rewrap: ({ password, cost }) => rewrapKeyring(keyring(), password, cost),
    subkey: ({ purpose }) => subkey(keyring(), purpose),
    create: ({ walletId, chain }) => createKey(keyring(), walletId, chain),
    async import({ walletId, chain, secret }) {
      keyring()
      return storeKey(keyring(), { walletId, chain }, await readImport(chain, opened(secret)))
    },
    derivations({ chain, secret }) {
      keyring()
      return readDerivations(chain, opened(secret))
    },
    export: ({ key, format, options }) => exportKey(keyring(), key, { ...options, format }),
    sign: ({ requests }) => signBatch(keyring(), requests),
    sealingKey: () => sealing.publicKey,
  }
  return { calls, lock: () => hold(undefined) }

  function opened(secret: ImportSecret | SealedImport): ImportSecret {
    return 'sealed' in secret ? openSealed(secret) : secret
  }

  function openSealed({ sealed }: SealedImport): ImportSecret {
    let plain: Buffer
    try {
      plain = openBytes(sealing, 'import', sealed)
    } catch {
      // Whatever the library says of an envelope that does not open, the remedy is one.
      return invalid(
        'the sealed secret does not open: it was sealed to another key (ask for the sealing key again) or altered',
      )
    }
    const secret = parseJson(plain.toString('utf8'))
    plain.fill(0)
    // Only parsed so far: readImport checks the kind and its fields.
    return secret as ImportSecret
  }
}

async function verifyPassword(...[password, row]: Parameters<typeof unlockKeyring>): Promise<boolean> {
  try {
    wipeKeyring(await unlockKeyring(password, row))
    return true
  } catch (error) {
    if (error instanceof KeyError && error.code === 'INVALID_MASTER_PASSWORD') return false
    throw error
  }
}
