import type { Counted, Sealed } from '../../gate/service.ts'
import { groupReader, type Handle, statement } from '../../platform/db/database.ts'

type CountRow = Counted & { lane: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    ceiling_counts: CountRow
  }
}

const byLane = statement<{ lane: string }, Sealed>((db, p) =>
  db.selectFrom('ceiling_counts').select(['text', 'seal']).where('lane', '=', p('lane')),
)
const set = statement<CountRow>((db, p) =>
  db
    .insertInto('ceiling_counts')
    .values({ lane: p('lane'), text: p('text'), seal: p('seal'), number: p('number') })
    .onConflict((on) => on.column('lane').doUpdateSet({ text: p('text'), seal: p('seal'), number: p('number') })),
)

/** What the signer has signed for on each lane, as it sealed it. */
export const countStore = {
  byLane: groupReader((db, lane) => db.get(byLane, { lane })),
  set: (db: Handle, row: CountRow) => db.run(set, row),
}
