import type { adminOperations, Handlers } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { ClockService } from './service.ts'

export const clockHandlers = (
  clock: ClockService,
): Handlers<Pick<typeof adminOperations, 'acknowledgeClock'>, Calls> => ({
  acknowledgeClock: (call) => clock.acknowledge(by(call)),
})
