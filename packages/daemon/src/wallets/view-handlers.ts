import type { agentWalletOperations, balanceOperations, Handlers, operatorWalletOperations } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { WalletView } from './view-service.ts'

type Operations = typeof agentWalletOperations & typeof operatorWalletOperations & typeof balanceOperations

/** Reads of what wallets hold to calls of the service. */
export const walletViewHandlers = (view: WalletView): Handlers<Operations, Calls> => ({
  getAddress: (call, input) => view.address(call.principal.sessionId, input),
  getBalance: (call, input) => view.balance(call.principal.sessionId, input),
  getAssets: (call, input) => view.assets(call.principal.sessionId, input),
  adminGetWalletBalance: (_call, { id }) => view.holdings(id),
  listBalances: (_call, input) => view.balances(input),
  getWalletHoldings: (_call, { id, scope }) => view.look(id, scope),
})
