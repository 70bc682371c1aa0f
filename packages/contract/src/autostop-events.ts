import { z } from 'zod'

const Text = z.string()

/** What is told of stops that nobody has asked for. */
export const autostopEvents = {
  AUTO_STOP_TRIGGERED: {
    severity: 'critical',
    summary: 'The daemon stopped a wallet, or revoked a session, by itself, under one of its rules.',
    details: () =>
      z.strictObject({
        rule: Text,
        action: z.enum(['suspend', 'kill_switch', 'revoke']),
        reason: Text.describe('what was seen, and what is let be'),
        observed: z.union([Text, z.number()]),
        allowed: z.union([Text, z.number()]),
        resume: Text.describe('the command after which it goes on'),
      }),
  },
} as const
