import {
  add,
  type Effect,
  integerOf,
  type Network,
  nativeAsset,
  toBase,
  toUsd,
  type Usd,
  ZERO_USD,
} from '@waiaas/contract'
import {
  DAY_WINDOW,
  finish,
  MONTH_WINDOW,
  reservation,
  reserve,
  type SpendItem,
  sessionWindows,
  walletWindows,
} from '../src/ledger/service.ts'
import type { Handle } from '../src/platform/db/database.ts'
import { type EvaluateInput, evaluate } from '../src/policies/service.ts'
import {
  accountOf,
  BOB,
  DAY,
  EVE,
  KINDS,
  MINUTE,
  NETS,
  PRICES,
  type Scene,
  SESSIONS,
  sessionOf,
  TOKEN_FACTS,
  WALLET,
  worth,
} from './exposure-scenes.ts'

type Wait = { at: number; send: Send; session: string; transactionId: string; index: number }
type Send = { network: Network; outs: ReadonlyMap<string, bigint>; fee: bigint; to: string; count: bigint }
/** One who has taken the sessions over, and what is gone so far. */
type Thief = {
  readonly db: Handle
  readonly scene: Scene
  at: number
  readonly left: Map<string, bigint>
  readonly gone: Map<string, bigint>
  readonly accepted: { at: number; session: string; network: string }[]
  readonly frees: Set<number>
  waits: Wait[]
  steps: number
}
const MOST_STEPS = 300

/** What one gets away with who asks the real judge, counted in the real ledger: base units by asset. */
export async function stolen(db: Handle, scene: Scene): Promise<Map<string, bigint>> {
  const gone = new Map<string, bigint>()
  const left = new Map(scene.balances)
  const lose = (asset: string, amount: bigint) => {
    const taken = amount < (left.get(asset) ?? 0n) ? amount : (left.get(asset) ?? 0n)
    left.set(asset, (left.get(asset) ?? 0n) - taken)
    gone.set(asset, (gone.get(asset) ?? 0n) + taken)
  }
  for (const [asset, amount] of scene.allowances) lose(asset, amount)
  for (const { asset, amount } of scene.signed) lose(asset, amount)
  const thief: Thief = {
    ...{ db, scene, at: scene.now, left, gone },
    ...{ accepted: [...scene.accepted], frees: new Set(), waits: [], steps: 0 },
  }
  for (const index of scene.signed.keys()) await settle(thief, `${scene.run}-past-${scene.past.length + index}`)
  for (const { at } of scene.past)
    for (const length of [DAY, 30 * DAY]) thief.frees.add(at - (at % MINUTE) + MINUTE + length)
  for (const at of openings(scene)) thief.frees.add(at)
  const rates = scene.rows.flatMap(({ type, rules }) =>
    type === 'RATE_LIMIT' ? [(JSON.parse(rules) as { window_seconds: number }).window_seconds * 1_000] : [],
  )
  const end = scene.now + scene.forMs
  for (;;) {
    await deliver(thief)
    await takeAll(thief)
    const next = [
      ...thief.frees,
      ...thief.waits.map(({ at }) => at),
      ...rates.flatMap((ms) => thief.accepted.map(({ at }) => at + ms)),
    ].filter((at) => at > thief.at)
    const soonest = next.reduce((low, at) => Math.min(low, at), Number.POSITIVE_INFINITY)
    if (soonest > end || thief.steps > MOST_STEPS) break
    thief.at = soonest
  }
  return gone
}

/** Quarter hours at which some hours begin. */
function openings({ policies, now, forMs }: Scene): number[] {
  const hours = policies.flatMap(({ pace }) => (pace?.isOpen ? [pace.isOpen] : []))
  if (hours.length === 0) return []
  const found: number[] = []
  for (let at = now - (now % 900_000) + 900_000; at <= now + forMs; at += 900_000)
    if (hours.some((isOpen) => isOpen(at) && !isOpen(at - 900_000))) found.push(at)
  return found
}

