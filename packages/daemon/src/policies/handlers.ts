import type { Handlers, Parsed, PolicyResponse, policyFileOperations, policyOperations } from '@waiaas/contract'
import { by, sessionOf } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { PolicyService } from './service.ts'

type Query = Parsed<typeof policyOperations.listPolicies>
/** Which wallet a caller's list is of: an agent's own one, whatever the operator names. */
export type WalletOf = (sessionId: string | undefined, walletId: string | undefined) => Promise<string | undefined>

type Of = Pick<PolicyResponse, 'walletId' | 'sessionId' | 'sessionLabel'>
/** Makes a change of a policy, and says how it moves the worst case of what it is for. */
export type Telling = <T extends object>(of: Of, change: () => Promise<T>) => Promise<T & { worstCase?: string }>

export const policyHandlers = (
  service: PolicyService,
  { walletOf, telling }: { walletOf: WalletOf; telling: Telling },
): Handlers<typeof policyOperations & typeof policyFileOperations, Calls> => ({
  exportPolicies: () => service.export(),
  listPolicyTemplates: () => service.templates(),
  getPolicyTemplate: (_, { template }) => service.template(template),
  previewPolicies: (call, input) => service.apply({ ...input, dryRun: true }, by(call)),
  previewPolicyTemplate: (call, input) => service.applyTemplate({ ...input, dryRun: true }, by(call)),
  applyPolicyTemplate: (call, input) => service.applyTemplate(input, by(call)),
  applyPolicies: (call, input) => service.apply(input, by(call)),
  createPolicy: (call, input) => {
    const { walletId = null, sessionId = null, sessionLabel = null } = input
    return telling({ walletId, sessionId, sessionLabel }, () => service.create(input, by(call)))
  },
  listPolicies: async ({ principal }, input: Query) => {
    const session = sessionOf(principal)
    return service.list({ ...input, walletId: await walletOf(session, input.walletId) }, session)
  },
  listPolicyVersions: (_, input) => service.versions(input),
  getPolicy: (_, { id }) => service.get(id),
  updatePolicy: async (call, input) => telling(await service.get(input.id), () => service.update(input, by(call))),
  deletePolicy: async (call, { id }) => telling(await service.get(id), () => service.remove(id, by(call))),
})
