import {
  add,
  type Decision,
  type DecisionInputs,
  parseBase,
  parseMicros,
  toUnitPrice,
  type Usd,
  ZERO_USD,
} from '@waiaas/contract'
import type { Price, Prices } from './bill.ts'
import { type Case, type EvaluateInput, isOfSessions, type Policy, type Window, type Windows } from './case.ts'

// What a decision keeps of what it was made from, and how it is made again from that. Both stand here, so that nothing is
// forgotten on the way.

/** What the decision was made from, in a form that can be stored. */
export function inputsOf(
  { input, bill, requestCounts }: Case,
  applying: readonly Policy[],
  { reasons, delaySeconds }: Pick<Decision, 'reasons' | 'delaySeconds'>,
): DecisionInputs {
  const { spent, context, toggles, feePrice, requests, lane, effects } = input
  const windows = spent.networks[input.network.id]
  const ofSession = spent.session
  const isSession = applying.some(isOfSessions)
  const otherwise = bill.holdings.flatMap(({ asset, price, countedAt }) =>
    price === null && countedAt !== null ? [[asset, countedAt] as const] : [],
  )
  // When a window has room again stands in these reasons alone.
  const told = reasons.flatMap(({ code, retryAt }) =>
    code === 'SPENDING_LIMIT_EXCEEDED' ? [retryAt ?? Number.POSITIVE_INFINITY] : [],
  )
  return {
    now: input.now,
    ...(input.latest !== undefined && { latest: input.latest }),
    kind: input.kind,
    walletId: input.wallet.id,
    network: input.network.id,
    policies: applying.map(({ recorded }) => recorded),
    prices: recordedPrices(Object.entries(input.prices)),
    ...(otherwise.length > 0 && { lastPrices: recordedPrices(otherwise) }),
    spent: {
      ...recordedWindows(spent, told),
      ...(windows && { onNetwork: recordedWindows(windows, told) }),
      ...(ofSession && { ofSession: recordedWindows(ofSession, told) }),
    },
    ...(input.session && isSession && { session: { ...input.session, labels: [...input.session.labels] } }),
    requests: requestCounts,
    ...(requests.unknownBefore !== undefined && { requestsUnknownBefore: requests.unknownBefore }),
    ...(lane && { lane: { heldUsd: String(lane.held), takenUsd: String(lane.taken.total) } }),
    ...(input.lookalikes && { lookalikes: { ...input.lookalikes } }),
    ...(input.known && {
      known: Object.fromEntries(
        Object.entries(input.known).map(([to, { since, usd }]) => [to, { since, usdMicros: String(usd) }]),
      ),
    }),
    ...(input.aboveCeiling !== undefined && { aboveCeiling: input.aboveCeiling }),
    ...(input.wallet.approver === 'owner' && { approver: input.wallet.approver }),
    ...(input.impostors && { impostors: { ...input.impostors } }),
    ...(input.neverFunded && { neverFunded: [...input.neverFunded] }),
    ...(feePrice && { feePrice: { offered: String(feePrice.offered), asked: String(feePrice.asked) } }),
    ...(input.standing && { standing: input.standing }),
    toggles: { ...toggles },
    ...(delaySeconds !== undefined && input.usualDelay !== undefined && { usualDelay: input.usualDelay }),
    ...(context && { worstFee: effects.fee.max, context: recordedContext(context) }),
  }
}

const recordedPrices = (prices: readonly (readonly [string, Price | null | undefined])[]): DecisionInputs['prices'] =>
  Object.fromEntries(
    prices.flatMap(([asset, price]) => (price ? [[asset, { ...price, usdMicros: String(price.usdMicros) }]] : [])),
  )

type Spent = DecisionInputs['spent']
type Leaving = NonNullable<Spent['day']>

function recordedWindows({ day, month }: Windows, told: readonly number[]): Omit<Spent, 'onNetwork' | 'ofSession'> {
  const [dayLeaving, monthLeaving] = [leavingOf(day, told), leavingOf(month, told)]
  return {
    dayUsd: String(day.total),
    monthUsd: String(month.total),
    ...(dayLeaving && { day: dayLeaving }),
    ...(monthLeaving && { month: monthLeaving }),
  }
}

function leavingOf({ final, fullUntil, allowed }: Window, told: readonly number[]): Leaving | undefined {
  if (fullUntil === undefined && told.length === 0) return undefined
  const parts = told.length > 0 ? between(final, told) : []
  return {
    ...(fullUntil !== undefined && { fullUntil }),
    ...(allowed && told.length > 0 && { allowed: { usdMicros: String(allowed.usd), spenders: [...allowed.spenders] } }),
    ...(parts.length > 0 && { final: parts.map(({ until, usd }) => ({ until, usdMicros: String(usd) })) }),
  }
}

/** What leaves a window up to each of the times (unix seconds) that were told, as one part: it gives the same times. */
function between(final: Window['final'], told: readonly number[]): Window['final'][number][] {
  const parts = new Map<number, { until: number; usd: Usd }>()
  for (const { until, usd } of final) {
    const end = Math.min(...told.filter((at) => at >= Math.ceil(until / 1000)), Number.POSITIVE_INFINITY)
    const known = parts.get(end)
    parts.set(end, { until: Math.max(until, known?.until ?? 0), usd: add(usd, known?.usd ?? ZERO_USD) })
  }
  return [...parts.values()]
}

