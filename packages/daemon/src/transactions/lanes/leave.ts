import type { AuthorisationFacts } from '../../gate/service.ts'
import type { Database, Handle, Scope } from '../../platform/db/database.ts'
import { type Job, type Parts, scopeOf } from '../job.ts'
import { type AttemptRow, attemptStore } from '../rows/attempt-store.ts'
import { must } from '../rows/must.ts'
import { authorisationOf } from '../rows/readings.ts'
import { transactionStore } from '../rows/store.ts'
import { freeRaise, unsubmit } from '../rows/take-back.ts'
import { isOpen, type ReadSession, sessionReader } from '../switches.ts'
import type { Outgoing, Send } from './broadcaster.ts'
import { networkOf } from './lane-id.ts'
import { type Fenced, requireLease } from './round.ts'

/** What a signature was made under, as far as a stop can change it. */
type Now = { epoch: number; version: number; session: ReadSession }
type Signed = Pick<AttemptRow, 'purpose' | 'session_id'> & {
  authorisation: Pick<AuthorisationFacts, 'epoch' | 'policyVersion'>
}

/** Why what was authorised may not go on: a stop or another policy overtook it. */
export async function overtaken(
  { epoch, version, session }: Now,
  { authorisation, session_id, purpose }: Signed,
): Promise<string | undefined> {
  if (epoch !== authorisation.epoch) return 'the kill switch was moved'
  if (version !== authorisation.policyVersion) return 'the policies changed'
  // What a session has in flight can be taken back after its end.
  if (session_id === null || purpose === 'cancel') return undefined
  const facts = await session(session_id)
  return facts?.revoked_at === null ? undefined : 'its session was revoked'
}

type Sending = Fenced & { readonly walletId: string }
type SendingJob = Job & { readonly lane: Sending }

type Leaving = {
  /** May be sent now. */
  may: Set<string>
  /** Of these it is the first time, and this is when it was noted. */
  first: Map<string, number>
  /** As they are now: included, over or dropped meanwhile. */
  moved: AttemptRow[]
}

/**
 * The last look before recorded bytes are sent: reads again what a stop can change and notes that they may have left from
 * here on. Bytes that never left and were overtaken are given up, and their transaction waits to be judged again. What
 * left before may be sent again as long as wallet and kill switch are open. Whoever lost the lane sends nothing of it, so
 * that its holder alone knows what has left.
 */
async function leave(job: SendingJob, attempts: readonly { id: string }[]): Promise<Leaving> {
  const { parts, db } = job
  const { walletId } = job.lane
  await requireLease(job)
  const leaving: Leaving = { may: new Set(), first: new Map(), moved: [] }
  if (!(await isOpen(parts, db, walletId))) return leaving
  const { epoch } = await parts.switches.killSwitch(db)
  const session = sessionReader(parts.switches, db)
  const now: Now = { epoch, version: await parts.switches.policyVersion(db, walletId), session }
  const ids = attempts.map(({ id }) => id)
  const rows = await attemptStore.byIds(db, ids)
  const authorisations = await attemptStore.authorisations(
    db,
    ids.filter((id) => isFirst(rows.get(id))),
  )
  const overdue: Overtaken[] = []
  const at = parts.clock.now()
  for (const id of ids) {
    const row = rows.get(id)
    if (!row) continue
    if (row.state !== 'recorded') leaving.moved.push(row)
    else if (row.left_at !== null) leaving.may.add(id)
    else {
      const authorisation = authorisationOf({ authorisation: need(authorisations.get(id), `attempt ${id}`) })
      const reason = await overtaken(now, { ...row, authorisation })
      if (reason === undefined) leaving.first.set(id, at)
      else overdue.push({ id, reason, bytesHash: authorisation.bytesHash })
    }
  }
  // Those that leave come first: of what is given up beside them on a nonce, bytes may be out.
  await must(attemptStore.leave(db, [...leaving.first.keys()], at), `one of the attempts ${ids.join(', ')}`)
  for (const id of leaving.first.keys()) leaving.may.add(id)
  for (const one of overdue) await giveUpOvertaken(job, one, { at, leaving })
  return leaving
}