async function settle({ db, at, frees }: Thief, transactionId: string, fee = 0n): Promise<void> {
  await finish(db, [{ transactionId, outcome: { succeeded: true, fee: toBase(fee) } }], at)
  for (const length of [DAY, 30 * DAY]) frees.add(at - (at % MINUTE) + MINUTE + length)
}

/** What waited for its time is judged again, and goes. */
async function deliver(thief: Thief): Promise<void> {
  const due = thief.waits.filter(({ at }) => at <= thief.at)
  thief.waits = thief.waits.filter(({ at }) => at > thief.at)
  for (const { send, session, transactionId, index } of due) {
    const before = { ...thief, accepted: thief.accepted.slice(0, index) }
    const input = await inputOf(before, { session, network: send.network }, transactionId)
    const context = { acceptedAt: thief.accepted[index]!.at, servedDelay: true }
    const judgement = evaluate({ ...withSend(afterOthers(input, send), send), context })
    if (!judgement.mayRun) continue
    leave(thief, send)
    await settle(thief, transactionId, send.fee * send.count)
  }
}

/** What one such request takes of each asset. */
function takesOf({ network, outs, fee }: Send): Map<string, bigint> {
  const native = nativeAsset(network)
  return new Map(outs).set(native, (outs.get(native) ?? 0n) + fee)
}

function leave({ left, gone }: Thief, send: Send): void {
  for (const [asset, amount] of takesOf(send)) {
    left.set(asset, (left.get(asset) ?? 0n) - amount * send.count)
    gone.set(asset, (gone.get(asset) ?? 0n) + amount * send.count)
  }
}

type Asker = { session: string; network: Network }

/** What the judge reads of the past, the way the pipeline reads it. */
async function inputOf(thief: Thief, { session, network }: Asker, without?: string): Promise<EvaluateInput> {
  const { db, scene, at, accepted } = thief
  const own = without === undefined ? undefined : await reservation(db, without)
  const query = { now: at, worth, without: own }
  const account = accountOf(scene)
  const lengths = [DAY_WINDOW, MONTH_WINDOW]
  const asks = new Set(
    scene.policies
      .filter(({ asks }) => asks.spent)
      .map((policy) => ((policy.sessionId ?? policy.sessionLabel) ? 'session' : policy.network ? 'network' : 'wallet')),
  )
  const none = { day: { total: ZERO_USD, final: [] }, month: { total: ZERO_USD, final: [] } }
  const both = ([day, month]: Awaited<ReturnType<typeof walletWindows>>) => ({ day: day!, month: month! })
  const all = asks.has('wallet') ? both(await walletWindows(db, { ...query, account }, lengths)) : none
  const onNetwork = asks.has('network')
    ? both(await walletWindows(db, { ...query, account, network: network.id }, lengths))
    : none
  const ofSession = asks.has('session')
    ? both(await sessionWindows(db, { ...query, sessionId: sessionOf(scene, session) }, lengths))
    : none
  const times = (is: (one: Thief['accepted'][number]) => boolean) => accepted.filter(is).map((one) => one.at)
  const known =
    scene.knownSince === null
      ? {}
      : {
          [BOB]: { since: scene.knownSince, usd: toUsd(10n ** 18n) },
          [EVE]: { since: scene.knownSince, usd: toUsd(10n ** 18n) },
        }
  return {
    effects: {
      network: network.id,
      sender: '0x00000000000000000000000000000000000000a0',
      effects: [],
      fee: { asset: nativeAsset(network), max: '0' },
    },
    ...{ kind: 'TRANSFER', wallet: WALLET, network, policies: scene.policies, policyVersion: '1', now: at },
    session: { id: session, labels: SESSIONS[session]! },
    ...{ prices: PRICES, tokens: TOKEN_FACTS, toggles: scene.toggles, known },
    spent: { ...all, networks: { [network.id]: onNetwork }, session: ofSession },
    requests: {
      all: times(() => true),
      networks: { [network.id]: times((one) => one.network === network.id) },
      session: times((one) => one.session === session),
    },
  }
}

