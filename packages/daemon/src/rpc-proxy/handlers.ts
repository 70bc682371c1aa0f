import type { Handlers, rpcUrlOperations } from '@waiaas/contract'
import { by, sessionOf } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { RpcUrls } from './service.ts'

/** Operations of addresses to calls of the service. */
export const rpcUrlHandlers = (urls: RpcUrls): Handlers<typeof rpcUrlOperations, Calls> => ({
  createRpcUrl: ({ principal, baseUrl, peer }, input) =>
    urls.create(input, { sessionId: principal.sessionId, baseUrl, ip: peer }),
  listRpcUrls: ({ principal }, input) => urls.list(input, sessionOf(principal)),
  revokeRpcUrl: (call, { id }) => urls.revoke(id, by(call), sessionOf(call.principal)),
})
