import type { agentWalletOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { WalletView } from './view-service.ts'

/** The agent's reads to calls of the service. */
export const walletViewHandlers = (view: WalletView): Handlers<typeof agentWalletOperations, Calls> => ({
  getAddress: (call, input) => view.address(call.principal.sessionId, input),
  getBalance: (call, input) => view.balance(call.principal.sessionId, input),
  getAssets: (call, input) => view.assets(call.principal.sessionId, input),
})
