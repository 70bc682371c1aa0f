import type { Handlers, sessionOperations } from '@waiaas/contract'
import { by, sessionOf } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Sessions } from './service.ts'

/** Session operations to calls of the service. */
export const sessionHandlers = (sessions: Sessions): Handlers<typeof sessionOperations, Calls> => ({
  createSession: (call, input) => sessions.create(input, by(call)),
  listSessions: ({ principal }, input) => sessions.list(input, sessionOf(principal)),
  revokeSession: (call, { id }) => sessions.revoke(id, by(call)),
  renewSession: ({ principal, peer }, { id }) => sessions.renew(id, principal, peer),
  rotateSessionToken: (call, { id }) => sessions.rotate(id, by(call)),
  async reissueSession(call, { id }) {
    const { id: sessionId, ...token } = await sessions.rotate(id, by(call))
    return { sessionId, ...token }
  },
  linkSessionWallet: (call, { id, walletId }) => sessions.link(id, walletId, by(call)),
  listSessionWallets: (_call, { id }) => sessions.wallets(id),
  unlinkSessionWallet: (call, { id, walletId }) => sessions.unlink(id, walletId, by(call)),
  createMcpToken: (call, input) => sessions.createMcpToken(input, call.baseUrl, by(call)),
})
