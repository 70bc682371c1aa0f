import { z } from 'zod'
import { ChannelName } from './channels.ts'

export const AnsweredOver = ChannelName.optional().describe('over which a human ended it')

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
        consent: z.string().optional().describe('the nonce of what the owner signed'),
        maxFee: z.string().optional(),
        overCeilingUntil: z.int().optional().describe('it may pass above the ceiling until then, in unix milliseconds'),
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
