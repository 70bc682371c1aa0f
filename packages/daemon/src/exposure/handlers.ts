import type { exposureOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { Exposure } from './service.ts'

/** The worst case to calls of the service. */
export const exposureHandlers = (service: Exposure): Handlers<typeof exposureOperations, Calls> => ({
  getWalletExposure: (_, { id, ...whose }) => service.wallet(id, whose),
  getExposure: () => service.all(),
  draftExposure: (_, { id, draft, ...whose }) => service.draft(id, whose, draft),
})
