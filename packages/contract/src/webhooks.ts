import { z } from 'zod'
import { EVENTS } from './events.ts'
import { FORMER_NAMES } from './former-events.ts'
import { Id, Limit, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { HttpUrl } from './setting-values.ts'

const tag = 'Notifications'
const operator = ['operator'] as const

const Webhook = z.object({
  id: Id,
  url: z.string().describe('scheme and host; the rest may be a credential and is not shown'),
  events: z.array(z.string()).describe('empty: all'),
  description: z.string().nullable(),
  enabled: z.boolean(),
  createdAt: UnixSeconds,
  updatedAt: UnixSeconds,
})
/** What a webhook may be told beside the events: the newest checkpoint of the audit log, to keep elsewhere. */
export const CHECKPOINT_NOTICE = 'AUDIT_CHECKPOINT'
const Wanted = z.enum([...EVENTS, CHECKPOINT_NOTICE, ...FORMER_NAMES])
const Secret = z
  .string()
  .describe('64 hex digits, shown once. X-WAIaaS-Signature takes the text itself, Standard Webhooks its 32 bytes')

const Delivery = z.object({
  id: Id,
  webhookId: Id,
  eventType: z.string(),
  status: z.enum(['success', 'failed']),
  httpStatus: z.int().nullable(),
  attempt: z.int(),
  error: z.string().nullable(),
  requestDuration: z.int().nullable().describe('milliseconds'),
  createdAt: UnixSeconds,
})

/** Programs that are told what happens. */
export const webhookOperations = {
  createWebhook: operation({
    method: 'POST',
    path: '/v1/webhooks',
    access: operator,
    tag,
    summary:
      'Tell a program what happens, by signed HTTP requests. The secret is shown once. Its address must be public, or on `webhooks.allowed_hosts`.',
    command: 'webhook create',
    status: 201,
    input: z.strictObject({
      url: HttpUrl.describe('where it is told; https:// but for allowed hosts'),
      events: z
        .array(Wanted)
        .max(EVENTS.length + 1 + FORMER_NAMES.length)
        .default([])
        .describe(
          'empty: all events; AUDIT_CHECKPOINT, which has to be named: checkpoints of the audit log. What is asked for by its name of 2.x, such as OWNER_REGISTERED, is told under that name',
        ),
      description: z.string().max(256).optional(),
    }),
    output: Webhook.extend({ secret: Secret }),
    errors: ['KEYSTORE_LOCKED'],
  }),
  listWebhooks: operation({
    method: 'GET',
    path: '/v1/webhooks',
    access: operator,
    tag,
    summary: 'List the webhooks.',
    command: 'webhook list',
    input: z.strictObject({}),
    output: z.object({ data: z.array(Webhook) }),
    errors: [],
  }),
  deleteWebhook: operation({
    method: 'DELETE',
    path: '/v1/webhooks/{id}',
    access: operator,
    tag,
    summary: 'Tell a webhook nothing more.',
    command: 'webhook delete',
    status: 204,
    destroys: 'the webhook, with its secret and what it was still to be told',
    input: z.strictObject({ id: Id }),
    output: z.null(),
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
  rotateWebhookSecret: operation({
    method: 'POST',
    path: '/v1/webhooks/{id}/rotate',
    access: operator,
    tag,
    summary:
      'Give a webhook a new secret. For a day the Standard Webhooks header has signatures of both; X-WAIaaS-Signature is of the new one at once.',
    command: 'webhook rotate',
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, secret: Secret, previousUntil: UnixSeconds }),
    errors: ['WEBHOOK_NOT_FOUND', 'KEYSTORE_LOCKED'],
  }),
  listWebhookDeliveries: operation({
    method: 'GET',
    path: '/v1/webhooks/{id}/logs',
    access: operator,
    tag,
    summary: 'List what a webhook was told, and what it did not take; the newest first.',
    command: 'webhook logs',
    input: z.strictObject({
      id: Id,
      status: z.enum(['success', 'failed']).optional(),
      event_type: Wanted.optional(),
      limit: Limit(20, 100),
    }),
    output: z.object({ data: z.array(Delivery) }),
    errors: ['WEBHOOK_NOT_FOUND'],
  }),
}
