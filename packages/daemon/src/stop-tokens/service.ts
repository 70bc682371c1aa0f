import { randomBytes } from 'node:crypto'
import {
  Failure,
  invalidField,
  newId,
  type Output,
  type Parsed,
  STOP_TOKEN_PREFIX,
  type stopTokenOperations,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By, Principal } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { type StopTokenRow, stopTokenStore } from './store.ts'

type Parts = { database: Database; clock: Clock; audit: Pick<Audit, 'record'> }
type Operations = typeof stopTokenOperations
export type StopTokens = ReturnType<typeof stopTokens>

/** Tokens that stop and do nothing else. They have no end but their revocation: a stop must not fail for its age. */
export function stopTokens({ database, clock, audit }: Parts) {
  return {
    async create(name: string, by: By): Promise<Output<Operations['createStopToken']>> {
      const token = STOP_TOKEN_PREFIX + randomBytes(32).toString('base64url')
      const row = { id: newId(clock.now()), name, token_hash: sha256(token), created_at: clock.now() }
      await database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        if (!(await stopTokenStore.insert(db, row)))
          throw invalidField('name', `expected a name that no other stop token has, got "${name}"`)
        await audit.record(db, { event: 'STOP_TOKEN_CREATED', ...by, details: { id: row.id, name } })
      })
      return { ...view(row), token }
    },

    async list({
      limit,
      cursor = '',
    }: Parsed<Operations['listStopTokens']>): Promise<Output<Operations['listStopTokens']>> {
      const rows = await database.read((db) => stopTokenStore.page(db, cursor, limit + 1))
      const shown = rows.slice(0, limit)
      const hasMore = rows.length > shown.length
      return { items: shown.map(view), nextCursor: hasMore ? shown.at(-1)!.id : null, hasMore }
    },

    revoke: (idOrName: string, by: By): Promise<Output<Operations['revokeStopToken']>> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const row = await stopTokenStore.called(db, idOrName)
        if (!row) throw new Failure('STOP_TOKEN_NOT_FOUND', `no stop token ${idOrName}`)
        const { id, name } = row
        await stopTokenStore.remove(db, id)
        await audit.record(db, { event: 'STOP_TOKEN_REVOKED', ...by, details: { id, name } })
        return { id, name, status: 'REVOKED' }
      }),

    /** Whose token it is. Nothing can be guessed, so that no wrong one makes a right one wait. Failure INVALID_TOKEN. */
    async authenticate(token: string): Promise<Principal<'stopper'>> {
      const row = await database.read((db) => stopTokenStore.byHash(db, sha256(token)))
      if (!row) throw new Failure('INVALID_TOKEN', 'the stop token is not one of this daemon, or was revoked')
      return { kind: 'stopper', actor: `stop-token:${row.id}` }
    },
  }
}

/** Which of a restored database were revoked after the backup is not known, so none works any more. */
export const endStopTokens = (db: Handle) => stopTokenStore.removeAll(db)

const view = ({ id, name, created_at }: StopTokenRow) => ({ id, name, createdAt: seconds(created_at) })
