import type { adminOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { OperatorService } from './service.ts'

type Operations = Pick<typeof adminOperations, 'changeMasterPassword'>

export const operatorHandlers = (operator: Pick<OperatorService, 'changePassword'>): Handlers<Operations, Calls> => ({
  async changeMasterPassword({ principal, peer }, { newPassword }) {
    const { isRecoveryKeyRemoved } = await operator.changePassword(principal.masterPassword(), newPassword, peer)
    const leftOver = isRecoveryKeyRemoved ? '' : ', but recovery.key could not be removed: remove it by hand'
    // Only the root key's wrapping changes.
    return {
      message: `master password changed${leftOver}`,
      walletsReEncrypted: 0,
      settingsReEncrypted: 0,
      credentialsReEncrypted: 0,
    }
  },
})
