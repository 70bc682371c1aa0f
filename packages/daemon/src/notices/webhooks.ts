import { randomBytes } from 'node:crypto'
import {
  CHECKPOINT_NOTICE,
  calledNow,
  Failure,
  hideCredentials,
  invalidField,
  namedIn,
  newId,
  type Output,
  type Parsed,
  type Settings,
  type webhookOperations,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { seal, unseal } from '../platform/sealed-text.ts'
import { type WebhookSecrets, webhookChannel } from './channels/webhook.ts'
import { type Post, RefusedAddress } from './outgoing.ts'
import { isRouted } from './rules.ts'
import { logStore, outboxStore } from './store.ts'
import type { Target } from './types.ts'
import { type WebhookRow, webhookStore } from './webhook-store.ts'

export type WebhookParts = {
  readonly database: Database
  readonly clock: Clock
  readonly audit: Pick<Audit, 'record'>
  readonly post: Post
  readonly settings: () => Settings
  /** The key of what is sealed; fails while the keystore is locked. */
  readonly subkey: () => Promise<Uint8Array>
}
type Operations = typeof webhookOperations
type Sealed = { readonly url: string; readonly current: string; readonly previous?: string }

const PREVIOUS_MS = 86_400_000
const MOST = 100

const newSecret = () => randomBytes(32).toString('hex')
const placeOf = (id: string) => `webhook:${id}`

/** Programs that are told what happens: their addresses and secrets lie sealed. */
export function webhooks(parts: WebhookParts) {
  const boxes = boxesOf(parts.subkey)
  return { ...changing(parts, boxes), ...reading(parts), targets: targetsOf(parts, boxes) }
}

/** What lies sealed, bound to its webhook. */
function boxesOf(subkey: () => Promise<Uint8Array>) {
  return {
    seal: async (id: string, content: Sealed): Promise<string> =>
      seal(await subkey(), placeOf(id), JSON.stringify(content)),
    /** Undefined when it was altered. */
    async open({ id, sealed }: Pick<WebhookRow, 'id' | 'sealed'>): Promise<Sealed | undefined> {
      const content = unseal(await subkey(), placeOf(id), sealed)
      // Written by `seal`.
      return content === undefined ? undefined : (JSON.parse(content) as Sealed)
    },
  }
}
type Boxes = ReturnType<typeof boxesOf>

async function need(db: Handle, id: string): Promise<WebhookRow> {
  const row = await webhookStore.byId(db, id)
  if (!row) throw new Failure('WEBHOOK_NOT_FOUND', `no webhook ${id}`)
  return row
}

/** As they are now. */
function targetsOf({ database, clock, post, settings }: WebhookParts, boxes: Boxes) {
  /** By the sealed text that they were made of. */
  const made = new Map<string, Target>()

  async function targetOf(row: WebhookRow): Promise<Target | undefined> {
    const known = made.get(row.sealed)
    if (known) return known
    const content = await boxes.open(row)
    if (!content) return undefined
    const events: readonly string[] = JSON.parse(row.events) as string[]
    const secrets = (): WebhookSecrets =>
      clock.now() < (row.previous_until ?? 0) ? content : { current: content.current }
    const target: Target = {
      channel: webhookChannel(post, { id: row.id, url: content.url, secrets, now: clock.now, names: events }),
      wants: (event) =>
        (events.length === 0 || namedIn(events, event.event) !== undefined) &&
        isRouted(settings(), placeOf(row.id), event),
      isForPeople: false,
      keepsCheckpoints: events.includes(CHECKPOINT_NOTICE),
    }
    made.set(row.sealed, target)
    return target
  }

  return async (): Promise<readonly Target[]> => {
    const rows = await database.read(webhookStore.all)
    const all = await Promise.all(rows.map(targetOf))
    for (const text of made.keys()) if (!rows.some(({ sealed: known }) => known === text)) made.delete(text)
    return all.filter((target) => target !== undefined)
  }
}

function changing({ database, clock, audit, post }: WebhookParts, boxes: Boxes) {
  return {
    async create(
      { url, events, description }: Parsed<Operations['createWebhook']>,
      by: By,
    ): Promise<Output<Operations['createWebhook']>> {
      await checked(post, url)
      const now = clock.now()
      const id = newId(now)
      const secret = newSecret()
      const row: WebhookRow = {
        ...{ id, shown_url: hideCredentials(url), sealed: await boxes.seal(id, { url, current: secret }) },
        ...{ events: JSON.stringify(events), description: description ?? null, previous_until: null },
        ...{ created_at: now, updated_at: now },
      }
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        if ((await webhookStore.all(db)).length >= MOST)
          throw invalidField('url', `expected at most ${MOST} webhooks; delete one first`)
        await webhookStore.insert(db, row)
        const details = { id, url: row.shown_url, events }
        await audit.record(db, { event: 'WEBHOOK_CREATED', ...by, details })
      })
      return { ...view(row), secret }
    },

    delete: (id: string, by: By): Promise<null> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const { shown_url: url } = await need(db, id)
        await webhookStore.remove(db, id)
        await outboxStore.dropChannel(db, placeOf(id))
        await audit.record(db, { event: 'WEBHOOK_DELETED', ...by, details: { id, url } })
        return null
      }),

    async rotate(id: string, by: By): Promise<Output<Operations['rotateWebhookSecret']>> {
      const before = await database.read((db) => need(db, id))
      const content = await boxes.open(before)
      if (!content) throw new Failure('WEBHOOK_NOT_FOUND', `webhook ${id} was altered: delete it, and make it anew`)
      const now = clock.now()
      const secret = newSecret()
      const text = await boxes.seal(id, { url: content.url, current: secret, previous: content.current })
      const until = now + PREVIOUS_MS
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const { sealed: present, shown_url: url } = await need(db, id)
        if (present !== before.sealed)
          throw invalidField('id', 'expected a webhook whose secret nobody else rotates now')
        await webhookStore.reseal(db, { id, sealed: text, previous_until: until, updated_at: now })
        await audit.record(db, { event: 'WEBHOOK_SECRET_ROTATED', ...by, details: { id, url } })
      })
      return { id, secret, previousUntil: seconds(until) }
    },
  }
}

