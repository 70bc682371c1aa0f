import type { Handlers, sessionOperations } from '@waiaas/contract'
import type { Call, Principal } from '../platform/http/types.ts'
import type { By } from '../wallets/service.ts'
import type { SessionPrincipal, Sessions } from './service.ts'

type AnyCall = Call<Exclude<Principal, { kind: 'agent' }> | SessionPrincipal>

const by = ({ peer }: AnyCall): By => ({ actor: 'operator', ip: peer })

/** Session operations to calls of the service. */
export const sessionHandlers = (sessions: Sessions): Handlers<typeof sessionOperations, AnyCall> => ({
  createSession: (call, input) => sessions.create(input, by(call)),
  listSessions: ({ principal }, input) =>
    sessions.list(input, principal.kind === 'agent' ? principal.sessionId : undefined),
  revokeSession: (call, { id }) => sessions.revoke(id, by(call)),
  renewSession: ({ principal, peer }, { id }) => {
    if (principal.kind !== 'agent') throw new Error(`renewSession was reached by ${principal.kind}`)
    return sessions.renew(id, principal, peer)
  },
  rotateSessionToken: (call, { id }) => sessions.rotate(id, by(call)),
  linkSessionWallet: (call, { id, walletId }) => sessions.link(id, walletId, by(call)),
  listSessionWallets: (_call, { id }) => sessions.wallets(id),
  unlinkSessionWallet: (call, { id, walletId }) => sessions.unlink(id, walletId, by(call)),
  createMcpToken: (call, input) => sessions.createMcpToken(input, call.baseUrl, by(call)),
})
