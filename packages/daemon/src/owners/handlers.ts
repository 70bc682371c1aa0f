import type { Handlers, ownerOperations, passkeyOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Owners } from './service.ts'

type Operations = typeof ownerOperations & typeof passkeyOperations

/** Operations of owners and of their passkeys to calls of the service. */
export const ownerHandlers = (owners: Owners): Handlers<Operations, Calls> => ({
  getOwner: (_call, { id }) => owners.read(id),
  setOwner: (call, input) => owners.set(input, { by: by(call), signed: call.principal.signed }),
  removeOwner: (call, { id }) => owners.remove(id, { by: by(call), signed: call.principal.signed }),
  verifyOwner: (call, { id }) => owners.verify(id, call.principal.signed),
  getOwnerChallenge: (call, input) => owners.walletChallenge(input, call.baseUrl),
  addOwner: (call, input) => owners.several.add(input, by(call)),
  dropOwner: (call, input) => owners.several.drop(input, by(call)),
  setOwnersNeeded: (call, input) => owners.several.need(input, by(call)),
  getPasskeyOptions: (_call, { id }) => owners.passkeyOptions(id),
  getPasskeyChallenge: (call, input) => owners.passkeyChallenge(input, call.baseUrl),
  addPasskey: (call, input) => owners.addPasskey(input, call.principal.signed),
  listPasskeys: (_call, { id }) => owners.listPasskeys(id),
  removePasskey: (call, input) => owners.removePasskey(input, by(call)),
})
