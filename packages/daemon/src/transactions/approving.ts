import {
  add,
  type Channel,
  Failure,
  integerOf,
  invalidField,
  parseBase,
  parseMicros,
  type Usd,
  usdText,
} from '@waiaas/contract'
import type { Lift } from '../gate/service.ts'
import { type ConsentRow, isEnough, passkeyIn, type Standing } from '../owners/service.ts'
import type { By, OwnerSignature } from '../platform/caller.ts'
import { shownFor } from '../policies/service.ts'
import { codeOf, digestOf } from './cards/code.ts'
import type { Job } from './job.ts'
import { isOwned, requireOwners, requireRejecter } from './owner-answers.ts'
import { type Ending, endUnsent } from './rows/ending.ts'
import { liftStore } from './rows/lift-store.ts'
import { planStore } from './rows/plan-store.ts'
import { isUnsigned } from './rows/states.ts'
import { type TransactionRow, transactionStore } from './rows/store.ts'
import { stopStore } from './stopping/stop-store.ts'

/** `maxFee` is in native base units: what its fee may come to, whatever the policies say of fees. */
export type Approval = {
  maxFee?: string | undefined
  /** What its value may come to when it is signed, when prices move. */
  upTo?: Usd | undefined
  /** What lets it pass above the ceiling. */
  lift?: Lift | undefined
}
/** What somebody says to what waits: who, over which channel, and to which card; another one than that is not answered. */
export type HumanAnswer = {
  readonly by: By
  readonly channel: Channel
  readonly code?: string | undefined
  /** What the owner of the wallet signed for it. */
  readonly signed?: OwnerSignature | undefined
} & ({ readonly says: 'reject' } | ({ readonly says: 'approve' } & Approval))

/** It is too late for what was asked. */
export const processed = ({ status }: Pick<TransactionRow, 'status'>): Failure =>
  new Failure('TX_ALREADY_PROCESSED', `the transaction is ${status}`, { details: { status } })

/** Ends what is not signed; when that was, in milliseconds. Failure TX_ALREADY_PROCESSED. */
export async function end(job: Job, row: TransactionRow, ending: Ending): Promise<number> {
  if (!(await endUnsent(job, row, ending))) throw processed(row)
  return job.parts.clock.now()
}

/** What a stop has ended waits for nobody, also before its row says so. */
async function assertNotOver({ db }: Job, { id }: TransactionRow): Promise<void> {
  if (await stopStore.isOver(db, id)) throw processed({ status: 'CANCELLED' })
}

/** When it was answered, in milliseconds, and how far its owners have approved it where they have to. */
export type Answered = { readonly at: number; readonly owners?: Standing | undefined }

/**
 * The one way to answer what waits, for every channel; the job holds the locks of its wallet, so that the first answer is
 * the one that counts, and each later one fails. What one of several owners approves goes on waiting for the others.
 */
export async function decide(job: Job, row: TransactionRow, answer: HumanAnswer): Promise<Answered> {
  const { actor } = answer.by
  if (!(await job.parts.mayAnswer(job.db, actor)))
    throw new Failure('NOT_FOUND', `${actor} answers nothing: nobody of that number is paired, or only to look`)
  await assertNotOver(job, row)
  if (row.status !== 'QUEUED')
    throw isUnsigned(row.status) && answer.says === 'reject' ? notWaiting(row) : processed(row)
  await requireShown(job, row, answer.code)
  if (answer.says === 'approve') return approve(job, row, answer)
  await requireRejecter(job, row, answer.signed)
  const { by, channel } = answer
  const ending = {
    to: 'CANCELLED',
    code: null,
    error: `rejected by ${nameOf(by.actor)}`,
    event: 'TX_REJECTED',
  } as const
  return { at: await end(job, row, { ...ending, ...by, channel }) }
}

const notWaiting = ({ status }: TransactionRow) =>
  new Failure('APPROVAL_NOT_FOUND', `the transaction is ${status} and waits for nobody`)
const nameOf = (actor: By['actor']): string => (actor === 'operator' ? 'the operator' : actor)

/** Failure TX_ALREADY_PROCESSED where another card was shown than that of what waits. */
async function requireShown({ db }: Job, row: TransactionRow, code: string | undefined): Promise<void> {
  if (code === undefined) return
  const steps = row.plan_id === null ? [row] : await planStore.steps(db, row.plan_id)
  if (code !== codeOf(row.id, digestOf(steps)))
    throw new Failure('TX_ALREADY_PROCESSED', 'what waits is not what was shown; look at it again', {
      details: { status: row.status },
    })
}

