import { reserve } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { consentsIn } from '../approving.ts'
import { refusalCode, refusalText } from '../deciding/answer.ts'
import { type BuiltPayment, recordDecision, UNCOVERED } from '../deciding/decide.ts'
import type { Subject } from '../deciding/verdict.ts'
import type { Job } from '../job.ts'
import { newTransaction } from '../rows/new-transaction.ts'
import { type TransactionRow, transactionStore } from '../rows/store.ts'
import { waitingStore } from '../rows/waiting-store.ts'
import { isOpen, type WalletFacts } from '../switches.ts'
import { isAgreedStill, signedForSweep } from './agreed.ts'
import { endSweep, NOT_ENOUGH } from './ending.ts'
import { type StepRow, type SweepRow, sweepStore } from './sweep-store.ts'

/** A step with its bytes, and whether its wallet has what it takes as far as is known. */
export type AskedStep = { readonly step: StepRow; readonly built: BuiltPayment; readonly isCovered: boolean }
/** `over`: its sweep goes on no more; `started`: it has a transaction, which may be refused; `full`: too much waits. */
export type Decided = { readonly outcome: 'over' | 'full' } | { readonly outcome: 'started'; readonly lane: string }

/** No session has this id. */
export const NOBODY = ''

/** All that a decision on a step is about; no session asks for it. */
export const stepSubject = (
  { chain, request, decoded, draft, impostors, aboveCeiling }: BuiltPayment,
  wallet: WalletFacts,
): Subject => ({
  ...{ wallet, session: null, network: chain.network, type: request.stored.type, intent: request.stored.intent },
  ...{ effects: decoded.effects, feePrice: draft.price, neverFunded: draft.neverFunded, impostors, aboveCeiling },
})

/** As `decide`, of what the daemon asks for itself: the step has its transaction when this commits, once. */
export async function decideStep(job: Job, asked: AskedStep): Promise<Decided | typeof UNCOVERED> {
  const { parts, db } = job
  const { step, built } = asked
  const sweep = await sweepStore.byId(db, step.sweep_id)
  const wallet = sweep && (await parts.switches.wallet(db, sweep.wallet_id))
  if (sweep?.status !== 'RUNNING' || !wallet || !(await isOpen(parts, db, wallet.id))) return { outcome: 'over' }
  if (!(await isAgreedStill(db, sweep))) {
    await endSweep(job, sweep, NOT_ENOUGH)
    return { outcome: 'over' }
  }
  const waiting = await waitingStore.of(db, wallet.id, NOBODY)
  if (waiting.wallet >= parts.mostWaiting().wallet) return { outcome: 'full' }
  const verdict = await parts.judge.of(db, stepSubject(built, wallet))
  if (verdict.status === 'PENDING' && !asked.isCovered) return UNCOVERED
  const isRefused = verdict.status === 'CANCELLED'
  const { chain, sender, request, draft, hints, decoded } = built
  const { epoch } = await parts.switches.killSwitch(db)
  const row = newTransaction(
    {
      ...{ walletId: wallet.id, sessionId: null, request, draft, hints, ...decoded, verdict, epoch },
      place: { network: chain.network, sender },
      requestHash: `${wallet.id}:sweep:${sweep.id}:${step.step}:${step.tries}`,
      ...{ now: parts.clock.now(), sweep: sweep.id },
    },
    isRefused ? { error: refusalText(verdict.decision), code: refusalCode(verdict.decision) } : undefined,
  )
  const started = { id: sweep.id, step: step.step, transaction: row.id, amount: row.amount! }
  if (!(await sweepStore.start(db, started))) return { outcome: 'over' }
  await transactionStore.insert(db, row)
  if (!isRefused) await hold(db, { row, account: wallet.account, verdict })
  await recordDecision(job, row, { decision: verdict.decision, by: { actor: 'system' } })
  if (sweep.agreed_by !== null && row.status === 'QUEUED' && row.tier === 'APPROVAL')
    await approvedBy(job, row, { ...sweep, agreed_by: sweep.agreed_by })
  return { outcome: 'started', lane: row.lane }
}

type Agreed = SweepRow & { agreed_by: string }
/** The owner has signed for all that the wallet holds, and where it goes: no step asks them again. */
async function approvedBy({ parts, db }: Job, row: TransactionRow, sweep: Agreed): Promise<void> {
  const actor = `owner:${sweep.agreed_by}` as const
  const [at, { amount_usd: usd, max_fee: fee, digest, wallet_id: walletId }] = [parts.clock.now(), row]
  if (!(await transactionStore.approve(db, { id: row.id, by: actor, usd, fee, at }))) return
  const signed = await signedForSweep(db, sweep)
  const details = { digest, usd, channel: 'rest' as const, ...consentsIn(signed, actor) }
  await parts.audit.record(db, { event: 'TX_APPROVED', actor, walletId, txId: row.id, details })
}

type Held = {
  row: ReturnType<typeof newTransaction>
  account: string
  verdict: Awaited<ReturnType<Job['parts']['judge']['of']>>
}
const hold = (db: Handle, { row, account, verdict }: Held): Promise<void> =>
  reserve(
    db,
    {
      ...{ transactionId: row.id, account, sessionId: null, network: row.network },
      ...{ items: verdict.reserve, fromReserve: verdict.fromReserve },
    },
    row.created_at,
  )
