import { Failure, type TransactionSent } from '@waiaas/contract'
import { reserve } from '../ledger/service.ts'
import { by, type Principal } from '../platform/caller.ts'
import { answerOf } from './deciding/answer.ts'
import type { Building } from './deciding/building.ts'
import { covered } from './deciding/covered.ts'
import { type BuiltPayment, recordDecision, requireActive, requireWallet, UNCOVERED } from './deciding/decide.ts'
import type { Funds } from './deciding/funds.ts'
import type { Answer } from './deciding/idempotency-store.ts'
import { fullQueue } from './deciding/room.ts'
import { type Job, scopeOf } from './job.ts'
import { takenBack } from './kinds/approve.ts'
import type { Lanes } from './lanes/lanes.ts'
import type { ServiceParts } from './parts.ts'
import { refusal } from './refusal.ts'
import { allowanceStore, granteeOf } from './rows/allowance-store.ts'
import { newTransaction } from './rows/new-transaction.ts'
import { decisionOf } from './rows/readings.ts'
import { transactionStore } from './rows/store.ts'
import { NOBODY, stepSubject } from './sweeps/deciding.ts'

type Wanted = { readonly id: string; readonly allowanceId: string }
type Caller = { readonly principal: Principal<'operator'>; readonly peer: string | undefined }
export type Revoking = { readonly building: Building; readonly funds: Funds; readonly lanes: Pick<Lanes, 'kick'> }
type Asked = { readonly built: BuiltPayment; readonly hash: string; readonly caller: Caller }

/**
 * The operator takes back what somebody may take of a token: an allowance of nothing, which no session asks for. It is judged,
 * signed and sent like any request; while one is on its way another asks for nothing.
 */
export function revoking(parts: ServiceParts, { building, funds, lanes }: Revoking) {
  const { database } = parts

  return async ({ id, allowanceId }: Wanted, caller: Caller): Promise<TransactionSent> => {
    const { granted, chosen } = await database.read(async (db) => {
      const wallet = await requireWallet({ parts, db }, id)
      const granted = await allowanceStore.byId(db, allowanceId)
      if (granted?.wallet_id !== wallet.id) throw new Failure('NOT_FOUND', 'this wallet has given no such allowance')
      return { granted, chosen: await building.on(db, wallet, granted.network) }
    })
    const prepared = await building.prepareFor(takenBack(granted, granteeOf(granted)), chosen)
    const built = await building.build(prepared, chosen.under)
    const hash = `${id}:revoke:${granted.asset}:${granted.spender}`
    const answer = await covered(parts, { first: built, funds }, (isCovered) =>
      database.work(scopeOf(id, []), (db) => decide({ parts, db }, { built, hash, caller }, isCovered)),
    )
    if (!answer.accepted) throw refusal(answer)!
    const network = built.chain.network.id
    if (answer.accepted.status === 'PENDING') lanes.kick({ lane: answer.lane, wallet_id: id, network })
    return answer.accepted
  }
}

type Decided = Answer & { readonly lane: string }
async function decide(job: Job, { built, hash, caller }: Asked, isCovered: boolean) {
  const { parts, db } = job
  const epoch = await requireActive(job)
  const wallet = await requireWallet(job, built.walletId)
  const before = await allowanceStore.revoking(db, hash)
  const waiting = before && (await transactionStore.byId(db, before))
  if (waiting) return { ...answerOf(waiting, decisionOf(waiting)), lane: waiting.lane } satisfies Decided
  const full = await fullQueue(job, { walletId: wallet.id, sessionId: NOBODY })
  if (full) return full
  const verdict = await parts.judge.of(db, stepSubject(built, wallet))
  if (verdict.status === 'PENDING' && !isCovered) return UNCOVERED
  const { chain, sender, request, draft, hints, decoded } = built
  const about = { walletId: wallet.id, sessionId: null, request, draft, hints, ...decoded, verdict, epoch }
  const place = { network: chain.network, sender }
  const row = newTransaction({ ...about, place, requestHash: hash, now: parts.clock.now() })
  const answer = answerOf(row, verdict.decision)
  // The operator is told, and nothing has changed.
  if (verdict.status === 'CANCELLED') return refusal(answer)!
  await transactionStore.insert(db, row)
  const spend = { transactionId: row.id, account: wallet.account, sessionId: null, network: row.network }
  await reserve(db, { ...spend, items: verdict.reserve, fromReserve: verdict.fromReserve }, row.created_at)
  await recordDecision(job, row, { decision: verdict.decision, by: by(caller) })
  return { ...answer, lane: row.lane } satisfies Decided
}
