import { type adminOperations, type Handlers, invalidField } from '@waiaas/contract'
import { shownBy } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { OperatorService } from './service.ts'

type Operations = Pick<typeof adminOperations, 'changeMasterPassword'>

export const operatorHandlers = (operator: Pick<OperatorService, 'changePassword'>): Handlers<Operations, Calls> => ({
  async changeMasterPassword(call, { newPassword }) {
    const shown = shownBy(call)
    if ((typeof shown === 'string') !== (newPassword !== undefined))
      throw invalidField('newPassword', 'expected sealedPassword with X-Master-Proof, and newPassword without')
    const { isRecoveryKeyRemoved } = await operator.changePassword(shown, newPassword, call.peer)
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
