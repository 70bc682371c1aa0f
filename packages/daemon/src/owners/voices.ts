import type { Voice } from '../gate/service.ts'
import { type Database, type Handle, statement } from '../platform/db/database.ts'
import { type Ids, idsIn, rowsIn } from '../platform/db/lists.ts'
import type { SignedWord } from '../wallets/service.ts'
import { requestIn, walletIn } from './challenges.ts'

type VoiceRow = Voice & { request: string; address: string }

declare module '../platform/db/tables.ts' {
  interface Tables {
    owner_voices: VoiceRow
  }
}

const ofRequests = statement<Ids, VoiceRow>((db, p) =>
  db.selectFrom('owner_voices').selectAll().where('request', 'in', idsIn(p)).orderBy('address'),
)
const set = statement<VoiceRow>((db, p) =>
  db
    .insertInto('owner_voices')
    .values({
      ...{ request: p('request'), address: p('address') },
      ...{ text: p('text'), seal: p('seal'), until: p('until') },
    })
    .onConflict((on) =>
      on.columns(['request', 'address']).doUpdateSet({ text: p('text'), seal: p('seal'), until: p('until') }),
    ),
)
const forgetOld = statement<{ now: number }>((db, p) => db.deleteFrom('owner_voices').where('until', '<=', p('now')))

const forgetOf = statement<{ address: string }>((db, p) =>
  db.deleteFrom('owner_voices').where('address', '=', p('address')),
)

/** What owners have signed for the signer of such requests, whatever the daemon makes of it. */
export const voicesOf = (db: Handle, requests: readonly string[]): Promise<VoiceRow[]> =>
  rowsIn(db, ofRequests, requests)

/** Of an address that was cut off nothing counts any more that its key has signed. */
export const forgetVoicesOf = (db: Handle, address: string) => db.run(forgetOf, { address })

/** What comes out of a restore was signed for another time. */
export const forgetVoices = (db: Handle) => db.run(forgetOld, { now: Number.MAX_SAFE_INTEGER })

export type HearingParts = {
  database: Database
  /** Has the signer hear it; undefined of an owner whom it does not know. */
  hear(walletId: string, word: SignedWord): Promise<Voice | undefined>
}

/** Keeps what an owner signed for the signer, as the signer sealed it. Failures of the signer. */
export const hearing =
  ({ database, hear }: HearingParts) =>
  async ({ address, ...word }: SignedWord & { address: string }): Promise<void> => {
    const [id, request] = [walletIn(word.message), requestIn(word.message)]
    if (id === undefined || request === undefined || !word.message.includes('\n- urn:waiaas:signs:')) return
    const voice = await hear(id, word)
    if (!voice) return
    const { text, seal, until } = voice
    await database.work({ exclusive: [`wallet:${id}`] }, async (db) => {
      await db.run(forgetOld, { now: Date.now() })
      await db.run(set, { request, address, text, seal, until })
    })
  }
