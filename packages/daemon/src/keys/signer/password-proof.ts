import { createHmac, randomBytes } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import type { KeyringRow } from '../types.ts'
import { type Keyring, prove } from './keyring.ts'

type Opened = { keyring: Keyring; row: KeyringRow }

/**
 * What the operator alone can show: nothing that the daemon knows by itself passes here. The right password costs one
 * derivation, each wrong one another.
 */
export function passwordProof() {
  const key = randomBytes(32)
  const digestOf = (password: Uint8Array) => createHmac('sha256', key).update(password).digest()
  let proven: { digest: Buffer; wrappedRoot: string } | undefined

  const know = (password: Uint8Array, { wrappedRoot }: KeyringRow): void => {
    proven = { digest: digestOf(password), wrappedRoot }
  }
  /** Was it right for this row before? Without a derivation. */
  const isKnown = (password: Uint8Array, { wrappedRoot }: KeyringRow): boolean =>
    proven?.wrappedRoot === wrappedRoot && proven.digest.equals(digestOf(password))

  async function isRight(password: Uint8Array, { keyring, row }: Opened): Promise<boolean> {
    if (isKnown(password, row)) return true
    if ((await prove(password, row, keyring)) !== 'own') return false
    know(password, row)
    return true
  }

  return {
    know,
    isKnown,
    isRight,
    /** INVALID_MASTER_PASSWORD. */
    async require(password: Uint8Array, opened: Opened): Promise<void> {
      if (!(await isRight(password, opened))) throw wrongPassword()
    },
    /** Another password may hold now. */
    forget(): void {
      proven = undefined
    },
  }
}

export const wrongPassword = (): KeyError => new KeyError('INVALID_MASTER_PASSWORD', 'the master password is wrong')
