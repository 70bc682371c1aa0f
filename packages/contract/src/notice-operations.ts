import { z } from 'zod'
import { EVENTS } from './events.ts'
import { Id, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'

const tag = 'Notifications'
const operator = ['operator'] as const
const Channel = z
  .string()
  .max(60)
  .regex(/^[a-z]+(:[0-9a-f-]{36})?$/, 'expected the name of a channel, such as telegram or webhook:<id>')
  .describe('telegram, discord, slack, ntfy, email, push:<id>, or webhook:<id>')

const LogEntry = z.object({
  id: Id,
  eventType: z.string().describe('DIGEST where several were told at once'),
  walletId: Id.nullable(),
  channel: z.string(),
  status: z.enum(['sent', 'failed']),
  error: z.string().nullable(),
  message: z.string().nullable(),
  createdAt: UnixSeconds,
})

/** What is told of what happens, and to whom. */
export const noticeOperations = {
  getNotificationStatus: operation({
    method: 'GET',
    path: '/v1/admin/notifications/status',
    access: operator,
    tag,
    summary: 'Show the channels, how much waits to be told on each, and what could not be.',
    command: 'notice status',
    input: z.strictObject({}),
    output: z.object({
      enabled: z.boolean(),
      channels: z.array(
        z.object({
          name: z.string(),
          enabled: z.boolean(),
          forPeople: z.boolean().describe('it tells people; the others tell programs'),
          waiting: z.int().describe('to be told'),
          dead: z.int().describe('given up: waiaas notice redeliver tells it again'),
          failures: z.int().describe('one after the other, until now'),
          nextTryAt: UnixSeconds.nullable(),
          lastToldAt: UnixSeconds.nullable().describe('when it last took what it was told, tests too'),
        }),
      ),
    }),
    errors: [],
  }),
  testNotification: operation({
    method: 'POST',
    path: '/v1/admin/notifications/test',
    access: operator,
    tag,
    summary: 'Tell a channel, or each of them, that this is a test, and say whether it arrived.',
    command: 'notice test',
    places: ['channel'],
    input: z.strictObject({ channel: Channel.optional() }),
    output: z.object({
      results: z.array(z.object({ channel: z.string(), success: z.boolean(), error: z.string().optional() })),
    }),
    errors: [],
  }),
  listNotificationLog: operation({
    method: 'GET',
    path: '/v1/admin/notifications/log',
    access: operator,
    tag,
    summary: 'List what was told and what could not be; the newest first.',
    command: 'notice log',
    input: z.strictObject({
      channel: Channel.optional(),
      status: z.enum(['sent', 'failed']).optional(),
      eventType: z.enum([...EVENTS, 'DIGEST', 'TEST', 'AUDIT_CHECKPOINT']).optional(),
      since: UnixSeconds.optional(),
      until: UnixSeconds.optional(),
      page: z.int().min(1).max(100_000).default(1),
      pageSize: z.int().min(1).max(100).default(20).describe('rows per page, at most 100'),
    }),
    output: z.object({ logs: z.array(LogEntry), total: z.int(), page: z.int(), pageSize: z.int() }),
    errors: [],
  }),
  redeliverNotices: operation({
    method: 'POST',
    path: '/v1/admin/notifications/redeliver',
    access: operator,
    tag,
    summary: 'Try again, now, what a channel was not told in time, and what waits for another try.',
    command: 'notice redeliver',
    places: ['channel'],
    input: z.strictObject({ channel: Channel.optional() }),
    output: z.object({ redelivered: z.int() }),
    errors: [],
  }),
}