/** Lets what waits for an approval go on. */
async function approve({ parts, db }: Job, row: TransactionRow, answer: HumanAnswer & Approval): Promise<Answered> {
  const { by, channel, maxFee, upTo, lift } = answer
  if (row.tier !== 'APPROVAL')
    throw new Failure('APPROVAL_NOT_FOUND', 'the transaction waits for time, not for an approval')
  const wallet = await parts.switches.wallet(db, row.wallet_id)
  if (wallet?.status !== 'ACTIVE') throw new Failure('WALLET_SUSPENDED', 'this wallet is suspended and signs nothing')
  const at = parts.clock.now()
  if (row.approval_expires_at !== null && row.approval_expires_at <= parts.clock.latest()) {
    throw new Failure('TX_ALREADY_PROCESSED', 'the time to approve it is over')
  }
  if (maxFee !== undefined && parseBase(maxFee) < parseBase(row.max_fee ?? '0'))
    throw invalidField('maxFee', `expected at least the fee that was shown, ${row.max_fee}, got ${maxFee}`)
  if (lift && !answer.signed && (await isOwned(db, row.wallet_id)))
    return { at: await letAbove({ parts, db }, row, { by, lift }) }
  const said = await requireOwners({ parts, db }, row, answer.signed)
  if (said && !isEnough(said.standing)) return { at, owners: said.standing }
  const fee = maxFee ?? row.max_fee
  const shown = row.plan_id === null ? row.amount_usd : await usdOfPlan({ parts, db }, row.plan_id, { maxFee, lift })
  const usd = upTo === undefined ? shown : raised(upTo, shown)
  if (!(await transactionStore.approve(db, { id: row.id, by: by.actor, usd, fee, at }))) throw processed(row)
  if (row.plan_id !== null) await planStore.approve(db, { plan: row.plan_id, by: by.actor, usd, at })
  if (lift) await liftStore.set(db, { ...lift, transaction_id: row.id, lane: row.lane }, at)
  const details = {
    ...{ digest: row.digest, usd, channel },
    ...(upTo !== undefined && { upToUsd: String(integerOf(upTo)) }),
    ...(said && consentsIn(said.voices, by.actor)),
    ...(maxFee !== undefined && { maxFee }),
    ...(lift && { overCeilingUntil: lift.until }),
  }
  await parts.audit.record(db, { event: 'TX_APPROVED', ...by, walletId: row.wallet_id, txId: row.id, details })
  return { at, owners: said?.standing }
}

/** The nonce of what its last owner signed, and who signed all that it took, by what. */
export function consentsIn(voices: readonly ConsentRow[], actor: By['actor']) {
  const last = voices.findLast(({ address }) => actor === `owner:${address}`)
  const signers = voices.map((voice) => {
    const { nonce, owner_id: owner, address, network } = voice
    return { nonce, owner, address, network, ...passkeyIn(voice) }
  })
  if (!last) return {}
  return { consent: last.nonce, ...(last.needed !== null && { needed: last.needed }), signers }
}

/** This one alone may come to more than was shown; that it may come to less than that is no approval of it. */
function raised(upTo: Usd, shown: string | null): string {
  if (shown !== null && parseMicros(shown) > upTo)
    throw invalidField(
      'upToUsd',
      `expected at least the ${usdText(parseMicros(shown))} USD that were shown, got ${usdText(upTo)}`,
    )
  return String(integerOf(shownFor(upTo)))
}

/** Above the ceiling it takes both: the operator lets it pass there, and it goes on waiting for the owner. */
async function letAbove(
  { parts, db }: Job,
  row: TransactionRow,
  { by, lift }: { by: By; lift: Lift },
): Promise<number> {
  if (row.plan_id !== null) throw noPlan()
  const at = parts.clock.now()
  await liftStore.set(db, { ...lift, transaction_id: row.id, lane: row.lane }, at)
  const details = { digest: row.digest, overCeilingUntil: lift.until }
  await parts.audit.record(db, { event: 'TX_LET_ABOVE', ...by, walletId: row.wallet_id, txId: row.id, details })
  return at
}
const noPlan = () =>
  new Failure('CEILING_EXCEEDED', 'no plan is let above the ceiling of its wallet; send such a step by itself')

/** What is left of a plan comes to, which is approved as a whole; null when a part has no price. */
async function usdOfPlan({ db }: Job, plan: string, { maxFee, lift }: Approval): Promise<string | null> {
  if (maxFee !== undefined)
    throw invalidField(
      'maxFee',
      'expected no maxFee: the steps of a plan are approved together, each with the fee that was shown',
    )
  if (lift) throw noPlan()
  const left = (await planStore.steps(db, plan)).filter(({ status }) => isUnsigned(status))
  return left.reduce<string | null>(
    (sum, { amount_usd }) =>
      sum === null || amount_usd === null ? null : String(add(parseMicros(sum), parseMicros(amount_usd))),
    '0',
  )
}
