import type { autostopOperations, Handlers } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { autostopRules } from './operating.ts'

/** AutoStop operations to calls of the service. */
export const autostopHandlers = (
  rules: ReturnType<typeof autostopRules>,
): Handlers<typeof autostopOperations, Calls> => ({
  listAutostopRules: (_call, { walletId }) => rules.list(walletId),
  updateAutostopRule: (call, input) => rules.update(input, by(call)),
})
