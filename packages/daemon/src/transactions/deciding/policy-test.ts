import { Failure, type Output, type Parsed, type policyDraftOperations } from '@waiaas/contract'
import { strictnessOf } from '../../policies/service.ts'
import type { ServiceParts } from '../parts.ts'
import type { Building } from './building.ts'
import type { Subject } from './verdict.ts'

type Asked = Parsed<typeof policyDraftOperations.testPolicies>
type Answer = Output<typeof policyDraftOperations.testPolicies>

/** Judges one request by the policies in force, and by a draft of them. The bytes are built and read back as for a send; nothing is stored. */
export async function testPolicies(parts: ServiceParts, building: Building, asked: Asked): Promise<Answer> {
  const { draft, sessionId, walletId, ...input } = asked
  const { chosen, session } = await parts.database.read(async (db) => {
    const wallet =
      sessionId === undefined
        ? await parts.switches.wallet(db, walletId)
        : await parts.chooseWallet(db, sessionId, { walletId })
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', `there is no wallet ${walletId}`)
    if (wallet.status === 'TERMINATED') throw new Failure('WALLET_TERMINATED', `wallet ${walletId} is terminated`)
    const session = sessionId === undefined ? null : await parts.switches.session(db, sessionId)
    if (session === undefined) throw new Failure('SESSION_NOT_FOUND', `no session ${sessionId}`)
    return { chosen: await building.on(db, wallet, input.network), session }
  })
  const built = await building.build(await building.prepareFor({ ...input, walletId }, chosen), chosen.under)
  const { decoded, draft: bytes, request } = built
  const { effects } = decoded
  const subject: Subject = {
    ...{ wallet: chosen.wallet, session, network: chosen.network, effects },
    ...{ type: request.stored.type, intent: request.stored.intent },
    ...{ feePrice: bytes.price, neverFunded: bytes.neverFunded },
    ...{ impostors: built.impostors, aboveCeiling: built.aboveCeiling },
  }
  return parts.database.read(async (db) => {
    const current = (await parts.judge.of(db, subject)).decision
    const answer = { walletId, network: chosen.network.id, effects, current }
    if (!draft) return answer
    const policies = await parts.drafted(db, walletId, draft)
    const { decision } = await parts.judge.under(policies).of(db, subject)
    return { ...answer, draft: decision, change: strictnessOf(current, decision, parts.usualDelay()) }
  })
}
