import { accountKey } from '../account-key.ts'
import { changedCeiling, type ExactChange } from '../ceiling-change.ts'
import { NEW_PASSWORD_PURPOSE } from '../master-proof.ts'
import { passwordRule } from '../password-rule.ts'
import { normalForm } from '../password-text.ts'
import { openBytes, type SealingKeyPair } from '../sealing.ts'
import type { Ceiling, ExportFormat, ExportOptions, KeyRow, LiftWanted } from '../types.ts'
import { isRecord } from './invalid.ts'
import type { Asked } from './operator.ts'
import { refused } from './proofs.ts'

// What calls with a sealed proof ask for, read from what was proven: the daemon, which relays it, adds nothing.

/** Sealed to whom the call names, or the relay would read it; of the address that it names, whatever the wallet is called. */
export function exportAsked({ body }: Asked, key: KeyRow): ExportOptions {
  const { format = 'private-key', password, sealTo, address } = body
  if (!isSameAddress(address, key.address)) refused('it is for the key of another address')
  if (typeof sealTo !== 'string') return refused('an export names the key that it is to be sealed to (sealTo)')
  if (password !== undefined && typeof password !== 'string') return refused('the password of the file is no text')
  // Another text than a known format is refused behind this.
  return { format: format as ExportFormat, recipient: sealTo, ...(password !== undefined && { password }) }
}

/** The ceiling after the change that the call says in base units, and no other change. */
export function ceilingAsked({ deed, body: { exact } }: Asked, address: string, present: Ceiling): Ceiling {
  if (deed === 'confirm') return present
  if (!isRecord(exact)) return refused('a higher ceiling takes its change in base units (exact) in the sealed call')
  const { address: named, ...change } = exact
  if (!isSameAddress(named, address)) refused('it is for the ceiling of another address')
  // Each field is checked where the ceiling that comes of it is.
  return changedCeiling(present, change as ExactChange)
}

const isSameAddress = (named: unknown, address: string): boolean =>
  named === address || (accountKey(named) !== undefined && accountKey(named) === accountKey(address))

/** Which payment passes above the ceiling, and for how long; its fields are checked where it is sealed. */
export function liftAsked({ body: { overCeiling, payment, hours } }: Asked): Pick<LiftWanted, 'payment' | 'hours'> {
  if (overCeiling !== true || !isRecord(payment))
    return refused('what passes above the ceiling has to stand in the sealed call (payment)')
  return { payment, hours } as Pick<LiftWanted, 'payment' | 'hours'>
}

/** Its bytes. */
export function newPasswordAsked({ body: { sealedPassword } }: Asked, pair: SealingKeyPair): Buffer {
  if (typeof sealedPassword !== 'string') return refused('the new master password is to be sealed too (sealedPassword)')
  let plain: Buffer
  try {
    plain = openBytes(pair, NEW_PASSWORD_PURPOSE, sealedPassword)
  } catch {
    return refused('the new master password does not open: it was altered, or sealed to another key')
  }
  const password = normalForm(plain.toString('utf8'))
  plain.fill(0)
  const fault = passwordRule.fault(password)
  if (fault !== undefined) refused(`the new master password: ${fault}`)
  return Buffer.from(password, 'utf8')
}
