import { Failure, type Output, type Parsed, type pairingOperations } from '@waiaas/contract'
import { SYSTEM_EVIDENCE } from '../audit/service.ts'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { tokenBuckets } from '../platform/http/limits.ts'
import { codeHash, type PairingDependencies, type Stops } from './dependencies.ts'
import { LEAST_FETCH_MS } from './rules.ts'
import { type PairingRow, pairingStore } from './store.ts'

type Operations = typeof pairingOperations
type View = Output<Operations['getPairing']>
type Approved = Output<Operations['approvePairing']>
type Answer = { status: 'APPROVED' | 'DENIED'; sessionId: string | null; fetchUntil: number | null }

/** Codes that may be tried at once, and how fast more: nobody types more, and a program that guesses gets nowhere. */
const TRIES = { burst: 20, perSecond: 1 / 3 }

/** The operator's side: who types the code sees who asks, and approves or denies it. */
export function answering(parts: PairingDependencies, stops: Stops) {
  const { database, clock, audit, sessions, policies } = parts
  const tries = tokenBuckets(parts.monotonic ?? (() => performance.now()))

  /** Right or wrong, each try counts. Failure RATE_LIMITED. */
  function countTry(): void {
    const wait = tries.take('codes', TRIES)
    if (wait > 0) throw new Failure('RATE_LIMITED', 'too many codes were tried', { retryAfter: wait })
  }

  /** The one with this code, unless it is over. Failure PAIRING_NOT_FOUND, SYSTEM_LOCKED. */
  async function coded(db: Handle, code: string): Promise<PairingRow> {
    const row = await pairingStore.byCode(db, codeHash(code))
    const epoch = await stops.needEpoch(db)
    if (row && row.epoch === epoch && row.expires_at > clock.latest()) return row
    throw new Failure('PAIRING_NOT_FOUND', 'no pairing that waits has this code; one lives for ten minutes')
  }

  /** Puts the answer of the operator on record, unless another one came first. Gives what stands then. */
  async function answer(db: Handle, row: PairingRow, { to, by }: { to: Answer; by: By }): Promise<PairingRow> {
    const { id, name, peer } = row
    if (!(await pairingStore.answer(db, { id, ...to }))) return row
    const details = { id, name, address: peer, scopes: JSON.parse(row.scopes) as string[] }
    const of = to.sessionId === null ? {} : { sessionId: to.sessionId }
    const event = { APPROVED: 'PAIRING_APPROVED', DENIED: 'PAIRING_DENIED' } as const
    await audit.record(db, { event: event[to.status], ...of, ...by, details })
    return { ...row, status: to.status, session_id: to.sessionId, fetch_until: to.fetchUntil }
  }

  return {
    async show(code: string): Promise<View> {
      countTry()
      return view(await database.read((db) => coded(db, code)))
    },

    async approve(
      { code, walletIds, policies: template, ...wish }: Parsed<Operations['approvePairing']>,
      by: By,
    ): Promise<Approved> {
      countTry()
      const { id } = await database.read((db) => coded(db, code))
      const ids = [...new Set(walletIds)]
      const session = await sessions.preparePaired(wish)
      const given = template && (await policies.prepareTemplate(template, ids))
      const own = [...ids.map((wallet) => `wallet:${wallet}`), `pairing:${id}`, SYSTEM_EVIDENCE]
      const scope = given ? { exclusive: ['system', ...own] } : { shared: ['system'], exclusive: own }
      const row = await database.work(scope, async (db) => {
        const found = await coded(db, code)
        if (found.status !== 'PENDING') return found
        const fetchUntil = Math.max(found.expires_at, clock.latest() + LEAST_FETCH_MS)
        await given?.write(db, by)
        await session.open(db, ids, by)
        return answer(db, found, { to: { status: 'APPROVED', sessionId: session.view.id, fetchUntil }, by })
      })
      await given?.settled()
      const { session_id: sessionId, fetch_until: fetchUntil } = row
      if (sessionId === null || fetchUntil === null) throw new Failure('PAIRING_DENIED', 'it was denied before')
      return { ...view(row), sessionId, fetchUntil: seconds(fetchUntil) }
    },

    async deny(code: string, by: By): Promise<View> {
      countTry()
      const { id } = await database.read((db) => coded(db, code))
      const row = await database.work({ exclusive: [`pairing:${id}`, SYSTEM_EVIDENCE] }, async (db) =>
        answer(db, await coded(db, code), { to: { status: 'DENIED', sessionId: null, fetchUntil: null }, by }),
      )
      if (row.status === 'DENIED') return view(row)
      const message = `it was approved, and is session ${row.session_id}: revoke that`
      throw new Failure('INVALID_STATE_TRANSITION', message)
    },
  }
}

const view = (row: PairingRow): View => ({
  id: row.id,
  name: row.name,
  address: row.peer,
  scopes: JSON.parse(row.scopes) as string[],
  status: row.status,
  createdAt: seconds(row.created_at),
  expiresAt: seconds(row.expires_at),
  sessionId: row.session_id,
})
