import {
  Failure,
  type Handlers,
  type invitationOperations,
  type ownerOperations,
  type ownerSetOperations,
  type ownerViewOperations,
  type passkeyOperations,
} from '@waiaas/contract'
import { by, type Principal, signedBy } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Owners } from './service.ts'

type Operations = typeof ownerOperations &
  typeof ownerSetOperations &
  typeof ownerViewOperations &
  typeof passkeyOperations &
  typeof invitationOperations

/** Operations of owners and of their passkeys to calls of the service. */
export const ownerHandlers = (owners: Owners): Handlers<Operations, Calls> => ({
  getOwner: (_call, { id }) => owners.read(id),
  setOwner: (call, input) => owners.set(input, { by: by(call), signed: call.principal.signed }),
  removeOwner: (call, { id }) => owners.remove(id, { by: by(call), signed: call.principal.signed }),
  verifyOwner: (call, { id }) => owners.verify(id, call.principal.signed),
  getOwnerChallenge(call, input) {
    needNamed(call.principal, input.id)
    return owners.walletChallenge(signedBy(call.principal, input), call.baseUrl)
  },
  getViewChallenge: (call, input) => owners.viewChallenge(input, call.baseUrl),
  startView: (call) => owners.startView(call.principal.signed),
  getView: (call) => owners.view(call.principal),
  addOwner: (call, input) => owners.several.add(input, by(call)),
  dropOwner: (call, input) => owners.several.drop(input, by(call)),
  setOwnersNeeded: (call, input) => owners.several.need(input, by(call)),
  addOwnerWallet: (call, input) => owners.second.addWallet(input, call.principal.signed),
  dropOwnerWallet: (call, input) => owners.second.dropWallet(input, by(call)),
  getPasskeyOptions({ principal }, { id }) {
    needNamed(principal, id)
    return owners.passkeyOptions(id)
  },
  getPasskeyChallenge(call, input) {
    needNamed(call.principal, input.id)
    return owners.passkeyChallenge(signedBy(call.principal, input), call.baseUrl)
  },
  addPasskey: (call, input) => owners.addPasskey(input, call.principal.signed),
  listPasskeys: (_call, { id }) => owners.listPasskeys(id),
  inviteOwner: (call, { id }) => owners.invitations.invite(id, by(call)),
  showInvitation: (_call, input) => owners.invitations.show(input),
  getInvitationChallenge: (_call, input) => owners.invitations.challenge(input),
  acceptInvitation: ({ peer }, input) => owners.invitations.accept(input, peer),
  confirmOwner: (call, input) => owners.invitations.confirm(input, by(call)),
  removePasskey: (call, input) => owners.removePasskey(input, by(call)),
})

/** Who may have yet to verify. Failure WALLET_NOT_FOUND. */
function needNamed(principal: Principal<'operator' | 'viewer'>, walletId: string): void {
  if (principal.kind === 'viewer' && !principal.named.includes(walletId))
    throw new Failure('WALLET_NOT_FOUND', `no wallet ${walletId} is yours`)
}
