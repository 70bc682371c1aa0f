import { Failure, withSupplies } from '@waiaas/contract'
import type { Intent } from '../../chains/intent.ts'
import type { ReadMessage } from '../../chains/messages.ts'
import { namedAlike } from '../deciding/building.ts'
import { decide, type Prepared, UNCOVERED } from '../deciding/decide.ts'
import type { Answer } from '../deciding/idempotency-store.ts'
import { assetsOf } from '../deciding/judgement.ts'
import type { OwedAnswers } from '../deciding/owed-answers.ts'
import { afterStop } from '../deciding/stopping.ts'
import { scopeOf } from '../job.ts'
import { signRequest } from '../kinds/all.ts'
import { signatureLane } from '../lanes/lane-id.ts'
import type { overCeilings } from '../over-ceiling.ts'
import type { From, ServiceParts } from '../parts.ts'
import { withTokens } from './intents.ts'
import { NO_DRAFT } from './issue.ts'

export type Known = {
  owed: OwedAnswers
  /** Why the ceiling of a wallet stops it, as far as the daemon sees. */
  ceilings: Pick<ReturnType<typeof overCeilings>, 'why' | 'under'>
}
type Asked = Prepared & { message: ReadMessage; intent: Intent; from: From }

/** Decides on what is to be signed as on a payment: by its effects, with what nodes tell of the tokens. */
export async function decideOnMessage(parts: ServiceParts, asked: Asked, { owed, ceilings }: Known): Promise<Answer> {
  const { message, from, ...prepared } = asked
  const { chain, sender, walletId, sessionId } = prepared
  const { effects: told, digest, signKind: kind, bytes } = message
  const intent = await withTokens(asked.intent, told, { chain, sender, findToken: parts.findToken })
  const { hash, labels } = prepared.request
  const lane = signatureLane(chain.network.id, sender)
  const [supplies = {}, under, impostors] = await Promise.all([
    chain.messages?.supplies(told.effects),
    parts.database.read((db) => ceilings.under(db, walletId, lane)),
    namedAlike(parts, chain, told),
    parts.prices.refresh(chain.network, assetsOf(told)),
  ])
  const built = {
    ...prepared,
    request: { ...signRequest(chain.network.id, intent), hash, labels },
    draft: NO_DRAFT,
    hints: {},
    decoded: { effects: { ...told, effects: withSupplies(told.effects, supplies) }, digest },
    impostors,
    aboveCeiling: ceilings.why({ chain, unsigned: { kind, bytes, address: sender }, intent }, under),
  }
  const complete = { ...built, key: from.key, ip: from.peer, message: from.message, isCovered: true }
  const outcome = await parts.database.work(scopeOf(walletId, [{ session_id: sessionId }]), (db) =>
    decide({ parts, db }, complete, owed),
  )
  if (outcome === UNCOVERED) throw new Error('a message was told to be uncovered')
  const decided = await afterStop(parts, outcome)
  if (decided instanceof Failure) throw decided
  if (!from.key) from.onDelivered((isDelivered) => isDelivered && owed.delivered(decided.transactionId))
  return decided
}
