import { createHmac } from 'node:crypto'
import { namedIn } from '@waiaas/contract'
import type { Post } from '../outgoing.ts'
import type { Notice, NoticeChannel } from '../types.ts'
import { posted } from './answers.ts'

/** 64 hex digits each; the one before counts beside it for a while. */
export type WebhookSecrets = { readonly current: string; readonly previous?: string | undefined }
type Webhook = {
  readonly id: string
  readonly url: string
  /** Of the events, as it asked for them; empty: all. */
  readonly names: readonly string[]
  readonly secrets: () => WebhookSecrets
  /** Unix milliseconds. */
  readonly now: () => number
}

/** What a webhook is sent. The signatures are of the bytes of `body`. */
export function webhookRequest(notice: Notice, { secrets: { current, previous }, now }: Signing) {
  const { id, event, at, data } = notice
  const seconds = Math.floor(now / 1_000)
  const body = JSON.stringify({ id, event, timestamp: Math.floor(at / 1_000), data })
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (as of November 2026)
  const signed = `${id}.${seconds}.${body}`
  const signatures = [current, ...(previous === undefined ? [] : [previous])].map(
    (secret) => `v1,${createHmac('sha256', Buffer.from(secret, 'hex')).update(signed).digest('base64')}`,
  )
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'WAIaaS-Webhook/1.0',
      'x-waiaas-signature': `sha256=${createHmac('sha256', current).update(body).digest('hex')}`,
      'x-waiaas-event': event,
      'x-waiaas-delivery': id,
      'x-waiaas-timestamp': String(seconds),
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signatures.join(' '),
    },
  }
}
type Signing = { readonly secrets: WebhookSecrets; readonly now: number }

/** A program that is told each event, signed. */
export const webhookChannel = (post: Post, { id, url, names, secrets, now }: Webhook): NoticeChannel => ({
  name: `webhook:${id}`,
  tell(notice, signal) {
    const named = { ...notice, event: namedIn(names, notice.event) ?? notice.event }
    return posted(post, { url, ...webhookRequest(named, { secrets: secrets(), now: now() }) }, { signal })
  },
})
