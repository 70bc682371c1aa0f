import { setImmediate } from 'node:timers/promises'
import { Failure, firstIdAt, type Output, type Parsed, type policyDraftOperations } from '@waiaas/contract'
import { MONTH_WINDOW } from '../../ledger/service.ts'
import { seconds } from '../../platform/clock.ts'
import { once } from '../../platform/once.ts'
import type { ServiceParts } from '../parts.ts'
import { type Beside, besideOf, type Missing, type Remade, remade } from './again.ts'
import { alongDraft, changesOf } from './drafted.ts'
import { knownAlong } from './knowing.ts'
import { type KeptRequest, type KeptSignature, replayStore } from './replay-store.ts'

type Asked = Parsed<typeof policyDraftOperations.replayPolicies>
type Answer = Output<typeof policyDraftOperations.replayPolicies>
type Parts = Pick<
  ServiceParts,
  'database' | 'clock' | 'switches' | 'findNetwork' | 'constraints' | 'sessionLabels' | 'drafted'
>

/** So many are looked at before others have their turn. */
const PIECE = 200
const EXAMPLES = 20
/** The latest time of an id: a clock that was ahead has given some that are later than now. */
const FOREVER = 2 ** 48 - 1

/** Makes recorded decisions again: each by the policies of then, and each request by a draft. */
export async function replayPolicies(parts: Parts, asked: Asked): Promise<Answer> {
  const now = parts.clock.now()
  const since = asked.since === undefined ? now - MONTH_WINDOW : asked.since * 1_000
  const until = asked.until === undefined ? FOREVER : asked.until * 1_000 + 1_000
  const beside = besideOf(parts)
  if (asked.walletId !== undefined && !(await beside.wallet(asked.walletId)))
    throw new Failure('WALLET_NOT_FOUND', `there is no wallet ${asked.walletId}`)
  const { draft } = asked
  const along = draft && (await draftAlong(parts, { walletId: asked.walletId, draft, from: since - MONTH_WINDOW }))
  if (along)
    for await (const piece of pieces(parts, { ...asked, from: since - MONTH_WINDOW, until: since }))
      for (const { row } of piece) along.before(row, (await beside.wallet(row.wallet_id))?.account ?? row.wallet_id)
  const again = exactness()
  const changes = changesOf()
  let [count, last] = [0, since]
  for await (const piece of pieces(parts, { ...asked, from: since, until })) {
    for (const { row, signatures } of piece) {
      if (++count > asked.most) break
      last = row.created_at
      const request = await again.look(beside, row)
      for (const signature of signatures) await again.look(beside, row, signature)
      if (!along) continue
      if (!request) along.before(row, (await beside.wallet(row.wallet_id))?.account ?? row.wallet_id)
      else changes.add(row.id, request.stored, (await along.judge(row, request)).decision)
    }
    if (count > asked.most) break
    await setImmediate()
  }
  const isWhole = count <= asked.most
  return {
    from: seconds(since),
    until: seconds(isWhole ? Math.min(until - 1, now) : last),
    isWhole,
    ...again.sum(),
    ...(draft && { draft: changes.sum() }),
  }
}

type Drafting = { walletId: string | undefined; draft: NonNullable<Asked['draft']>; from: number }

const draftAlong = async (parts: Parts, { walletId, draft, from }: Drafting) =>
  alongDraft({
    policies: drafted(parts, draft),
    labels: parts.sessionLabels,
    known: await knownAlong(parts.database, walletId, { at: from, after: firstIdAt(from) }),
  })

const drafted = (parts: Parts, draft: NonNullable<Asked['draft']>) =>
  once((walletId: string) => parts.database.read((db) => parts.drafted(db, walletId, draft)))

type Stretch = { walletId?: string | undefined; from: number; until: number }
type Piece = { row: KeptRequest; signatures: readonly KeptSignature[] }[]

/** Requests in the order in which they were asked for, some at a time, each with what was signed of it. */
async function* pieces({ database }: Parts, { walletId, from, until }: Stretch): AsyncGenerator<Piece> {
  for (let after = firstIdAt(from); ; ) {
    const piece = await database.read(async (db) => {
      const rows = await replayStore.requests(db, { walletId, after, until, count: PIECE })
      const signed =
        rows.length === 0
          ? []
          : await replayStore.signatures(
              db,
              rows.map(({ id }) => id),
            )
      const by = Map.groupBy(signed, ({ transaction_id }) => transaction_id)
      return rows.map((row) => ({ row, signatures: by.get(row.id) ?? [] }))
    })
    if (piece.length > 0) yield piece
    if (piece.length < PIECE) return
    after = piece.at(-1)!.row.id
  }
}

/** Counts which decisions come out to the letter. */
function exactness() {
  let [decisions, exact, unread] = [0, 0, 0]
  const inexact: { transactionId: string; why: string }[] = []
  const unreadExamples: { transactionId: string; why: string }[] = []
  return {
    /** What the decision on the request was made from; undefined when that is not kept any more. */
    async look(beside: Beside, row: KeptRequest, signature?: KeptSignature): Promise<Remade | undefined> {
      const of: Remade | Missing = await remade(beside, row, signature)
      if ('missing' in of) {
        unread++
        if (unreadExamples.length < EXAMPLES) unreadExamples.push({ transactionId: row.id, why: of.missing })
        return undefined
      }
      decisions++
      const made = JSON.stringify(of.judge(of.input).decision)
      if (made === (signature?.decision ?? row.decision)) exact++
      else if (inexact.length < EXAMPLES)
        inexact.push({ transactionId: row.id, why: difference(of.stored, JSON.parse(made)) })
      return of
    },
    sum: () => ({ decisions, exact, inexact, unread, unreadExamples }),
  }
}

/** The first field that is another one. */
const difference = (stored: object, made: object): string => {
  const fields = Object.keys({ ...stored, ...made }) as (keyof typeof stored)[]
  const field = fields.find((name) => JSON.stringify(stored[name]) !== JSON.stringify(made[name]))
  return `${field ?? 'the order of its fields'} came out otherwise`
}
