import { Failure, type Plan, type PlanRequest, type PlanSimulation, toBase } from '@waiaas/contract'
import type { Under } from '../../gate/service.ts'
import { by, type Principal, sessionOf } from '../../platform/caller.ts'
import { processed } from '../approving.ts'
import { type Building, named } from '../deciding/building.ts'
import { covered } from '../deciding/covered.ts'
import type { Built, Prepared } from '../deciding/decide.ts'
import { answeredPlan, decidePlan, type PlanAnswer, planHash, planSubject } from '../deciding/decide-plan.ts'
import type { Funds } from '../deciding/funds.ts'
import { assetsOf } from '../deciding/judgement.ts'
import type { OwedAnswers } from '../deciding/owed-answers.ts'
import { fullQueue } from '../deciding/room.ts'
import { scopeOf } from '../job.ts'
import { encodeRequest } from '../kinds/all.ts'
import { laneReasons } from '../lane-reasons.ts'
import { laneId } from '../lanes/lane-id.ts'
import type { Lanes } from '../lanes/lanes.ts'
import type { From, ServiceParts } from '../parts.ts'
import { endUnsent } from '../rows/ending.ts'
import { type ListedStep, listStore } from '../rows/list-store.ts'
import { planStore } from '../rows/plan-store.ts'
import { isUnsigned } from '../rows/states.ts'
import { transactionView } from '../views.ts'
import { inStep, type ReadStep, readSteps } from './steps.ts'
import { planView } from './view.ts'

type Told = { building: Building; funds: Funds; lanes: Lanes; owed: OwedAnswers }
type Requester = { principal: Principal<'agent' | 'operator'>; peer: string | undefined }
/** A plan that was read: its steps as requests, and what tells it from others. */
type ReadPlan = { steps: readonly Prepared[]; under: Under; hash: string }

/** Plans: several transactions that are decided on as one and done one after the other. */
export const plans = (parts: ServiceParts, told: Told) => ({
  ...deciding(parts, told, reading(parts, told)),
  ...following(parts, told),
})

/** Makes of what is asked for all that a decision is about. */
function reading(parts: ServiceParts, { building, funds }: Told) {
  const { database } = parts

  async function read(input: PlanRequest, sessionId: string): Promise<ReadPlan> {
    const { walletId, network } = input
    const chosen = await database.read((db) => building.choose(db, sessionId, { walletId, network }))
    const place = await building.place(sessionId, chosen)
    const { id } = place.chain.network
    const steps = await readSteps(input.steps, building.reading(place))
    const texts = steps.map((step) => encodeRequest({ ...step, network: id }))
    const hash = planHash(texts, { deadline: input.deadline, labels: input.labels })
    const requests = steps.map((step, at) => requestOf(id, { step, text: texts[at]!, labels: input.labels }))
    return { steps: requests.map((request) => ({ ...place, request })), under: chosen.under, hash }
  }

  /** Each step upon those before it, where an endpoint can tell that; else it is unknown what one that runs code does after them. */
  async function build({ steps, under }: ReadPlan): Promise<Built[]> {
    const [{ chain, sender }] = steps as [Prepared, ...Prepared[]] // a plan has one at least
    const intents = steps.map(({ request }) => request.stored.intent)
    const together = steps.length > 1 ? await chain.draftsInOrder?.(sender, intents) : undefined
    const read = together
      ? steps.map((step, at) => building.read(step, together[at]!, under))
      : await apart(steps, under)
    const built = await Promise.all(read.map((step) => named(parts, step)))
    requireBelowCeiling(built)
    await parts.prices.refresh(chain.network, [...new Set(built.flatMap(({ decoded }) => assetsOf(decoded.effects)))])
    return built
  }

  async function apart(steps: readonly Prepared[], under: Under): Promise<Built[]> {
    const built: Built[] = []
    for (const [at, step] of steps.entries()) {
      const after = built.map(({ draft, decoded }) => ({ draft, effects: decoded.effects }))
      const draft = await funds.draft(step, { after }).catch((error) => inStep(at, error))
      built.push(building.read(step, draft, under))
    }
    return built
  }

  return { read, build }
}

