import type { adminOperations, Handlers } from '@waiaas/contract'
import type { Call } from '../platform/http/types.ts'
import type { ClockService } from './service.ts'

export const clockHandlers = (
  clock: ClockService,
): Handlers<Pick<typeof adminOperations, 'acknowledgeClock'>, Call> => ({
  acknowledgeClock: ({ peer }) => clock.acknowledge({ actor: 'operator', ip: peer }),
})