const outflows = ({ outs, to }: Send): Effect[] =>
  [...outs].map(([asset, amount]) => ({ kind: 'outflow', asset, amount: String(amount), to }))
const withSend = (input: EvaluateInput, send: Send): EvaluateInput => ({
  ...input,
  effects: { ...input.effects, effects: outflows(send), fee: { ...input.effects.fee, max: String(send.fee) } },
})

/** The last of several equal ones: the others stand in the windows before it. */
function afterOthers(input: EvaluateInput, send: Send): EvaluateInput {
  if (send.count === 1n) return input
  const before = toUsd(integerOf(costOf(send)) * (send.count - 1n))
  const more = <W extends { total: Usd }>(window: W): W => ({ ...window, total: add(window.total, before) })
  const both = (windows: { day: EvaluateInput['spent']['day']; month: EvaluateInput['spent']['month'] }) => ({
    day: more(windows.day),
    month: more(windows.month),
  })
  const { networks, session, ...all } = input.spent
  return {
    ...input,
    spent: {
      ...both(all),
      networks: Object.fromEntries(Object.entries(networks).map(([id, windows]) => [id, windows && both(windows)])),
      ...(session && { session: both(session) }),
    },
  }
}

function itemsOf({ network, outs, fee, count }: Send): SpendItem[] {
  const item = (part: 'value' | 'fee', key: string, each: bigint): SpendItem[] => {
    if (each === 0n) return []
    const usd = worth(key, toBase(each))
    return [
      { part, asset: key, amount: toBase(each * count), usd: usd === null ? null : toUsd(integerOf(usd) * count) },
    ]
  }
  return [
    ...[...outs].flatMap(([asset, amount]) => item('value', asset, amount)),
    ...item('fee', nativeAsset(network), fee),
  ]
}
const costOf = (send: Send): Usd =>
  itemsOf({ ...send, count: 1n }).reduce((sum, { usd }) => add(sum, usd ?? ZERO_USD), ZERO_USD)

const isSoon = (input: EvaluateInput, send: Send): boolean => evaluate(withSend(afterOthers(input, send), send)).mayRun
function isLate(input: EvaluateInput, send: Send): boolean {
  const { decision } = evaluate(withSend(afterOthers(input, send), send))
  return decision.outcome === 'ALLOW' && (decision.tier === 'DELAY' || decision.tier !== 'APPROVAL')
}

/** The largest that passes, up to so much; nothing where none does. */
function largest(passes: (amount: bigint) => boolean, most: bigint): bigint {
  if (most <= 0n || !passes(1n)) return 0n
  if (passes(most)) return most
  let [low, high] = [1n, most]
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (passes(middle)) low = middle
    else high = middle
  }
  return low
}

/** Takes what can be taken now, the dearest first, until nothing more passes. */
async function takeAll(thief: Thief): Promise<void> {
  while (thief.steps < MOST_STEPS && (await takeOne(thief))) thief.steps += 1
}

async function takeOne(thief: Thief): Promise<boolean> {
  const { scene, at } = thief
  const found: (Choice & { session: string })[] = []
  for (const session of scene.takes)
    for (const network of NETS) {
      const choice = bestOf(thief, await inputOf(thief, { session, network }))
      if (choice) found.push({ ...choice, session })
    }
  const best = found.toSorted((a, b) => Number(b.usd - a.usd))[0]
  if (!best) return false
  const { send, session, delayMs } = best
  const network = send.network.id
  const transactionId = `${scene.run}-${thief.steps}`
  const spend = { transactionId, account: accountOf(scene), sessionId: sessionOf(scene, session), network }
  await reserve(thief.db, { ...spend, items: itemsOf(send) }, at)
  const index = thief.accepted.push({ at, session, network }) - 1
  if (delayMs > 0) {
    thief.waits.push({ at: at + delayMs, send, session, transactionId, index })
    return true
  }
  leave(thief, send)
  await settle(thief, transactionId, send.fee * send.count)
  return true
}

