import type { Handlers, ownerOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Owners } from './service.ts'

/** Operations of owners to calls of the service. */
export const ownerHandlers = (owners: Owners): Handlers<typeof ownerOperations, Calls> => ({
  getOwner: (_call, { id }) => owners.read(id),
  setOwner: (call, input) => owners.set(input, { by: by(call), signed: call.principal.signed }),
  removeOwner: (call, { id }) => owners.remove(id, { by: by(call), signed: call.principal.signed }),
  verifyOwner: (call, { id }) => owners.verify(id, call.principal.signed),
  getOwnerChallenge: (call, input) => owners.walletChallenge(input, call.baseUrl),
})
