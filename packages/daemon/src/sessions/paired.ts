import type { CreatedSession, Parsed, pairingOperations } from '@waiaas/contract'
import type { z } from 'zod'
import { seconds } from '../platform/clock.ts'
import type { SessionDependencies } from './dependencies.ts'
import type { Issuing } from './issuing.ts'
import { needSession } from './lookup.ts'
import { sessionAsHeld } from './revoking.ts'
import { closedSession } from './rules.ts'
import { sessionStore } from './store.ts'
import type { Tokens } from './tokens.ts'

type Wish = Omit<Parsed<typeof pairingOperations.approvePairing>, 'code' | 'walletIds'>

/** Sessions whose token a pairing hands out. It is stored nowhere: whoever may have it has it made again. */
export const paired = (
  { database, clock, held }: SessionDependencies,
  tokens: Tokens,
  prepare: Issuing['prepare'],
) => ({
  /** A session to be opened in the job of an approval. */
  preparePaired: (wish: Wish) => prepare({ ...wish, source: 'pairing' }),

  /** The session with its first token; undefined once that was used or replaced. Failure SESSION_REVOKED, TOKEN_EXPIRED. */
  async unclaimed(id: string): Promise<z.input<typeof CreatedSession> | undefined> {
    const { row, wallets } = await database.read(async (db) => ({
      row: await needSession(db, id),
      wallets: await sessionStore.wallets(db, id),
    }))
    const closed = closedSession(sessionAsHeld(held, row) ?? row, clock.latest())
    if (closed) throw closed
    const { token, hash } = await tokens.ofPairing(id, { now: row.created_at, expiresAt: row.expires_at })
    if (row.is_claimed === 1 || row.token_hash !== hash) return undefined
    const refs = wallets.map((wallet) => ({ id: wallet.id, name: wallet.name }))
    return { id, token, expiresAt: seconds(row.expires_at), walletId: refs[0]?.id ?? '', wallets: refs }
  },
})
