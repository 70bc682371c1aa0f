import { Failure, type LiftedPayment, parseBase } from '@waiaas/contract'
import type { Chain } from '../chains/chain.ts'
import type { Intent } from '../chains/intent.ts'
import { approvalLines, knownOwners, paymentIn, type Unsigned } from '../gate/service.ts'
import type { Job, Parts } from './job.ts'
import { addressOf, isSignatureLane } from './lanes/lane-id.ts'
import { intentOf } from './rows/readings.ts'
import type { TransactionRow } from './rows/store.ts'
import { messageOf } from './signatures/unsigned.ts'

/** Bytes of a wallet that are not signed, and what they are to do. */
export type Looked = { chain: Chain; unsigned: Unsigned; intent: Intent }

/** What the signer would be asked to sign of what waits, but its nonce and lifetime. */
export async function lookedAt(parts: Pick<Parts, 'chain'>, row: TransactionRow): Promise<Looked> {
  const chain = await parts.chain(row.network)
  const address = addressOf(row.lane)
  if (isSignatureLane(row.lane)) {
    const { signKind: kind, bytes } = messageOf(chain, row)
    return { chain, unsigned: { kind, bytes, address }, intent: intentOf(row) }
  }
  const bytes = chain.bytes(address, { body: row.draft!, maxFee: parseBase(row.max_fee!) }, chain.anyLifetime)
  return { chain, unsigned: { kind: chain.signKind, bytes, address }, intent: intentOf(row) }
}

/** With the worst fee that is shown, or named. Failure INVALID_TRANSACTION of what the signer signs for nobody. */
export function paymentOf(row: TransactionRow, { unsigned }: Looked, maxFee = row.max_fee!): LiftedPayment {
  const payment = paymentIn(unsigned)
  if (!payment) throw new Failure('INVALID_TRANSACTION', 'the signer cannot read it, and signs it under no ceiling')
  const { moves, memos, ...rest } = payment
  return { ...rest, moves: [...moves], memos: [...memos], fee: maxFee }
}

/**
 * The lines by which owners whom the signer knows let it pass above the ceiling. None where it knows none, of what it cannot
 * read, and of the steps of a plan, none of which passes there.
 */
export async function linesForSigner(
  { parts, db }: Job<Pick<Parts, 'chain' | 'ceiling'>>,
  row: TransactionRow,
): Promise<readonly string[]> {
  const ceiling = await parts.ceiling(db, row.wallet_id)
  if (row.plan_id !== null || row.max_fee === null || !knownOwners(ceiling)) return []
  const { unsigned } = await lookedAt(parts, row)
  const payment = paymentIn(unsigned)
  return payment ? approvalLines(ceiling, { ...payment, fee: row.max_fee }) : []
}
