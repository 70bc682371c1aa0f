import { type EffectFacts, type Effects, factsOf, type Network, receiversOf } from '@waiaas/contract'
import type { Standing } from '../../owners/service.ts'
import type { Handle } from '../../platform/db/database.ts'
import { knownAlike } from '../deciding/known-recipients.ts'
import { standingOfWaiting } from '../owner-answers.ts'
import type { ServiceParts } from '../parts.ts'
import { type ListedStep, listStore } from '../rows/list-store.ts'
import { effectsOf } from '../rows/readings.ts'
import { isUnsigned } from '../rows/states.ts'
import type { SessionFacts, WalletFacts } from '../switches.ts'
import { readable } from '../views.ts'
import { codeOf, digestOf } from './code.ts'
import { type Recipient, recipientsOf } from './recipients.ts'

/** One transaction of what waits; `effects` is null when they are not kept any more. */
export type CardStep = {
  readonly row: ListedStep
  readonly effects: Effects | null
  readonly facts: EffectFacts | null
}
/** All that a card says, as the database has it. */
export type CardFacts = {
  /** What waits, or was asked about. */
  readonly row: ListedStep
  /** What an answer is about: a transaction, or all of a plan that is not signed. */
  readonly steps: readonly CardStep[]
  readonly wallet: WalletFacts | undefined
  readonly session: SessionFacts | undefined
  readonly network: Network | undefined
  readonly recipients: readonly Recipient[]
  /** How far its owners have approved it; undefined where the operator approves, or nobody has to. */
  readonly owners: Standing | undefined
  readonly digest: string
  readonly code: string
}

/** Reads what a card says of a transaction; of a step of a plan, what its whole plan does. */
export async function cardFacts(
  parts: Pick<ServiceParts, 'switches' | 'findNetwork' | 'owners'>,
  db: Handle,
  asked: ListedStep,
): Promise<CardFacts> {
  const { switches, findNetwork } = parts
  const all = asked.plan_id === null ? [asked] : await listStore.ofPlan(db, asked.plan_id)
  const row = all.find(({ status }) => status === 'QUEUED') ?? asked
  const open = all.filter(({ status }) => isUnsigned(status))
  const steps = (open.length > 0 ? open : all).map((one): CardStep => {
    const effects = readable(() => effectsOf(one))
    return { row: one, effects, facts: effects && factsOf(effects) }
  })
  const receivers = steps.flatMap(({ effects, facts }) => (effects && facts ? receiversOf(facts, effects.sender) : []))
  const digest = digestOf(all)
  return {
    ...{ row, steps, digest, code: codeOf(row.id, digest) },
    wallet: await switches.wallet(db, row.wallet_id),
    session: row.session_id === null ? undefined : await switches.session(db, row.session_id),
    network: findNetwork(row.network),
    owners: await standingOfWaiting({ parts, db }, row),
    recipients: await recipientsOf(knownAlike(db, row.wallet_id), receivers),
  }
}
