import type { Handlers, systemOperations } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { ConnectInfo } from './service.ts'

type Operations = Pick<typeof systemOperations, 'getConnectInfo'>

export const connectHandlers = (connect: ConnectInfo): Handlers<Operations, Calls> => ({
  getConnectInfo: ({ principal, baseUrl }) => connect(principal.sessionId, baseUrl),
})
