import type { ceilingOperations, Handlers, walletOperations } from '@waiaas/contract'
import { by, type Principal, sessionOf, shownBy } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Reader, Wallets } from './service.ts'

type Reading = { principal: Principal<'agent' | 'operator'> }
const reader = ({ principal }: Reading): Reader => ({ sessionId: sessionOf(principal) })

/** Wallet operations to calls of the service. */
export const walletHandlers = (
  wallets: Wallets,
): Handlers<typeof walletOperations & typeof ceilingOperations, Calls> => ({
  createWallet: (call, input) => wallets.create(input, by(call), shownBy(call)),
  listWallets: (call, input) => wallets.list(reader(call), input),
  getWallet: (call, { id }) => wallets.read(id, reader(call)),
  renameWallet: (call, { id, name }) => wallets.rename(id, name, by(call)),
  terminateWallet: (call, { id }) => wallets.terminate(id, by(call)),
  purgeWallet: (call, { id }) => wallets.purge(id, by(call)),
  suspendWallet: (call, { id, reason }) => wallets.suspend(id, reason, by(call)),
  resumeWallet: (call, { id }) => wallets.resume(id, by(call)),
  confirmSpends: (call, { id }) => wallets.confirmSpends(id, by(call), shownBy(call)),
  listWalletNetworks: (call, { id }) => wallets.networks(id, reader(call)),
  importWallet: (call, input) => wallets.import(input, by(call), shownBy(call)),
  listDerivations: (_call, input) => wallets.listDerivations(input),
  exportWallet: (call, input) => wallets.export(input, by(call), shownBy(call)),
  getWalletCeiling: (_call, { id }) => wallets.ceilings.show(id),
  proposeWalletCeiling: (_call, { id }) => wallets.ceilings.propose(id),
  changeWalletCeiling: (call, input) => wallets.ceilings.change(input, { by: by(call), shown: shownBy(call) }),
  getSealingKey: () => wallets.sealingKey(),
})
