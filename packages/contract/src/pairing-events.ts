import { z } from 'zod'

/** What an agent says of itself, and the address that it asked from. */
const PairedAgent = () =>
  z.strictObject({ id: z.string(), name: z.string(), address: z.string(), scopes: z.array(z.string()) })

/** What is recorded of agents that show a code. */
export const pairingEvents = {
  PAIRING_APPROVED: {
    severity: 'warning',
    summary: 'The operator gave an agent that showed a code a session.',
    details: PairedAgent,
  },
  PAIRING_DENIED: {
    severity: 'info',
    summary: 'The operator refused an agent that showed a code.',
    details: PairedAgent,
  },
} as const
