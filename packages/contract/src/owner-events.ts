import { z } from 'zod'

/** Of which page, and x and y of its key, hex. */
const Passkey = () => z.strictObject({ id: z.string(), rpId: z.string(), publicKey: z.string() })
/** What owners are asked to agree to; `consent` is its id. */
const Asked = { consent: z.string(), action: z.string(), digest: z.string(), words: z.string() }

/** How many owners there are then, and how many of them have to agree. */
const OwnerCount = { owners: z.int(), needed: z.int() }

const NotYetIn = () =>
  z
    .array(z.string())
    .optional()
    .describe('what was to sign for the owners, had not verified yet, and is named again first')

/** A wallet of an owner, who has that name. */
const OwnersWallet = () => z.strictObject({ address: z.string(), network: z.string().nullable(), owner: z.string() })

/** What is recorded of owners of wallets. */
export const ownerEvents = {
  OWNER_SET: {
    severity: 'warning',
    summary: 'Somebody was named as the owner of a wallet.',
    details: () =>
      z.strictObject({
        address: z.string(),
        network: z.string().nullable(),
        before: z
          .string()
          .nullable()
          .describe('the owner until then; a verified one stays until the new one has verified'),
        agreed: z.boolean().describe('a verified owner signed that'),
      }),
  },
  OWNER_ADDED: {
    severity: 'warning',
    summary: 'Somebody was named as one more owner of a wallet.',
    details: () =>
      z.strictObject({
        ...{ address: z.string(), network: z.string().nullable(), ...OwnerCount },
        withdrawTo: z.string().optional().describe('of one with a passkey alone: where all goes that they take out'),
        withdrawNetwork: z.string().nullable().optional(),
      }),
  },
  OWNER_INVITED: {
    severity: 'info',
    summary: 'Somebody was invited to own a wallet with a passkey. That makes them no owner yet.',
    details: () => z.strictObject({ until: z.int().describe('unix milliseconds') }),
  },
  OWNER_DROPPED: {
    severity: 'critical',
    summary: 'One of several owners of a wallet was taken away.',
    details: () => z.strictObject({ address: z.string(), ...OwnerCount }),
  },
  OWNERS_NEEDED: {
    severity: 'critical',
    summary: 'Another number of the owners of a wallet have to agree.',
    details: () => z.strictObject({ before: z.int(), ...OwnerCount, dropped: NotYetIn() }),
  },
  OWNER_VERIFIED: {
    severity: 'warning',
    summary: 'The owner of a wallet showed to be it, and approves from now on.',
    details: () => z.strictObject({ address: z.string(), replaced: z.string().nullable() }),
  },
  OWNER_PASSKEY_ADDED: {
    severity: 'warning',
    summary: 'The owner of a wallet added a passkey, which signs as the owner from now on.',
    details: Passkey,
  },
  OWNER_PASSKEY_REMOVED: {
    severity: 'warning',
    summary: 'A passkey of the owner of a wallet was removed.',
    details: Passkey,
  },
  OWNER_WALLET_ADDED: {
    severity: 'warning',
    summary: 'An owner added another wallet, which signs for that owner once it has verified.',
    details: OwnersWallet,
  },
  OWNER_WALLET_DROPPED: {
    severity: 'warning',
    summary: 'A wallet of an owner was taken away.',
    details: OwnersWallet,
  },
  OWNER_CUT_OFF: {
    severity: 'critical',
    summary: 'An owner cut off something that signed for them.',
    details: () =>
      z.strictObject({
        address: z.string().describe('what signs no more'),
        by: z.string().describe('what said so, which may be the same'),
        owner: z.string(),
        agrees: z.boolean().describe('what this owner signs still counts; else the operator has to find out first'),
        dropped: NotYetIn(),
      }),
  },
  OWNER_REMOVED: {
    severity: 'critical',
    summary: 'A wallet has no owner any more, and the operator approves.',
    details: () =>
      z.strictObject({
        address: z.string(),
        agreed: z.boolean(),
        loosens: z.literal(true).optional().describe('more may leave than before'),
      }),
  },
  OWNERS_ASKED: {
    severity: 'warning',
    summary: 'The operator asked for something that owners have to agree to first.',
    details: () => z.strictObject({ ...Asked, wallets: z.array(z.string()) }),
  },
  OWNER_AGREED: {
    severity: 'warning',
    summary: 'An owner agreed to what the operator asked for, or to what several owners have to agree to.',
    details: () =>
      z.strictObject({
        ...Asked,
        consent: Asked.consent.optional(),
        nonce: z.string().optional().describe('of what was signed'),
        agreed: z.int().optional().describe('how many owners have by then'),
        needed: z.int().optional(),
      }),
  },
  RECOVERY_STARTED: {
    severity: 'critical',
    summary: 'The operator asked to unlock the daemon without its owners, who can stop that.',
    details: () => z.strictObject({ opensAt: z.int().describe('unix milliseconds') }),
  },
  RECOVERY_CANCELLED: {
    severity: 'critical',
    summary: 'An owner stopped a recovery.',
    details: () => z.strictObject({}),
  },
} as const