const reading = ({ database }: WebhookParts) => ({
  list: async (): Promise<Output<Operations['listWebhooks']>> => ({
    data: (await database.read(webhookStore.all)).map(view),
  }),

  async logs({
    id,
    status,
    event_type: asked,
    limit,
  }: Parsed<Operations['listWebhookDeliveries']>): Promise<Output<Operations['listWebhookDeliveries']>> {
    const event = asked && calledNow(asked)
    const filter = { channel: placeOf(id), event, status: status === 'success' ? ('sent' as const) : status }
    const rows = await database.read(async (db) => {
      await need(db, id)
      return logStore.list(db, filter, { limit })
    })
    return {
      data: rows.map((row) => ({
        ...{ id: row.id, webhookId: id, eventType: row.event, status: row.status === 'sent' ? 'success' : 'failed' },
        ...{ httpStatus: row.http_status, attempt: row.attempt, error: row.error },
        ...{ requestDuration: row.duration_ms, createdAt: seconds(row.created_at) },
      })),
    }
  },
})

async function checked(post: Post, url: string): Promise<void> {
  try {
    await post.check(url)
  } catch (error) {
    if (error instanceof RefusedAddress) throw invalidField('url', error.message)
    throw invalidField('url', 'expected an address whose host can be found')
  }
}

const view = ({ id, shown_url, events, description, created_at, updated_at }: WebhookRow) => ({
  ...{ id, url: shown_url, events: JSON.parse(events) as string[], description, enabled: true },
  ...{ createdAt: seconds(created_at), updatedAt: seconds(updated_at) },
})
