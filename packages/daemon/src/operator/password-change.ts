import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Log } from '../platform/log.ts'
import { type PasswordRule, requireUsable } from './password.ts'
import { keyRefusals } from './refusals.ts'
import { keyringStore } from './store.ts'

/** How the present password was shown: as it is, or sealed for the call with this body. */
type Shown = string | { readonly sealed: string; readonly body: string }
export type ChangingKeys<Row> = {
  /** Asks for the present password itself; a sealed call says the new one too. */
  rewrap(proof: Shown, newPassword?: string): Promise<Row>
  readonly passwords: PasswordRule
}
type Parts<Row> = {
  readonly database: Database
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly audit: Audit
  readonly keys: ChangingKeys<Row>
  readonly recoveryKey: { readonly path: string; remove(): Promise<void> }
  forget(): void
  /** In the job of the change: what the password before it had let pass. */
  voidApprovals(db: Handle): Promise<unknown>
}

/** Puts the keyring under another password, which a sealed call says by itself. */
export const passwordChange =
  <Row>({ database, clock, log, audit, keys, recoveryKey, forget, voidApprovals }: Parts<Row>) =>
  async (shown: Shown, newPassword: string | undefined, ip?: string): Promise<{ isRecoveryKeyRemoved: boolean }> => {
    if (newPassword !== undefined) requireUsable(keys.passwords, newPassword)
    const row = JSON.stringify(await keyRefusals(keys.rewrap(shown, newPassword)))
    await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
      await keyringStore.replace(db, row, clock.now())
      await voidApprovals(db)
      await audit.record(db, { event: 'MASTER_PASSWORD_CHANGED', actor: 'operator', ip })
    })
    forget()
    try {
      await recoveryKey.remove()
      return { isRecoveryKeyRemoved: true }
    } catch (error) {
      log.error({ err: error }, `the password is changed, but ${recoveryKey.path} with the old one is still there`)
      return { isRecoveryKeyRemoved: false }
    }
  }
