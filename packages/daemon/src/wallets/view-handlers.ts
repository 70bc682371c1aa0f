import type { agentWalletOperations, Handlers } from '@waiaas/contract'
import type { Call } from '../platform/http/types.ts'
import type { WalletView } from './view-service.ts'

/** The agent's reads to calls of the service. */
export const walletViewHandlers = (view: WalletView): Handlers<typeof agentWalletOperations, Call> => ({
  getAddress: (call, input) => view.address(sessionOf(call), input),
  getBalance: (call, input) => view.balance(sessionOf(call), input),
  getAssets: (call, input) => view.assets(sessionOf(call), input),
})

function sessionOf({ principal }: Call): string {
  if (principal.kind === 'agent') return principal.sessionId
  throw new Error(`a read of the agent's own wallet was reached by ${principal.kind}`)
}
