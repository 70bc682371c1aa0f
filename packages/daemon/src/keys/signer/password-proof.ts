import { createHmac, randomBytes } from 'node:crypto'
import { KeyError } from '../key-error.ts'
import type { KeyringRow } from '../types.ts'
import { type Keyring, prove } from './keyring.ts'

/**
 * What the operator alone can show: nothing that the daemon knows by itself passes here. The right password costs one
 * derivation, each wrong one another.
 */
export function passwordProof() {
  const key = randomBytes(32)
  const digestOf = (password: Uint8Array) => createHmac('sha256', key).update(password).digest()
  let proven: Buffer | undefined
  return {
    /** INVALID_MASTER_PASSWORD. */
    async require(password: Uint8Array, { keyring, row }: { keyring: Keyring; row: KeyringRow }): Promise<void> {
      const digest = digestOf(password)
      if (proven?.equals(digest)) return
      if ((await prove(password, row, keyring)) !== 'own')
        throw new KeyError('INVALID_MASTER_PASSWORD', 'the master password is wrong')
      proven = digest
    },
    /** Another password may hold now. */
    forget(): void {
      proven = undefined
    },
  }
}
