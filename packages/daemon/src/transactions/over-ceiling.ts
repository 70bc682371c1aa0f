import { Failure, invalidField, type LiftedPayment, parseBase } from '@waiaas/contract'
import type { Chain } from '../chains/chain.ts'
import type { Intent } from '../chains/intent.ts'
import { aboveCeiling, isSamePayment, type Lift, paymentIn, type Under, type Unsigned } from '../gate/service.ts'
import type { Handle } from '../platform/db/database.ts'
import { processed } from './approving.ts'
import { aboveText } from './ceiling-words.ts'
import type { Parts } from './job.ts'
import { tokensOf } from './kinds/all.ts'
import { addressOf, isSignatureLane } from './lanes/lane-id.ts'
import { countStore } from './rows/count-store.ts'
import { liftStore } from './rows/lift-store.ts'
import { intentOf } from './rows/readings.ts'
import type { TransactionRow } from './rows/store.ts'
import { messageOf } from './signatures/unsigned.ts'

type Shown = string | { sealed: string; body: string }
/** The operator lets it pass above the ceiling: which payment, for how long, and the password for it. */
export type OverCeiling = {
  payment?: LiftedPayment | undefined
  hours?: number | undefined
  shown: Shown
}
export type LiftParts = {
  /** Has the signer seal what lets a payment of a wallet pass above its ceiling. Failures of the password and of the payment. */
  lift(
    walletId: string,
    wanted: { payment: LiftedPayment | undefined; hours: number | undefined; shown: Shown },
  ): Promise<Lift>
}
/** Bytes of a wallet that are not signed, and what they are to do. */
type Looked = { chain: Chain; unsigned: Unsigned; intent: Intent }
type Approval = { overCeiling: OverCeiling | undefined; maxFee: string | undefined }

/** Why the ceiling stops it, as far as the daemon sees. */
function why({ chain, unsigned, intent }: Looked, under: Under): string | undefined {
  const above = aboveCeiling(unsigned, under)
  return above && aboveText(above, chain.network, tokensOf(intent))
}

/** What is above the ceiling of its wallet: seen before the signer is asked, and let pass by the operator's password alone. */
export function overCeilings(parts: Pick<Parts, 'database' | 'ceiling' | 'chain' | 'clock'> & LiftParts) {
  const { database, clock } = parts

  /** What `why` goes by, of a wallet and its lane. */
  const under = async (db: Handle, walletId: string, lane: string): Promise<Under> => ({
    ceiling: await parts.ceiling(db, walletId),
    counted: await countStore.byLane(db, lane),
  })

  async function lookedAt(row: TransactionRow): Promise<Looked> {
    const chain = await parts.chain(row.network)
    const address = addressOf(row.lane)
    if (isSignatureLane(row.lane)) {
      const { signKind: kind, bytes } = messageOf(chain, row)
      return { chain, unsigned: { kind, bytes, address }, intent: intentOf(row) }
    }
    const bytes = chain.bytes(address, { body: row.draft!, maxFee: parseBase(row.max_fee!) }, chain.anyLifetime)
    const unsigned = { kind: chain.signKind, bytes, address }
    return { chain, unsigned, intent: intentOf(row) }
  }

  /** Failure CEILING_EXCEEDED: nobody but the operator with the password lifts a ceiling. */
  async function requireWithin(row: TransactionRow): Promise<void> {
    if (await database.read((db) => liftStore.has(db, row.id, clock.latest()))) return
    const reason = await whyNot(await lookedAt(row), row)
    if (reason === undefined) return
    const command = `waiaas tx approve ${row.id} --over-ceiling`
    throw new Failure('CEILING_EXCEEDED', `it is ${reason}; approve it above the ceiling with ${command}`)
  }

  const whyNot = async (looked: Looked, { wallet_id, lane }: TransactionRow): Promise<string | undefined> =>
    why(looked, await database.read((db) => under(db, wallet_id, lane)))

  return {
    under,
    why,
    /** What an approval would lift the ceiling for. */
    async show(row: TransactionRow): Promise<{ network: string; why: string | null; payment: LiftedPayment }> {
      if (row.status !== 'QUEUED') throw processed(row)
      const looked = await lookedAt(row)
      const payment = paymentOf(row, looked)
      return { network: row.network, why: (await whyNot(looked, row)) ?? null, payment }
    },
    /** What lets it pass above the ceiling, where it has to; the signer asks for the password. */
    async lift(row: TransactionRow, { overCeiling, maxFee }: Approval): Promise<Lift | undefined> {
      if (row.status !== 'QUEUED') return undefined
      if (!overCeiling) {
        await requireWithin(row)
        return undefined
      }
      const own = paymentOf(row, await lookedAt(row), maxFee)
      const { hours, shown, payment = typeof shown === 'string' ? own : undefined } = overCeiling
      requireSame(payment, own)
      return parts.lift(row.wallet_id, { payment, hours, shown })
    },
  }
}

/** Takes back all that was let pass above a ceiling and is not signed. */
export const voidLifts = (db: Handle) => liftStore.removeAll(db)

/** With the worst fee that is shown, or named. Failure INVALID_TRANSACTION of what the signer signs for nobody. */
function paymentOf(row: TransactionRow, { unsigned }: Looked, maxFee = row.max_fee!): LiftedPayment {
  const payment = paymentIn(unsigned)
  if (!payment) throw new Failure('INVALID_TRANSACTION', 'the signer cannot read it, and signs it under no ceiling')
  const { moves, memos, ...rest } = payment
  return { ...rest, moves: [...moves], memos: [...memos], fee: maxFee }
}

/** What would not be signed behind it is not approved either. */
function requireSame(payment: LiftedPayment | undefined, own: LiftedPayment): void {
  if (!payment)
    throw invalidField('payment', 'expected what passes above the ceiling, because the master password came sealed')
  if (!isSamePayment(payment, own)) throw invalidField('payment', 'expected the payment that waits, as it is shown')
  if (parseBase(payment.fee) < parseBase(own.fee))
    throw invalidField('payment.fee', `expected at least the fee that was shown, ${own.fee}, got ${payment.fee}`)
}
