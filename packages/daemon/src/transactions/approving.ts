import { Failure, invalidField, parseBase } from '@waiaas/contract'
import type { Lift } from '../gate/service.ts'
import type { Job } from './job.ts'
import { type Ending, endUnsent } from './rows/ending.ts'
import { liftStore } from './rows/lift-store.ts'
import { type TransactionRow, transactionStore } from './rows/store.ts'
import { stopStore } from './stopping/stop-store.ts'

/** `maxFee` is in native base units: what its fee may come to, whatever the policies say of fees. */
export type Approval = {
  ip?: string | undefined
  maxFee?: string | undefined
  /** What lets it pass above the ceiling. */
  lift?: Lift | undefined
}

/** It is too late for what was asked. */
export const processed = ({ status }: Pick<TransactionRow, 'status'>): Failure =>
  new Failure('TX_ALREADY_PROCESSED', `the transaction is ${status}`, { details: { status } })

/** Ends what is not signed; when that was, in milliseconds. Failure TX_ALREADY_PROCESSED. */
export async function end(job: Job, row: TransactionRow, ending: Ending): Promise<number> {
  if (!(await endUnsent(job, row, ending))) throw processed(row)
  return job.parts.clock.now()
}

/** What a stop has ended waits for nobody, also before its row says so. */
export async function assertNotOver({ db }: Job, { id }: TransactionRow): Promise<void> {
  if (await stopStore.isOver(db, id)) throw processed({ status: 'CANCELLED' })
}

/** Lets what waits for an approval go on. */
export async function approveQueued(
  { parts, db }: Job,
  row: TransactionRow,
  { ip, maxFee, lift }: Approval,
): Promise<TransactionRow> {
  await assertNotOver({ parts, db }, row)
  if (row.status !== 'QUEUED') throw processed(row)
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
  const fee = maxFee ?? row.max_fee
  await transactionStore.approve(db, { id: row.id, by: 'operator', usd: row.amount_usd, fee, at })
  if (lift) await liftStore.set(db, { ...lift, transaction_id: row.id, lane: row.lane }, at)
  const details = {
    digest: row.digest,
    usd: row.amount_usd,
    ...(maxFee !== undefined && { maxFee }),
    ...(lift && { overCeilingUntil: lift.until }),
  }
  await parts.audit.record(db, {
    event: 'TX_APPROVED',
    actor: 'operator',
    ip,
    walletId: row.wallet_id,
    txId: row.id,
    details,
  })
  return { ...row, updated_at: at }
}
