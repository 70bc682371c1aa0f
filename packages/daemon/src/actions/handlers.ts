import type { actionOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'

/** There are no providers yet: clients of 2.x ask, and make no tools of what is not there. */
export const actionHandlers: Handlers<typeof actionOperations, Calls> = {
  listActionProviders: () => ({ providers: [] }),
}
