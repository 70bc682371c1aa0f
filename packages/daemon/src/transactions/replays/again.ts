import { type Decision, type Effects, nativeAsset, parseMicros, type Usd, ZERO_BASE } from '@waiaas/contract'
import { once } from '../../platform/once.ts'
import { type EvaluateInput, type Judgement, policiesOfThen, recordedInput } from '../../policies/service.ts'
import { evaluateWithin } from '../deciding/constrained.ts'
import { ofPlan, trusted } from '../deciding/judgement.ts'
import { decodeRequest } from '../kinds/all.ts'
import { judgedAsOne } from '../kinds/batch.ts'
import { cancelEffects } from '../lanes/replace.ts'
import type { ServiceParts } from '../parts.ts'
import type { SessionFacts, WalletFacts } from '../switches.ts'
import { type KeptRequest, type KeptSignature, replayStore } from './replay-store.ts'

export type ReplayParts = Pick<ServiceParts, 'database' | 'switches' | 'findNetwork' | 'constraints'>
/** What stands beside recorded decisions, each read once. */
export type Beside = ReturnType<typeof besideOf>

export const besideOf = ({ database, switches, findNetwork, constraints }: ReplayParts) => ({
  read: constraints,
  network: findNetwork,
  wallet: once((id: string) => database.read((db) => switches.wallet(db, id))),
  session: once((id: string) => database.read((db) => switches.session(db, id))),
  policies: policiesOfThen(database),
  plan: once((id: string) => database.read((db) => replayStore.requestsOfPlan(db, id))),
})

/** All that one decision was about and made from. */
export type Remade = {
  readonly stored: Decision
  readonly input: EvaluateInput
  readonly wallet: WalletFacts
  readonly session: SessionFacts | undefined
  /** What its session had spent in all, where that was judged. */
  readonly total: Usd | undefined
  /** The decision again, by these policies, bound by what its session was issued for, after so much. */
  judge(input: EvaluateInput, total?: Usd): Judgement
}
/** Why it cannot be made again. */
export type Missing = { readonly missing: string }

/** Puts together what a stored decision was made from; `signature`: the one under which bytes of the request were signed. */
export async function remade(beside: Beside, row: KeptRequest, signature?: KeptSignature): Promise<Remade | Missing> {
  const stored = JSON.parse(signature?.decision ?? row.decision) as Decision
  const [network, wallet] = [beside.network(row.network), await beside.wallet(row.wallet_id)]
  if (row.effects === null || row.request === '') return { missing: 'its effects have had their time' }
  if (!network || !wallet)
    return { missing: network ? 'its wallet is gone' : `${row.network} is not configured any more` }
  const policies = await beside.policies(stored.inputs.policies)
  if (!policies) return { missing: 'a policy of then is not kept' }
  const { inputs } = stored
  const session = row.session_id === null ? undefined : await beside.session(row.session_id)
  const constraints = session?.constraints
  if (inputs.constrained && !constraints) return { missing: 'its session is not kept any more' }
  const intent = signature?.purpose === 'cancel' ? undefined : await intentOf(beside, row)
  const effects: Effects = JSON.parse(row.effects)
  const input = recordedInput(stored, {
    effects:
      signature?.purpose === 'cancel' ? cancelEffects(effects, nativeAsset(network), { maxFee: ZERO_BASE }) : effects,
    tokens: intent ? trusted(intent) : {},
    wallet: { id: wallet.id, chain: wallet.chain, environment: wallet.environment },
    ...{ network, policies },
  })
  const spent = inputs.constrained && parseMicros(inputs.constrained.totalUsd)
  return {
    ...{ stored, input, wallet, session, total: spent },
    judge(input, total = spent) {
      const of = { effects: input.effects, network, type: row.type, read: beside.read }
      const isBound = total !== undefined && constraints && intent
      const bound = evaluateWithin(input, isBound ? { ...of, intent, constraints, total } : undefined)
      return inputs.together ? ofPlan(bound, inputs.together) : bound
    },
  }
}

async function intentOf({ plan }: Beside, { plan_id, request }: KeptRequest) {
  if (plan_id === null) return decodeRequest(request).intent
  return judgedAsOne(
    (await plan(plan_id)).map((step) => ({ type: step.type, intent: decodeRequest(step.request).intent })),
  )
}