function need(text: string | undefined, what: string): string {
  if (text === undefined) throw new Error(`${what} has no texts`)
  return text
}

type Overtaken = { readonly id: string; readonly reason: string; readonly bytesHash: string }
const isFirst = (row: AttemptRow | undefined): boolean => row?.state === 'recorded' && row.left_at === null

/** As it is now: with another one on its nonce it may have been given up already. */
async function giveUpOvertaken(
  { parts, db, lane: { walletId } }: SendingJob,
  { id, reason, bytesHash }: Overtaken,
  { at, leaving }: { at: number; leaving: Leaving },
): Promise<void> {
  const row = await attemptStore.byId(db, id)
  if (!row) return
  if (row.state !== 'recorded') {
    leaving.moved.push(row)
    return
  }
  leaving.moved.push(...(await giveUp(db, row, at)))
  await parts.audit.record(db, {
    event: 'TX_SIGNED',
    actor: 'system',
    walletId,
    txId: row.transaction_id,
    details: { discarded: reason, bytesHash },
  })
}

type Departure = { lane: Sending; batch: readonly Outgoing[] }

/**
 * Sends what may leave now, one batch of a lane at a time; a stop, in whatever process, waits until it is over. What of
 * them is no longer to be sent, as it is now. Throws LeaseLost when another process holds the lane.
 */
export function sendWhatMay(parts: Parts, { lane, batch }: Departure, send: Send): Promise<AttemptRow[]> {
  const { database } = parts
  const { id, walletId } = lane
  const rows = batch.map(({ row }) => row)
  const scope = scopeOf(walletId, rows)
  const sending: Scope = {
    shared: ['sending', `sending:${walletId}`],
    exclusive: [`sending:${id.replace('/', ':')}`],
    // An endpoint that hangs keeps locks for as long; those of other networks wait for none of them.
    holder: networkOf(id),
  }
  return database.hold(sending, async () => {
    const { may, first, moved } = await database.work(scope, (db) => leave({ parts, lane, db }, rows))
    const leaving = batch.filter(({ row }) => may.has(row.id))
    const unreached = leaving.length > 0 ? await send(leaving) : []
    const stayed = unreached.flatMap(({ row }) => {
      const leftAt = first.get(row.id)
      return leftAt === undefined ? [] : [{ id: row.id, leftAt }]
    })
    if (stayed.length > 0) await database.work(scope, (db) => stayAll({ parts, lane, db }, stayed))
    return moved
  })
}

/** No node was reached: these have not left after all. Another holder of the lane may have sent them meanwhile. */
async function stayAll(job: SendingJob, unsent: readonly { id: string; leftAt: number }[]): Promise<void> {
  await requireLease(job)
  for (const one of unsent) await attemptStore.stay(job.db, one)
}

/** Resolves when nothing of these wallets, or of any, is being sent by any process. */
export const nothingSending = (database: Database, walletIds: readonly string[] | undefined): Promise<void> =>
  database.hold(
    { exclusive: walletIds?.map((id) => `sending:${id}`) ?? ['sending'], isUrgent: true },
    async () => undefined,
  )

/** When another attempt on the nonce may have left, the transaction lives on in that one. */
async function giveUp(db: Handle, row: AttemptRow, at: number): Promise<AttemptRow[]> {
  const { transaction_id: id } = row
  const dropped = await unsubmit(db, id, at)
  if (dropped) return dropped
  await must(attemptStore.giveUp(db, { id: row.id, to: 'reused', at }), `attempt ${row.id}`)
  await freeRaise(db, id, at)
  const hash = (await attemptStore.ofTransaction(db, id)).findLast(({ state }) => state === 'recorded')?.hash
  if (hash) await transactionStore.rehash(db, { id, hash, at })
  return [{ ...row, state: 'reused', updated_at: at }]
}
