import { Failure } from '@waiaas/contract'
import type { ServiceParts } from '../parts.ts'
import { listStore } from '../rows/list-store.ts'
import { type CardFacts, cardFacts } from './reading.ts'

type CardParts = Pick<ServiceParts, 'database' | 'switches' | 'findNetwork' | 'owners'>
type Wanted = { readonly walletIds?: readonly string[] | undefined; readonly before?: string | undefined }

/** What people are asked, as it is stored. */
export function cards(parts: CardParts) {
  const { database, switches } = parts

  return {
    /** Of a transaction that the caller may see; `sessionId` undefined is the operator. Failure TX_NOT_FOUND. */
    one: (id: string, sessionId: string | undefined): Promise<CardFacts> =>
      database.read(async (db) => {
        const row = await listStore.byId(db, id)
        const isVisible = row && (!sessionId || (await switches.isLinked(db, sessionId, row.wallet_id)))
        if (!row || !isVisible) throw new Failure('TX_NOT_FOUND', 'no such transaction')
        return cardFacts(parts, db, row)
      }),
    /** Of all that waits for time or a human, newest first. */
    waiting: (wanted: Wanted, limit: number): Promise<{ all: CardFacts[]; hasMore: boolean }> =>
      database.read(async (db) => {
        const { walletIds, before } = wanted
        const filter = {
          walletIds,
          statuses: ['QUEUED'],
          before,
        } as const
        const rows = await listStore.list(db, filter, limit + 1)
        const all: CardFacts[] = []
        for (const { id } of rows.slice(0, limit)) {
          const row = await listStore.byId(db, id)
          if (row) all.push(await cardFacts(parts, db, row))
        }
        return { all, hasMore: rows.length > limit }
      }),
  }
}
