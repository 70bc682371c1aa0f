import type { Chain } from '../../chains/chain.ts'
import type { SignedRound } from '../../gate/service.ts'
import { markOut, release } from '../../ledger/service.ts'
import { sha256 } from '../../platform/sha256.ts'
import type { Job, Parts } from '../job.ts'
import { addressOf } from '../lanes/lane-id.ts'
import { overtaken } from '../lanes/leave.ts'
import { refusalOf } from '../lanes/refusal.ts'
import { countStore } from '../rows/count-store.ts'
import { endUnsent } from '../rows/ending.ts'
import { must } from '../rows/must.ts'
import { transactionStore } from '../rows/store.ts'
import { isOpen, sessionReader } from '../switches.ts'
import type { IssuedMessage } from './issue.ts'
import { signatureStore } from './signature-store.ts'
import { holdVoucher } from './vouchers.ts'

type Signed = { chain: Chain; round: SignedRound; seal: (id: string, text: string) => string }

/**
 * Under the locks again: keeps a signature that no stop and no other policy has overtaken. From here on it may be anywhere;
 * nothing of it is told before this has committed.
 */
export async function recordMessage(job: Job<Parts>, issued: IssuedMessage, signed: Signed): Promise<void> {
  const { parts, db } = job
  const { row, attemptId } = issued
  const { outcomes, counted } = signed.round
  if (counted) await countStore.set(db, { lane: row.lane, ...counted })
  const kept = await signatureStore.byId(db, row.id)
  const now = await transactionStore.byId(db, row.id)
  if (kept?.attempt_id !== attemptId || now?.status !== 'EXECUTING') return
  const [outcome] = outcomes
  if (!outcome || !('signature' in outcome)) {
    const wallet = { id: row.wallet_id, address: addressOf(row.lane) }
    const why = refusalOf({ chain: signed.chain, wallet }, outcome, now)
    await signatureStore.remove(db, row.id)
    await endUnsent(job, now, { to: 'CANCELLED', ...why, actor: 'system', raised: 'critical' })
    return
  }
  const reason = await discardReason(job, issued)
  if (reason === undefined) return keep(job, issued, { ...signed, signature: outcome.signature })
  await takeBack(job, row.id)
  await parts.audit.record(db, {
    event: 'TX_SIGNED',
    actor: 'system',
    walletId: row.wallet_id,
    txId: row.id,
    details: { discarded: reason, bytesHash: issued.authorisation.bytesHash },
  })
}

/** Nothing of it was told to anybody: it waits to be judged and signed anew. */
export async function takeBack({ parts, db }: Job<Pick<Parts, 'clock'>>, id: string): Promise<void> {
  await signatureStore.remove(db, id)
  await transactionStore.move(db, { id, from: 'EXECUTING', to: 'PENDING', at: parts.clock.now() })
}

async function discardReason({ parts, db }: Job<Parts>, { row, authorisation }: IssuedMessage) {
  if (!(await isOpen(parts, db, row.wallet_id))) return 'signing was stopped'
  const { epoch } = await parts.switches.killSwitch(db)
  const version = await parts.switches.policyVersion(db, row.wallet_id)
  const now = { epoch, version, session: sessionReader(parts.switches, db) }
  return overtaken(now, { authorisation, session_id: row.session_id, purpose: 'send' })
}

async function keep(
  { parts, db }: Job<Parts>,
  { row, attemptId, message, authorisation }: IssuedMessage,
  { chain, seal, signature }: Signed & { signature: Uint8Array },
): Promise<void> {
  const at = parts.clock.now()
  const text = chain.messages!.signature(addressOf(row.lane), message, signature)
  const kept = signatureStore.keep(db, { id: row.id, attempt: attemptId, sealed: seal(row.id, text) })
  await must(kept, `attempt ${attemptId}`)
  await must(transactionStore.move(db, { id: row.id, from: 'EXECUTING', to: 'SIGNED', at }), `transaction ${row.id}`)
  if (message.claim) {
    await markOut(db, [row.id], at)
    await holdVoucher(db, { row, digest: message.digest, claim: message.claim })
  }
  // Words, and what nobody here reads, hold nothing.
  else await release(db, row.id, at)
  await parts.audit.record(db, {
    event: 'MESSAGE_SIGNED',
    actor: 'system',
    walletId: row.wallet_id,
    sessionId: row.session_id ?? undefined,
    txId: row.id,
    details: {
      ...{ bytesHash: authorisation.bytesHash, digest: message.digest },
      decisionHash: sha256(row.decision),
    },
  })
}
