import type { Handlers, tokenOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Tokens } from './service.ts'

/** Token operations to calls of the service. */
export const tokenHandlers = (tokens: Tokens): Handlers<typeof tokenOperations, Calls> => ({
  listTokens: (_call, input) => tokens.list(input),
  resolveToken: (_call, input) => tokens.resolve(input),
  addToken: (call, input) => tokens.add(input, by(call)),
  removeToken: (call, input) => tokens.remove(input, by(call)),
})
