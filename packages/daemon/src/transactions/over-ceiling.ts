import { Failure, invalidField, type LiftedPayment, parseBase } from '@waiaas/contract'
import { aboveCeiling, isSamePayment, knownOwners, type Lift, type Under } from '../gate/service.ts'
import { voicesOf } from '../owners/service.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import type { Handle } from '../platform/db/database.ts'
import { processed } from './approving.ts'
import { aboveText } from './ceiling-words.ts'
import type { Parts } from './job.ts'
import { tokensOf } from './kinds/all.ts'
import { type Looked, lookedAt, paymentOf } from './looked.ts'
import { countStore } from './rows/count-store.ts'
import { liftStore } from './rows/lift-store.ts'
import type { TransactionRow } from './rows/store.ts'

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
type Approval = {
  overCeiling: OverCeiling | undefined
  maxFee: string | undefined
  signed?: OwnerSignature | undefined
}

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

  /**
   * Failure CEILING_EXCEEDED: the owners whom the signer knows lift a ceiling, and where it knows none the operator with the
   * password.
   */
  async function requireWithin(row: TransactionRow, signed: OwnerSignature | undefined): Promise<void> {
    const { owners, voices, isLifted } = await database.read(async (db) => ({
      owners: knownOwners(await parts.ceiling(db, row.wallet_id)),
      voices: await voicesOf(db, [row.id]),
      isLifted: await liftStore.has(db, row.id, clock.latest()),
    }))
    if (isLifted && !owners) return
    const reason = await whyNot(await lookedAt(parts, row), row)
    if (reason === undefined) return
    if (owners) return requireVoice(reason, voices, signed)
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
      const looked = await lookedAt(parts, row)
      const payment = paymentOf(row, looked)
      return { network: row.network, why: (await whyNot(looked, row)) ?? null, payment }
    },
    /** What lets it pass above the ceiling, where it has to; the signer asks for the password. */
    async lift(row: TransactionRow, { overCeiling, maxFee, signed }: Approval): Promise<Lift | undefined> {
      if (row.status !== 'QUEUED') return undefined
      if (!overCeiling) {
        await requireWithin(row, signed)
        return undefined
      }
      const own = paymentOf(row, await lookedAt(parts, row), maxFee)
      const { hours, shown, payment = typeof shown === 'string' ? own : undefined } = overCeiling
      requireSame(payment, own)
      return parts.lift(row.wallet_id, { payment, hours, shown })
    },
  }
}

/** Takes back all that was let pass above a ceiling and is not signed. */
export const voidLifts = (db: Handle) => liftStore.removeAll(db)

/** An owner whom the signer has not heard would approve what is not signed behind it. */
function requireVoice(
  reason: string,
  voices: readonly { address: string }[],
  signed: OwnerSignature | undefined,
): void {
  if (signed && voices.some(({ address }) => address === signed.address)) return
  throw new Failure(
    'CEILING_EXCEEDED',
    `it is ${reason}; an owner whom the signer knows has to approve it with their own wallet (waiaas owner approve)`,
  )
}

/** What would not be signed behind it is not approved either. */
function requireSame(payment: LiftedPayment | undefined, own: LiftedPayment): void {
  if (!payment)
    throw invalidField('payment', 'expected what passes above the ceiling, because the master password came sealed')
  if (!isSamePayment(payment, own)) throw invalidField('payment', 'expected the payment that waits, as it is shown')
  if (parseBase(payment.fee) < parseBase(own.fee))
    throw invalidField('payment.fee', `expected at least the fee that was shown, ${own.fee}, got ${payment.fee}`)
}
