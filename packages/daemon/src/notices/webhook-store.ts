import { type Handle, type NoParams, statement } from '../platform/db/database.ts'

export type WebhookRow = {
  id: string
  /** Scheme and host: the rest may be a credential. */
  shown_url: string
  /** Address and secrets, sealed. */
  sealed: string
  events: string
  description: string | null
  /** Until when the secret before counts too. */
  previous_until: number | null
  created_at: number
  updated_at: number
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    webhooks: WebhookRow
  }
}

const insert = statement<WebhookRow>((db, p) =>
  db.insertInto('webhooks').values({
    ...{ id: p('id'), shown_url: p('shown_url'), sealed: p('sealed'), events: p('events') },
    ...{ description: p('description'), previous_until: p('previous_until') },
    ...{ created_at: p('created_at'), updated_at: p('updated_at') },
  }),
)
const all = statement<NoParams, WebhookRow>((db) => db.selectFrom('webhooks').selectAll().orderBy('id'))
const byId = statement<{ id: string }, WebhookRow>((db, p) =>
  db.selectFrom('webhooks').selectAll().where('id', '=', p('id')),
)
const reseal = statement<Pick<WebhookRow, 'id' | 'sealed' | 'previous_until' | 'updated_at'>>((db, p) =>
  db
    .updateTable('webhooks')
    .set({ sealed: p('sealed'), previous_until: p('previous_until'), updated_at: p('updated_at') })
    .where('id', '=', p('id')),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('webhooks').where('id', '=', p('id')))

/** Programs that are told what happens. */
export const webhookStore = {
  insert: (db: Handle, row: WebhookRow) => db.run(insert, row),
  all: (db: Handle) => db.all(all),
  byId: (db: Handle, id: string) => db.get(byId, { id }),
  reseal: (db: Handle, row: Pick<WebhookRow, 'id' | 'sealed' | 'previous_until' | 'updated_at'>) => db.run(reseal, row),
  remove: (db: Handle, id: string) => db.run(remove, { id }),
}
