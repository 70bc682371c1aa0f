import type { Handlers, pairingOperations } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { Pairings } from './service.ts'

/** Pairing operations to calls of the service. */
export const pairingHandlers = (pairings: Pairings): Handlers<typeof pairingOperations, Calls> => ({
  startPairing: ({ peer }, input) => pairings.start(input, peer),
  pollPairing: (_call, input) => pairings.poll(input),
  getPairing: (_call, { code }) => pairings.show(code),
  approvePairing: (call, input) => pairings.approve(input, by(call)),
  denyPairing: (call, { code }) => pairings.deny(code, by(call)),
})
