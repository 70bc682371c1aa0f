import { firstIdAt } from '@waiaas/contract'
import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import { type Database, type Handle, statement } from '../../platform/db/database.ts'
import type { CallMessage } from '../../platform/http/types.ts'
import { type Loop, loop } from '../../platform/jobs.ts'
import type { Log } from '../../platform/log.ts'
import { type Repeat, type TransactionRow, transactionStore } from '../rows/store.ts'
import { isOver } from '../stopping/stop-store.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    owed_answers: { transaction_id: string }
  }
}

/** For so long an identical request without a key may be the repeat of one whose answer got lost. */
export const REPEAT_MS = 60_000

const insert = statement<{ id: string }>((db, p) => db.insertInto('owed_answers').values({ transaction_id: p('id') }))
/** Without those that ended without effect for good. One that failed in a block may still succeed, when the block goes. */
const identical = statement<Repeat, { id: string }>((db, p) =>
  db
    .selectFrom('transactions')
    .innerJoin('owed_answers', 'owed_answers.transaction_id', 'transactions.id')
    .select('transactions.id')
    .where('session_id', '=', p('session'))
    .where('request_hash', '=', p('hash'))
    .where('created_at', '>', p('since'))
    .where('status', 'not in', ['CANCELLED', 'EXPIRED'])
    .where((eb) => eb.or([eb('status', '<>', 'FAILED'), eb('tx_hash', 'is not', null)]))
    .where((eb) => eb.not(isOver(eb)))
    .orderBy('transactions.id', 'desc'),
)
const remove = statement<{ id: string }>((db, p) => db.deleteFrom('owed_answers').where('transaction_id', '=', p('id')))
const forget = statement<{ before: string }>((db, p) =>
  db.deleteFrom('owed_answers').where('transaction_id', '<', p('before')),
)

/** Where other replicas ask, they learn of a delivery at once; a restart alone may learn of it later. */
const NOTED_EVERY_MS = { sqlite: 1_000, postgres: 60_000 } as const

export type OwedAnswers = ReturnType<typeof owedAnswers>

/** Which requests without a key are still owed their answer. What no replica can prove to be delivered is owed. */
export function owedAnswers({ database, clock, log }: { database: Database; clock: Clock; log: Log }) {
  const delivered = new Set<string>()
  /** Those of messages, by the request. */
  const answering = new Map<string, CallMessage>()

  /** It is being answered to whoever asked for it, who asks for another one meanwhile. */
  const isOthers = (id: string, message: CallMessage | undefined): boolean => {
    const other = answering.get(id)
    return other?.isHere() === true && other.id !== message?.id
  }

  async function note(): Promise<void> {
    const ids = [...delivered]
    await database.work({}, async (db) => {
      // What a crash takes back of it counts as owed: that is safe, and costs no payment a wait for the disk.
      if (database.engine === 'postgres') await db.query(() => sql`set local synchronous_commit to off`)
      for (const id of ids) await db.run(remove, { id })
      await db.run(forget, { before: firstIdAt(clock.now() - REPEAT_MS) })
    })
    for (const id of ids) delivered.delete(id)
  }

  let noting: Loop | undefined
  const start = () =>
    loop('delivered answers', log, async () => {
      if (delivered.size > 0) await note()
      return NOTED_EVERY_MS[database.engine]
    })
  return {
    /** Stores, with the decision, that its answer has yet to reach the caller. */
    async owe(db: Handle, id: string, message: CallMessage | undefined): Promise<void> {
      await db.run(insert, { id })
      if (!message) return
      // What is older is nobody's repeat. What is rolled back is never found.
      const oldest = firstIdAt(clock.now() - REPEAT_MS)
      for (const [other, { isHere }] of answering) if (other < oldest || !isHere()) answering.delete(other)
      answering.set(id, message)
    },
    /**
     * The newest of the identical requests that is owed its answer, and that has or may have an effect. One that another
     * message has brought is none as long as its sender waits.
     */
    async find(db: Handle, request: Repeat, message: CallMessage | undefined): Promise<TransactionRow | undefined> {
      const all = await db.all(identical, request)
      const owed = all.find(({ id }) => !delivered.has(id) && !isOthers(id, message))
      return owed && transactionStore.byId(db, owed.id)
    },
    /** The answer has reached its caller. */
    delivered(id: string): void {
      delivered.add(id)
      noting ??= start()
      if (database.engine === 'postgres') noting.wake()
    },
    async stop(): Promise<void> {
      await noting?.stop()
      if (delivered.size > 0) await note()
    },
  }
}
