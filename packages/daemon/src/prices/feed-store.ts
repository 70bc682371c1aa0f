import { type Handle, statement } from '../platform/db/database.ts'

/** A source of prices. `believed` is JSON of what was believed last; null until something was. */
export type FeedRow = {
  feed: string
  believed: string | null
  /** When an answer that was not believed was last put on record, in unix milliseconds. */
  told_at: number | null
}

declare module '../platform/db/tables.ts' {
  interface Tables {
    price_feeds: FeedRow
  }
}

const byId = statement<{ feed: string }, FeedRow>((db, p) =>
  db.selectFrom('price_feeds').selectAll().where('feed', '=', p('feed')),
)
const believe = statement<{ feed: string; believed: string }>((db, p) =>
  db
    .insertInto('price_feeds')
    .values({ feed: p('feed'), believed: p('believed'), told_at: null })
    .onConflict((on) => on.column('feed').doUpdateSet((eb) => ({ believed: eb.ref('excluded.believed') }))),
)
const tell = statement<{ feed: string; at: number }>((db, p) =>
  db
    .insertInto('price_feeds')
    .values({ feed: p('feed'), believed: null, told_at: p('at') })
    .onConflict((on) => on.column('feed').doUpdateSet((eb) => ({ told_at: eb.ref('excluded.told_at') }))),
)

export const feedStore = {
  byId: (db: Handle, feed: string) => db.get(byId, { feed }),
  believe: (db: Handle, feed: string, believed: string) => db.run(believe, { feed, believed }),
  tell: (db: Handle, feed: string, at: number) => db.run(tell, { feed, at }),
}
