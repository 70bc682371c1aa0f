import { toBase } from '@waiaas/contract'
import type { Claim } from '../../chains/messages.ts'
import { finish, release } from '../../ledger/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { dueWorker, type Next, unleased } from '../../platform/due-rows.ts'
import type { Loop } from '../../platform/jobs.ts'
import { type Job, type Parts, scopeOf } from '../job.ts'
import type { TransactionRow } from '../rows/store.ts'
import { type VoucherRow, voucherStore } from './voucher-store.ts'

/** After its deadline a block has to become final before anything is known. */
const LOOK_MS = 15_000
/** The end of the year 9999, in seconds: no clock comes further. */
const LAST = 253_402_300_799n
const NOTHING = toBase(0n)

const deadlineMs = ({ deadline }: Claim): number => {
  const seconds = BigInt(deadline)
  return Number(seconds > LAST ? LAST : seconds) * 1_000
}

type Held = { row: Pick<TransactionRow, 'id' | 'wallet_id' | 'session_id' | 'network'>; digest: string; claim: Claim }

/** What was signed for is held until nobody can use the signature any more. */
export const holdVoucher = (db: Handle, { row, digest, claim }: Held): Promise<unknown> =>
  voucherStore.insert(db, {
    ...unleased,
    ...{ id: row.id, wallet_id: row.wallet_id, session_id: row.session_id, network: row.network },
    ...{ digest, claim: JSON.stringify(claim), due_at: deadlineMs(claim) },
  })

/** Looks, when the deadline of a signature is over for good, whether it was used: then it counts, else it is free. */
export function vouchers(parts: Parts): Loop {
  const { database, clock } = parts

  async function look(id: string): Promise<Next> {
    const row = await database.read((db) => voucherStore.byId(db, id))
    if (!row) return { over: true }
    const claim = voucherStore.claimOf(row)
    const chain = await parts.chain(row.network)
    const fate = await chain.messages!.fate(claim)
    // Of the chain: the clock here proves nothing of what a contract still takes.
    if (fate.time * 1_000 <= deadlineMs(claim)) return { dueAt: clock.now() + LOOK_MS }
    await database.work(scopeOf(row.wallet_id, [row]), (db) => endVoucher({ parts, db }, row, fate.isUsed))
    return { over: true }
  }

  return dueWorker(parts, { name: 'vouchers', table: 'vouchers', run: look })
}

async function endVoucher({ parts, db }: Job, row: VoucherRow, isUsed: boolean): Promise<void> {
  const at = parts.clock.now()
  // Another replica may have been faster.
  if (!(await voucherStore.byId(db, row.id))) return
  if (isUsed) await finish(db, [{ transactionId: row.id, outcome: { succeeded: true, fee: NOTHING } }], at)
  else await release(db, row.id, at)
  await voucherStore.remove(db, row.id)
  await parts.audit.record(db, {
    event: 'VOUCHER_ENDED',
    actor: 'system',
    walletId: row.wallet_id,
    txId: row.id,
    details: { isUsed },
  })
}
