import { z } from 'zod'
import { SEVERITIES } from './events.ts'
import { cursors, Id, Limit, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { Wait } from './waiting.ts'
import { TransactionStatus } from './wire.ts'

const EventId = z.string().describe('opaque; where to go on')

/** Something that has happened. It is told once its evidence is signed. */
export const DaemonEvent = z.object({
  id: EventId,
  event: z.string().describe('as docs/events.md lists them, such as TX_CONFIRMED'),
  severity: z.enum(SEVERITIES),
  at: UnixSeconds,
  walletId: Id.nullable(),
  transactionId: Id.nullable(),
  sessionId: Id.nullable().describe('the session that asked for the transaction'),
  status: TransactionStatus.nullable().describe('of the transaction, as it is when this is told'),
  txHash: z.string().nullable(),
  actor: z.string().optional().describe('for the operator: who did it'),
  details: z.record(z.string(), z.unknown()).optional().describe('for the operator'),
})
export type DaemonEvent = z.output<typeof DaemonEvent>

/** What the id of an event says; of one that `cursors.event` takes. */
export function parseEventId(id: string): { checkpoint: number; passed: number; hash: string } {
  const [checkpoint = '', passed = '', hash = ''] = id.split('-')
  return { checkpoint: Number(checkpoint), passed: Number(passed), hash }
}

/** What happens, as it happens. */
export const eventOperations = {
  listEvents: operation({
    method: 'GET',
    path: '/v1/events',
    access: ['agent', 'operator'],
    tag: 'Events',
    summary:
      'List what has happened since an event, or wait for it: of its own transactions to a session, all to the operator. With Accept: text/event-stream it is a stream of server-sent events, which goes on behind Last-Event-ID.',
    streams: true,
    input: z.strictObject({
      after: cursors.event
        .optional()
        .describe('id of the last event that was seen, or lastEventId; without it, from now on'),
      limit: Limit(100, 200),
      wait: Wait,
    }),
    output: z.object({ data: z.array(DaemonEvent), lastEventId: EventId.describe('what to give as after next') }),
    errors: [],
  }),
}
