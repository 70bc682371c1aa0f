import type { agentPromptOperations, Handlers, systemOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Sessions } from '../sessions/service.ts'
import { type ConnectInfo, pasted } from './service.ts'

type Operations = Pick<typeof systemOperations, 'getConnectInfo'> & typeof agentPromptOperations

export const connectHandlers = (
  connect: ConnectInfo,
  sessions: Pick<Sessions, 'create'>,
): Handlers<Operations, Calls> => ({
  getConnectInfo: ({ principal, baseUrl }) => connect(principal.sessionId, baseUrl),
  async createAgentPrompt(call, input) {
    const { id, token, expiresAt, wallets } = await sessions.create(input, by(call))
    const { prompt } = await connect(id, call.baseUrl)
    const counts = { walletCount: wallets.length, sessionsCreated: 1, sessionReused: false }
    return { prompt: pasted(prompt, { token, expiresAt, sessionId: id }), sessionId: id, ...counts, expiresAt }
  },
})