const recordedContext = ({ acceptedAt, servedDelay, approval, feeBound }: NonNullable<Case['input']['context']>) => ({
  ...(acceptedAt !== undefined && { acceptedAt }),
  ...(servedDelay !== undefined && { servedDelay }),
  ...(approval && { approval: { usdShown: approval.usdShown === null ? null : String(approval.usdShown) } }),
  ...(feeBound !== undefined && { feeBound: String(feeBound) }),
})

/** What stands beside a recorded decision: in the rows of its transaction and wallet, and in the history of the policies. */
export type Beside = Pick<EvaluateInput, 'effects' | 'tokens' | 'network' | 'policies'> & {
  readonly wallet: Omit<EvaluateInput['wallet'], 'approver'>
}

/** All that a recorded decision was made from, so that `evaluate` makes the same again. */
export function recordedInput(
  { inputs, policyVersion }: Pick<Decision, 'inputs' | 'policyVersion'>,
  { effects, ...beside }: Beside,
): EvaluateInput {
  const {
    now,
    latest,
    kind,
    spent,
    known,
    feePrice,
    lane,
    worstFee,
    together = effects,
    requestsUnknownBefore,
  } = inputs
  const { session, lookalikes, neverFunded, impostors, aboveCeiling, standing, lastPrices } = inputs
  const onNetwork = spent.onNetwork && windowsOf(spent.onNetwork)
  const counted = inputs.requests.map(({ policyId, count, freeAt = 0 }) => [policyId, { count, freeAt }] as const)
  return {
    ...beside,
    wallet: { ...beside.wallet, approver: inputs.approver ?? 'operator' },
    effects: worstFee === undefined ? together : { ...together, fee: { ...together.fee, max: worstFee } },
    kind,
    policyVersion,
    now,
    ...(latest !== undefined && { latest }),
    prices: pricesOf(inputs.prices),
    ...(lastPrices && { lastPrices: pricesOf(lastPrices) }),
    spent: {
      ...windowsOf(spent),
      networks: { [inputs.network]: onNetwork },
      ...(spent.ofSession && { session: windowsOf(spent.ofSession) }),
    },
    ...(session && { session }),
    requests: {
      ...{ all: [], networks: {}, counted: Object.fromEntries(counted) },
      ...(requestsUnknownBefore !== undefined && { unknownBefore: requestsUnknownBefore }),
    },
    ...(lookalikes && { lookalikes }),
    ...(known && {
      known: Object.fromEntries(
        Object.entries(known).map(([to, { since, usdMicros }]) => [to, { since, usd: parseMicros(usdMicros) }]),
      ),
    }),
    ...(neverFunded && { neverFunded }),
    ...(impostors && { impostors }),
    ...(aboveCeiling !== undefined && { aboveCeiling }),
    ...(feePrice && { feePrice: { offered: BigInt(feePrice.offered), asked: BigInt(feePrice.asked) } }),
    ...(lane && {
      lane: { held: parseMicros(lane.heldUsd), taken: { total: parseMicros(lane.takenUsd), final: [] } },
    }),
    ...(standing && { standing }),
    // Each row was written from toggles; one that came later was off.
    toggles: inputs.toggles as EvaluateInput['toggles'],
    ...(inputs.usualDelay !== undefined && { usualDelay: inputs.usualDelay }),
    ...(inputs.context && { context: contextOf(inputs.context) }),
  }
}

const pricesOf = (prices: DecisionInputs['prices']): Prices =>
  Object.fromEntries(
    Object.entries(prices).map(([asset, { usdMicros, ...price }]) => [
      asset,
      { usdMicros: toUnitPrice(BigInt(usdMicros)), ...price },
    ]),
  )

const windowsOf = ({ dayUsd, monthUsd, day, month }: Omit<Spent, 'onNetwork' | 'ofSession'>): Windows => ({
  day: windowOf(dayUsd, day),
  month: windowOf(monthUsd, month),
})

const windowOf = (total: string, { final = [], fullUntil, allowed }: Leaving = {}): Window => ({
  total: parseMicros(total),
  final: final.map(({ until, usdMicros }) => ({ until, usd: parseMicros(usdMicros) })),
  ...(fullUntil !== undefined && { fullUntil }),
  ...(allowed && { allowed: { usd: parseMicros(allowed.usdMicros), spenders: allowed.spenders } }),
})

function contextOf({ acceptedAt, servedDelay, approval, feeBound }: NonNullable<DecisionInputs['context']>) {
  const shown = approval?.usdShown
  return {
    ...(acceptedAt !== undefined && { acceptedAt }),
    ...(servedDelay !== undefined && { servedDelay }),
    ...(shown !== undefined && { approval: { usdShown: shown === null ? null : parseMicros(shown) } }),
    ...(feeBound !== undefined && { feeBound: parseBase(feeBound) }),
  }
}
