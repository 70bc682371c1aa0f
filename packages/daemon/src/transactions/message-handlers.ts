import type { Handlers, messageOperations } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { Transactions } from './service.ts'

export const messageHandlers = (service: Transactions): Handlers<typeof messageOperations, Calls> => ({
  signMessage: ({ principal, peer, idempotencyKey, onDelivered }, input) =>
    service.signMessage(input, { sessionId: principal.sessionId, peer, key: idempotencyKey, onDelivered }),
})