function deciding(parts: ServiceParts, { funds, lanes, owed }: Told, { read, build }: ReturnType<typeof reading>) {
  const { database } = parts

  async function send(input: PlanRequest, { sessionId, key, peer, message, onDelivered }: From): Promise<PlanAnswer> {
    const plan = await read(input, sessionId)
    const [first] = plan.steps as [Prepared, ...Prepared[]] // a plan has one at least
    const { walletId } = first
    const asked = { walletId, sessionId, key, message, hash: plan.hash }
    const known = await database.read((db) => answeredPlan(db, asked))
    if (known) return known
    const count = { walletId, sessionId, steps: plan.steps.length }
    const full = await database.read((db) => fullQueue({ parts, db }, count))
    if (full) throw full
    const steps = await build(plan)
    const answer = await covered(parts, { first: steps[0]!, funds }, (isCovered) =>
      database.work(scopeOf(walletId, [{ session_id: sessionId }]), (db) =>
        decidePlan({ parts, db }, { ...asked, steps, ip: peer, lastsMs: input.deadline * 1000, isCovered }, owed),
      ),
    )
    if (key === undefined) onDelivered((isDelivered) => isDelivered && owed.delivered(answer.transactionId))
    const network = first.chain.network.id
    if (answer.accepted?.status === 'PENDING')
      lanes.kick({ lane: laneId(network, first.sender), wallet_id: walletId, network })
    return answer
  }

  /** The same build, decode and judge as a plan that is sent, on a read snapshot. */
  async function simulate(input: PlanRequest, sessionId: string): Promise<PlanSimulation> {
    const steps = await build(await read(input, sessionId))
    const [{ walletId, chain }] = steps as [Built, ...Built[]] // a plan has one at least
    const { decision } = await database.read(async (db) => {
      const wallet = await parts.chooseWallet(db, sessionId, { walletId })
      const session = (await parts.switches.session(db, sessionId)) ?? null
      return parts.judge.of(db, planSubject(steps, wallet, session))
    })
    const max = toBase(steps.reduce((sum, { draft }) => sum + draft.maxFee, 0n))
    return {
      success: decision.outcome === 'ALLOW',
      tier: decision.tier,
      fee: { max: String(max), symbol: chain.network.native.symbol },
      steps: steps.map(({ request, decoded, draft }, at) => ({
        ...{ step: at + 1, type: request.stored.type as PlanSimulation['steps'][number]['type'] },
        ...{ effects: decoded.effects.effects, maxFee: String(draft.maxFee) },
      })),
      decision,
    }
  }

  return { send, simulate }
}

/** What became of plans, and their end. */
function following(parts: ServiceParts, { lanes }: Told) {
  const { database } = parts

  /** A session is shown its own; the operator all. */
  async function get(id: string, sessionId: string | undefined): Promise<Plan> {
    const { rows, reasons } = await database.read(async (db) => {
      const rows = own(await listStore.ofPlan(db, id), sessionId)
      return { rows, reasons: await laneReasons(db, rows) }
    })
    return planView(rows, (row) => transactionView(row, parts.findNetwork(row.network), reasons.get(row.lane)))
  }

  /** Ends what is not signed of it; how many steps. */
  async function cancel(id: string, requester: Requester): Promise<{ cancelled: number; unwritten?: string }> {
    const sessionId = sessionOf(requester.principal)
    const [first] = await database.read(async (db) => own(await listStore.ofPlan(db, id), sessionId))
    const wallet = first!.wallet_id
    const ending = { to: 'CANCELLED', code: null, error: 'cancelled', ...by(requester) } as const
    const write = () =>
      database.work(scopeOf(wallet, [first!]), async (db) => {
        const open = (await planStore.steps(db, id)).filter(({ status }) => isUnsigned(status))
        const [next] = open
        if (!next || !(await endUnsent({ parts, db }, next, ending))) throw processed(first!)
        return open.length
      })
    const outcome = await parts.held.write(`cancelled plan ${id}`, { wallet, write, hold: () => lanes.quiet([wallet]) })
    return 'written' in outcome ? { cancelled: outcome.written } : { cancelled: 0, unwritten: outcome.unwritten }
  }

  return { get, cancel }
}

function own(rows: ListedStep[], sessionId: string | undefined): ListedStep[] {
  const [first] = rows
  if (!first || (sessionId !== undefined && first.session_id !== sessionId))
    throw new Failure('PLAN_NOT_FOUND', 'no such plan')
  return rows
}

type Written = { step: ReadStep; text: string; labels: PlanRequest['labels'] }
const requestOf = (network: string, { step, text, labels }: Written): Prepared['request'] => ({
  ...{ stored: { ...step, network }, text, hash: planHash([text], {}), labels },
})

/** The signer would refuse it when the steps before it are done, and no lift is for a plan. */
function requireBelowCeiling(steps: readonly Built[]): void {
  const at = steps.findIndex(({ aboveCeiling }) => aboveCeiling !== undefined)
  if (at < 0) return
  const why = steps[at]!.aboveCeiling
  throw new Failure('CEILING_EXCEEDED', `step ${at + 1}: ${why}; ask for it by itself, or have the ceiling raised`)
}
