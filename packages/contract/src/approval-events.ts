import { z } from 'zod'
import { ChannelName } from './channels.ts'

export const AnsweredOver = ChannelName.optional().describe('over which a human ended it')

/** The passkey with which something was signed. */
export const SignedPasskey = z.strictObject({
  rpId: z.string().describe('the host that it is of'),
  publicKey: z.string().describe('x and y of its P-256 key, 128 hex digits, as the log names it where it was added'),
})

/** What is recorded of what waits for a human. */
export const approvalEvents = {
  TX_APPROVED: {
    severity: 'warning',
    summary: 'A human approved what waited.',
    details: () =>
      z.strictObject({
        digest: z.string().nullable(),
        usd: z.string().nullable(),
        channel: ChannelName,
        upToUsd: z.string().optional().describe('what a human let its value come to, in micro-dollars'),
        consent: z.string().optional().describe('the nonce of what the owner signed'),
        needed: z.int().optional().describe('how many different owners had to sign'),
        signers: z
          .array(
            z.strictObject({
              ...{ nonce: z.string(), owner: z.string(), address: z.string(), network: z.string().nullable() },
              passkey: SignedPasskey.optional(),
            }),
          )
          .optional()
          .describe('who signed what: the id of each owner, and the key, the passkey, or the contract on a network'),
        maxFee: z.string().optional(),
        overCeilingUntil: z.int().optional().describe('it may pass above the ceiling until then, in unix milliseconds'),
      }),
  },
  TELEGRAM_USER_PAIRED: {
    severity: 'info',
    summary: 'Somebody may use the Telegram bot.',
    details: () => z.strictObject({ chatId: z.string(), role: z.string() }),
  },
  TELEGRAM_USER_UNPAIRED: {
    severity: 'info',
    summary: 'Somebody may use the Telegram bot no more.',
    details: () => z.strictObject({ chatId: z.string() }),
  },
  TX_APPROVAL_REMINDED: {
    severity: 'warning',
    summary: 'A request still waits for an approval: half of its time is over, or all but a tenth.',
    details: () =>
      z.strictObject({
        which: z.enum(['half', 'last']),
        until: z.int().describe('when it ends unanswered, in unix seconds'),
      }),
  },
  TX_LET_ABOVE: {
    severity: 'warning',
    summary: 'The operator let what waits pass above the ceiling, if its owner approves it.',
    details: () =>
      z.strictObject({
        digest: z.string().nullable(),
        overCeilingUntil: z.int().describe('unix milliseconds'),
      }),
  },
} as const
