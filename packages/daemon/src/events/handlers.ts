import type { eventOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { EventsService } from './service.ts'

/** What happens, as sessions and the operator follow it. */
export const eventHandlers = (events: EventsService): Handlers<typeof eventOperations, Calls> => ({
  listEvents: (call, input) => events.list(call, input),
})