/** Does somebody count the requests of this session here? */
const hasRates = ({ policies }: Scene, { network, session }: Pick<EvaluateInput, 'network' | 'session'>): boolean =>
  policies.some(
    (policy) =>
      policy.asks.requests !== undefined &&
      (policy.network ?? network.id) === network.id &&
      (policy.sessionId ?? session?.id) === session?.id &&
      (policy.sessionLabel === null || (session?.labels.includes(policy.sessionLabel) ?? false)),
  )

type Choice = { send: Send; usd: bigint; delayMs: number }

/** The dearest request that passes on a network now: at once, or with a delay that is over in time. */
function bestOf(thief: Thief, input: EvaluateInput): Choice | undefined {
  if (evaluate(input).decision.outcome === 'DENY') return undefined
  for (const to of [BOB, EVE]) {
    const soon = fullest(thief, input, { to, passes: isSoon })
    // What goes at once goes again and again, unless somebody counts.
    if (soon && !hasRates(thief.scene, input)) return soon
    const late = fullest(thief, input, { to, passes: isLate })
    if (soon || late) return !soon || (late && late.usd > soon.usd) ? late : soon
  }
  return undefined
}

type Manner = { to: string; passes: (input: EvaluateInput, send: Send) => boolean }

/** As much as passes in one request, of one asset after the other, and then as fee; so many times as nobody counts. */
function fullest(thief: Thief, input: EvaluateInput, { to, passes }: Manner): Choice | undefined {
  const { scene, at } = thief
  const { network } = input
  const free = freeOf(thief)
  let send: Send = { network, outs: new Map(), fee: 0n, to, count: 1n }
  // The finest last, so that they fill what the others leave.
  for (const { asset } of KINDS.get(network.id)!.toReversed()) {
    const withOut = (amount: bigint): Send => ({ ...send, outs: new Map(send.outs).set(asset, amount) })
    const amount = largest((amount) => passes(input, withOut(amount)), free(asset))
    if (amount > 0n) send = withOut(amount)
  }
  const native = nativeAsset(network)
  if (hasRates(scene, input) || send.outs.size === 0) {
    const rest = free(native) - (send.outs.get(native) ?? 0n)
    send = { ...send, fee: largest((fee) => passes(input, { ...send, fee }), rest) }
  }
  const takes = takesOf(send)
  const usd = [...takes].reduce((sum, [asset, amount]) => sum + usdIn(asset, amount), 0n)
  if ([...takes.values()].every((amount) => amount === 0n)) return undefined
  const { tier, delaySeconds = 0 } = evaluate(withSend(input, send)).decision
  const delayMs = tier === 'DELAY' ? delaySeconds * 1_000 : 0
  if (at + delayMs > scene.now + scene.forMs || evaluate({ ...input, now: at + delayMs }).decision.outcome === 'DENY')
    return undefined
  const fits = (count: bigint): boolean =>
    [...takes].every(([asset, amount]) => amount * count <= free(asset)) && passes(input, { ...send, count })
  const count = hasRates(scene, input) ? 1n : largest(fits, 10n ** 9n)
  return { send: { ...send, count: count > 1n ? count : 1n }, usd, delayMs }
}

/** What is left and does not wait to go. */
function freeOf({ left, waits }: Thief): (asset: string) => bigint {
  const waiting = new Map<string, bigint>()
  for (const { send } of waits)
    for (const [asset, amount] of takesOf(send)) waiting.set(asset, (waiting.get(asset) ?? 0n) + amount * send.count)
  return (asset) => (left.get(asset) ?? 0n) - (waiting.get(asset) ?? 0n)
}

const usdIn = (asset: string, amount: bigint): bigint => integerOf(worth(asset, toBase(amount)) ?? toUsd(amount))

export const dollarsOf = (gone: ReadonlyMap<string, bigint>): bigint =>
  [...gone].reduce((sum, [asset, amount]) => sum + integerOf(worth(asset, toBase(amount)) ?? ZERO_USD), 0n)
