import { z } from 'zod'

const Kept = { name: z.string(), chain: z.string(), address: z.string() }

/** What is recorded of the operator's address book. */
export const contactEvents = {
  CONTACT_ADDED: {
    severity: 'info',
    summary: 'The operator added an address to the address book.',
    details: () => z.strictObject(Kept),
  },
  CONTACT_CHANGED: {
    severity: 'warning',
    summary: 'A contact has another address: what is sent to its name goes there.',
    details: () => z.strictObject({ ...Kept, from: z.string(), loosens: z.literal(true) }),
  },
  CONTACT_REMOVED: {
    severity: 'warning',
    summary: 'An address of a contact was removed, so that the name is free for another.',
    details: () => z.strictObject({ ...Kept, loosens: z.literal(true) }),
  },
} as const
