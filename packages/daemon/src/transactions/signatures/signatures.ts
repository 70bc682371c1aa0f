import { Failure, type FailureCode, type MessageSigned, type messageOperations, type Parsed } from '@waiaas/contract'

import type { Intent } from '../../chains/intent.ts'
import { answered, type Built, decide, type Prepared, UNCOVERED } from '../deciding/decide.ts'
import { type Answer, idempotencyStore } from '../deciding/idempotency-store.ts'
import { assetsOf } from '../deciding/judgement.ts'
import type { OwedAnswers } from '../deciding/owed-answers.ts'
import { scopeOf } from '../job.ts'
import { messageRequest } from '../kinds/all.ts'
import type { From, ServiceParts } from '../parts.ts'
import { refusal } from '../refusal.ts'
import { type ListedRow, listStore } from '../rows/list-store.ts'
import { decisionOf } from '../rows/readings.ts'
import { waitReason } from '../views.ts'
import { NO_DRAFT } from './issue.ts'
import { keptSignatures } from './kept.ts'
import { type MessageSigner, messageSigner, type SignatureParts } from './signer.ts'

type MessageWanted = Parsed<(typeof messageOperations)['signMessage']>
type Parts = ServiceParts & SignatureParts
type Known = { owed: OwedAnswers }

/**
 * Signatures that are given to who asks and never sent. They take the way of a payment: what they let out is decided on,
 * reserved and authorised before a key is reached.
 */
export function signatures(parts: Parts, { owed }: Known) {
  const { database } = parts
  const signer: MessageSigner = messageSigner(parts)
  const kept = keptSignatures(parts)

  /** The signature, or the failure that says why there is none now. */
  async function ask(input: MessageWanted, from: From): Promise<MessageSigned> {
    const { sessionId, key } = from
    const { wallet, stored } = await database.read(async (db) => ({
      wallet: await parts.chooseWallet(db, sessionId, { walletId: input.walletId, network: input.network }),
      stored: key ? await idempotencyStore.find(db, sessionId, key) : undefined,
    }))
    const chain = await parts.chain(parts.resolveNetwork(wallet, input.network).id)
    const intent = intentOf(input)
    const request = messageRequest(chain.network.id, intent)
    const prepared = {
      ...{ walletId: wallet.id, walletName: wallet.name, sessionId, request, chain },
      sender: wallet.address,
    }
    const known = await database.read((db) => answered(db, stored, prepared))
    const answer = known ?? (await decideOn(prepared, intent, from))
    const refused = refusal(answer)
    if (refused) throw refused
    return outcome(answer.transactionId, sessionId)
  }

  async function decideOn(prepared: Prepared, intent: Intent, from: From): Promise<Answer> {
    const { chain, sender, walletId, sessionId } = prepared
    if (!chain.messages)
      throw new Failure('UNSUPPORTED_TX_TYPE', `${chain.network.id} signs no messages in this release`)
    const { effects, digest } = chain.messages.read(sender, intent)
    await parts.prices.refresh(chain.network, assetsOf(effects))
    const built: Built = {
      ...prepared,
      draft: NO_DRAFT,
      hints: {},
      decoded: { effects, digest },
      aboveCeiling: undefined,
    }
    const asked = { ...built, key: from.key, ip: from.peer, isCovered: true }
    const scope = scopeOf(walletId, [{ session_id: sessionId }])
    const decided = await database.work(scope, (db) => decide({ parts, db }, asked, owed))
    if (decided === UNCOVERED) throw new Error('a message was told to be uncovered')
    if (decided instanceof Failure) throw decided
    if (!from.key) from.onDelivered((isDelivered) => isDelivered && owed.delivered(decided.transactionId))
    return decided
  }

  async function outcome(id: string, sessionId: string): Promise<MessageSigned> {
    await signer.run(id)
    const { row, signature } = await database.read(async (db) => {
      const row = await listStore.byId(db, id)
      return { row, signature: row && (await kept.sealedFor(db, row, sessionId)) }
    })
    if (!row) throw new Error(`transaction ${id} is gone`)
    if (signature !== undefined) return { id, signature: await kept.opened(id, signature), signType: 'personal' }
    throw notSigned(row)
  }

  return {
    ask,
    /** What a session is shown of its own, sealed, and how it reads. */
    sealedFor: kept.sealedFor,
    opened: kept.opened,
    kick: signer.kick,
    stop: signer.stop,
  }
}

const intentOf = ({ message }: MessageWanted): Intent => ({ kind: 'text', text: message })

const WAITS = ['QUEUED', 'PENDING', 'EXECUTING']

/** What waits has the code of a refusal, as clients of these routes expect it, and says how to come back for it. */
function notSigned(row: ListedRow): Failure {
  const { id, status } = row
  const details = { id, transactionId: id, status }
  if (!WAITS.includes(status)) {
    if (status === 'SIGNED')
      return new Failure('WALLET_SUSPENDED', 'signing is stopped, and the signature is held back', { details })
    // As it was stored when the request ended.
    const code = (row.error_code ?? 'POLICY_DENIED') as FailureCode
    return new Failure(code, row.error ?? `the request is ${status}`, { details })
  }
  const waits = waitReason(row)
  const { reasons } = decisionOf(row)
  return new Failure(
    'POLICY_DENIED',
    `it is not signed yet: ${waits}; repeat it with the same Idempotency-Key, or look at ${id}, for the signature`,
    { details: { ...details, tier: row.tier, waits, reasons } },
  )
}
