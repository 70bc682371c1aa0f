import type { Handlers, tokenOperations } from '@waiaas/contract'
import type { Call } from '../platform/http/types.ts'
import type { By } from '../wallets/service.ts'
import type { Tokens } from './service.ts'

const by = ({ peer }: Call): By => ({ actor: 'operator', ip: peer })

/** Token operations to calls of the service. */
export const tokenHandlers = (tokens: Tokens): Handlers<typeof tokenOperations, Call> => ({
  listTokens: (_call, input) => tokens.list(input),
  resolveToken: (_call, input) => tokens.resolve(input),
  addToken: (call, input) => tokens.add(input, by(call)),
  removeToken: (call, input) => tokens.remove(input, by(call)),
})
