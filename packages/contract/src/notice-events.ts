import { z } from 'zod'

/** The address is told without what may be a credential in it. */
const Webhook = () => z.strictObject({ id: z.string(), url: z.string() })

const Ends = () => z.strictObject({ expiresAt: z.int().describe('unix milliseconds') })

const Browser = () => z.strictObject({ id: z.string(), name: z.string(), service: z.string() })

/** What is recorded of whom is told what happens. */
export const noticeEvents = {
  WEBHOOK_CREATED: {
    severity: 'warning',
    summary: 'A program is told what happens.',
    details: () => Webhook().extend({ events: z.array(z.string()) }),
  },
  WEBHOOK_DELETED: { severity: 'warning', summary: 'A program is told nothing more.', details: Webhook },
  WEBHOOK_SECRET_ROTATED: { severity: 'warning', summary: 'A webhook has another secret.', details: Webhook },
  PUSH_ADDED: { severity: 'warning', summary: 'A browser is told what happens.', details: Browser },
  PUSH_REMOVED: { severity: 'info', summary: 'A browser is told nothing more.', details: Browser },
  SESSION_EXPIRING_SOON: {
    severity: 'warning',
    summary: 'A session ends soon: a tenth of its time is left, and a day at most.',
    details: Ends,
  },
  SESSION_EXPIRED: { severity: 'info', summary: 'A session has ended because its time was over.', details: Ends },
  RPC_ALL_FAILED: {
    severity: 'warning',
    summary: 'No endpoint of a network has answered for a minute; its payments wait.',
    details: () => z.strictObject({ network: z.string(), endpoints: z.int().min(1) }),
  },
  RPC_HEALTH_DEGRADED: {
    severity: 'warning',
    summary: 'An endpoint of a network failed again after it had rested; others answer.',
    details: () => z.strictObject({ network: z.string(), failing: z.int().min(1), endpoints: z.int().min(2) }),
  },
  RPC_RECOVERED: {
    severity: 'info',
    summary: 'A network answers again.',
    details: () => z.strictObject({ network: z.string(), seconds: z.int().describe('for which it did not') }),
  },
  DAILY_SUMMARY: {
    severity: 'info',
    summary: 'A day is over, and this has become of its requests so far. Told where there were any.',
    details: () =>
      z.strictObject({
        day: z.string().describe('by UTC, such as 2026-11-30'),
        confirmed: z.int().min(0),
        failed: z.int().min(0),
        cancelled: z.int().min(0).describe('refused, rejected, taken back or expired'),
        open: z.int().min(0),
      }),
  },
  CUMULATIVE_LIMIT_WARNING: {
    severity: 'warning',
    summary: 'Four fifths of what a policy lets out in a day or in 30 days are used.',
    details: () =>
      z.strictObject({
        policy: z.string(),
        limit: z.enum(['daily_limit_usd', 'monthly_limit_usd']),
        of: z.enum(['wallet', 'network', 'session']),
        network: z.string(),
        limitUsd: z.number(),
        usedUsd: z.number(),
        percent: z.int().min(0),
      }),
  },
  NOTIFICATIONS_REDELIVERED: {
    severity: 'info',
    summary: 'The operator had what was not told in time tried again.',
    details: () => z.strictObject({ channel: z.string().nullable(), count: z.int().min(0) }),
  },
} as const
