import {
  Failure,
  hideCredentials,
  invalidField,
  newId,
  type Output,
  type Parsed,
  type pushOperations,
  type Settings,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import { type Database, type NoParams, statement } from '../platform/db/database.ts'
import { seal, unseal } from '../platform/sealed-text.ts'
import { pushChannel, type Subscription, type Vapid, vapidOf } from './channels/push.ts'
import type { Post } from './outgoing.ts'
import { isForPeople } from './rules.ts'
import { outboxStore } from './store.ts'
import type { Target } from './types.ts'

type PushRow = { id: string; name: string; service: string; sealed: string; created_at: number }
declare module '../platform/db/tables.ts' {
  interface Tables {
    push_subscriptions: PushRow
  }
}
const insert = statement<PushRow>((db, p) =>
  db.insertInto('push_subscriptions').values({
    ...{ id: p('id'), name: p('name'), service: p('service'), sealed: p('sealed'), created_at: p('created_at') },
  }),
)
const all = statement<NoParams, PushRow>((db) => db.selectFrom('push_subscriptions').selectAll().orderBy('id'))
const byId = statement<{ id: string }, PushRow>((db, p) =>
  db.selectFrom('push_subscriptions').selectAll().where('id', '=', p('id')),
)
const drop = statement<{ id: string }>((db, p) => db.deleteFrom('push_subscriptions').where('id', '=', p('id')))

export type BrowserParts = {
  readonly database: Database
  readonly clock: Clock
  readonly audit: Pick<Audit, 'record'>
  readonly post: Post
  readonly settings: () => Settings
  readonly subkey: () => Promise<Uint8Array>
}
type Operations = typeof pushOperations

const MOST = 20
const placeOf = (id: string) => `push:${id}`
const view = ({ id, name, service, created_at }: PushRow) => ({ id, name, service, createdAt: seconds(created_at) })

/** Browsers that are told what happens: where they are and how they read lies sealed. */
export function browsers(parts: BrowserParts) {
  const { database, clock, audit, post } = parts
  let known: Vapid | undefined
  const vapid = async (): Promise<Vapid> => {
    known ??= vapidOf(await parts.subkey())
    return known
  }
  const made = new Map<string, Target>()

  async function targetOf({ id, sealed }: PushRow): Promise<Target | undefined> {
    const before = made.get(sealed)
    if (before) return before
    const text = unseal(await parts.subkey(), placeOf(id), sealed)
    if (text === undefined) return undefined
    // Written by `add`.
    const subscription = JSON.parse(text) as Subscription
    const target: Target = {
      channel: pushChannel(post, { id, ...subscription, vapid: await vapid(), now: clock.now }),
      ...{ isForPeople: true, keepsCheckpoints: false },
      wants: (event) => isForPeople(parts.settings(), placeOf(id), event),
    }
    made.set(sealed, target)
    return target
  }

  return {
    publicKey: async () => (await vapid()).publicKey,
    list: async (): Promise<Output<Operations['listPushes']>> => ({
      publicKey: (await vapid()).publicKey,
      data: (await database.read((db) => db.all(all))).map(view),
    }),

    async add({ name, ...given }: Parsed<Operations['addPush']>, by: By): Promise<Output<Operations['addPush']>> {
      await post.check(given.endpoint).catch((error: Error) => {
        throw invalidField('endpoint', error.message)
      })
      const id = newId(clock.now())
      const sealed = seal(await parts.subkey(), placeOf(id), JSON.stringify(given))
      const row = { id, name, service: hideCredentials(given.endpoint), sealed, created_at: clock.now() }
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        if ((await db.all(all)).length >= MOST)
          throw invalidField('name', `expected at most ${MOST} browsers; remove one first`)
        await db.run(insert, row)
        await audit.record(db, { event: 'PUSH_ADDED', ...by, details: { id, name, service: row.service } })
      })
      return view(row)
    },

    remove: (id: string, by: By): Promise<Output<Operations['removePush']>> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const row = await db.get(byId, { id })
        if (!row) throw new Failure('NOT_FOUND', `no browser ${id} is told`)
        await db.run(drop, { id })
        await outboxStore.dropChannel(db, placeOf(id))
        await audit.record(db, { event: 'PUSH_REMOVED', ...by, details: { id, name: row.name, service: row.service } })
        return view(row)
      }),

    /** As they are now; none while the settings tell people nothing. */
    async targets(): Promise<readonly Target[]> {
      if (!parts.settings()['notifications.enabled']) return []
      const rows = await database.read((db) => db.all(all))
      const found = await Promise.all(rows.map(targetOf))
      return found.filter((target) => target !== undefined)
    },
  }
}
