import type { Handlers, Parsed, policyFileOperations, policyOperations } from '@waiaas/contract'
import { by, sessionOf } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { PolicyService } from './service.ts'

type Query = Parsed<typeof policyOperations.listPolicies>
/** Which wallet a caller's list is of: an agent's own one, whatever the operator names. */
export type WalletOf = (sessionId: string | undefined, walletId: string | undefined) => Promise<string | undefined>

export const policyHandlers = (
  service: PolicyService,
  walletOf: WalletOf,
): Handlers<typeof policyOperations & typeof policyFileOperations, Calls> => ({
  exportPolicies: () => service.export(),
  applyPolicies: (call, input) => service.apply(input, by(call)),
  createPolicy: (call, input) => service.create(input, by(call)),
  listPolicies: async ({ principal }, input: Query) => {
    const session = sessionOf(principal)
    return service.list({ ...input, walletId: await walletOf(session, input.walletId) }, session)
  },
  listPolicyVersions: (_, input) => service.versions(input),
  getPolicy: (_, { id }) => service.get(id),
  updatePolicy: (call, input) => service.update(input, by(call)),
  deletePolicy: (call, { id }) => service.remove(id, by(call)),
})
