import type { Handlers, stopTokenOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { StopTokens } from './service.ts'

/** Stop-token operations to calls of the service. */
export const stopTokenHandlers = (tokens: StopTokens): Handlers<typeof stopTokenOperations, Calls> => ({
  createStopToken: (call, { name }) => tokens.create(name, by(call)),
  listStopTokens: (_call, input) => tokens.list(input),
  revokeStopToken: (call, { id }) => tokens.revoke(id, by(call)),
})
