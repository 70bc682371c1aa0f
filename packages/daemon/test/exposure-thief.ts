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
  sessionTotal,
  sessionWindows,
  walletWindows,
} from '../src/ledger/service.ts'
import type { Handle } from '../src/platform/db/database.ts'
import { appliesTo, caseOf } from '../src/policies/case.ts'
import { type EvaluateInput, ruled } from '../src/policies/evaluate.ts'
import { boundOf, isBounding } from '../src/policies/largest.ts'
import { constraintsOf } from '../src/sessions/rules.ts'
import {
  accountOf,
  BOB,
  DAY,
  EVE,
  KINDS,
  look,
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
  /** What the signer still signs. */
  readonly signable: Map<string, bigint>
  readonly gone: Map<string, bigint>
  readonly accepted: { at: number; session: string; network: string }[]
  readonly frees: Set<number>
  /** Since when its first recipient is known. */
  known: number | null
  waits: Wait[]
  steps: number
  /** The share of what one request could move at best that a request must move, where somebody counts them. */
  patience: number
}
const MOST_STEPS = 300

const thiefOf = (db: Handle, scene: Scene, patience = 0): Thief => ({
  patience,
  ...{ db, scene, at: scene.now, left: new Map(scene.balances), gone: new Map() },
  ...{ accepted: [...scene.accepted], signable: new Map(scene.ceilings) },
  ...{ frees: new Set(), waits: waiting(scene), steps: 0, known: scene.knownSince },
})

/** Greedy, and two who keep requests that are counted for when half as much, or no more, would pass. */
export const PATIENCE = [0, 0.5, 0.999] as const

/** What one gets away with who asks the real judge, counted in the real ledger: base units by asset. */
export async function stolen(db: Handle, scene: Scene, patience: number): Promise<Map<string, bigint>> {
  const thief = thiefOf(db, scene, patience)
  const { left, gone, frees } = thief
  const lose = (asset: string, amount: bigint) => {
    const taken = amount < (left.get(asset) ?? 0n) ? amount : (left.get(asset) ?? 0n)
    left.set(asset, (left.get(asset) ?? 0n) - taken)
    gone.set(asset, (gone.get(asset) ?? 0n) + taken)
  }
  for (const [asset, amount] of scene.allowances) lose(asset, amount)
  for (const { asset } of scene.standing)
    await look(db, scene, { asset, open: 0n, balance: left.get(asset) ?? 0n, at: scene.now })
  if (scene.standing.length > 0) for (const length of [DAY, 30 * DAY]) frees.add(minuteAfter(scene.now) + length)
  for (const { asset, amount } of scene.signed) lose(asset, amount)
  for (const index of scene.signed.keys()) await settle(thief, `${scene.run}-past-${scene.past.length + index}`)
  for (const { at } of scene.past) for (const length of [DAY, 30 * DAY]) frees.add(minuteAfter(at) + length)
  for (const at of [...openings(scene), ...knownFrom(thief)]) frees.add(at)
  const rates = scene.rows.flatMap(({ type, rules }) =>
    type === 'RATE_LIMIT' ? [(JSON.parse(rules) as { window_seconds: number }).window_seconds * 1_000] : [],
  )
  for (const length of scene.unknownBefore === null ? [] : [DAY, 30 * DAY, ...rates])
    frees.add(scene.unknownBefore! + length)
  const end = scene.now + scene.forMs
  for (;;) {
    await deliver(thief)
    await takeAll(thief)
    const next = [
      ...frees,
      ...thief.waits.map(({ at }) => at),
      ...rates.flatMap((ms) => thief.accepted.map(({ at }) => at + ms)),
    ].filter((at) => at > thief.at)
    const soonest = next.reduce((low, at) => Math.min(low, at), Number.POSITIVE_INFINITY)
    if (soonest > end && thief.patience > 0) {
      thief.patience = 0
      continue
    }
    if (soonest > end || thief.steps > MOST_STEPS) break
    thief.at = soonest
  }
  return gone
}

/** What was asked for before and goes by itself. */
const waiting = ({ run, pending, accepted }: Scene): Wait[] =>
  pending.map((one, index) => ({
    ...{ at: one.dueAt, session: one.session, transactionId: `${run}-pending-${index}` },
    ...{ send: sendOf(one), index: accepted.length - pending.length + index },
  }))

const sendOf = ({ network, asset, amount }: Scene['pending'][number]): Send => ({
  ...{ network: NETS.find(({ id }) => id === network)!, outs: new Map([[asset, amount]]) },
  ...{ fee: 0n, to: BOB, count: 1n },
})

/** Whether the judge lets go by itself what was asked for last. */
export async function isAccepted(db: Handle, scene: Scene, one: Scene['pending'][number]): Promise<boolean> {
  const send = sendOf(one)
  return isLate(await inputOf(thiefOf(db, scene), { session: one.session, network: send.network }), send)
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

async function settle(thief: Thief, transactionId: string, send?: Send): Promise<void> {
  const { db, at, frees } = thief
  const fee = send ? send.fee * send.count : 0n
  await finish(db, [{ transactionId, outcome: { succeeded: true, fee: toBase(fee) } }], at)
  // A fee has no recipient.
  if (!send || send.outs.size > 0) thief.known ??= at
  for (const at of knownFrom(thief)) frees.add(at)
  for (const length of [DAY, 30 * DAY]) frees.add(minuteAfter(at) + length)
}

/** When whoever was paid first gets what only the known do. */
const knownFrom = ({ scene, known }: Thief): number[] =>
  scene.rows.flatMap(({ rules }) => {
    const { first_recipient: first } = JSON.parse(rules) as { first_recipient?: { wait_seconds: number } }
    return first && known !== null ? [known + first.wait_seconds * 1_000] : []
  })

const minuteAfter = (at: number): number => at - (at % MINUTE) + MINUTE

/** What waited for its time is judged again, and goes. */
async function deliver(thief: Thief): Promise<void> {
  const due = thief.waits.filter(({ at }) => at <= thief.at)
  thief.waits = thief.waits.filter(({ at }) => at > thief.at)
  for (const { send, session, transactionId, index } of due) {
    const before = { ...thief, accepted: thief.accepted.slice(0, index) }
    const input = await inputOf(before, { session, network: send.network }, transactionId)
    const context = { acceptedAt: thief.accepted[index]!.at, servedDelay: true }
    if (!ruled({ ...withSend(afterOthers(input, send), send), context }).mayRun || !isSignable(thief, send)) continue
    leave(thief, send)
    await settle(thief, transactionId, send)
  }
}

/** What one such request takes of each asset. */
function takesOf({ network, outs, fee }: Send): Map<string, bigint> {
  const native = nativeAsset(network)
  return new Map(outs).set(native, (outs.get(native) ?? 0n) + fee)
}

const isSignable = ({ signable }: Thief, send: Send): boolean =>
  [...takesOf(send)].every(([asset, amount]) => amount * send.count <= (signable.get(asset) ?? amount * send.count))

function leave({ left, gone, signable }: Thief, send: Send): void {
  for (const [asset, amount] of takesOf(send)) {
    const signs = signable.get(asset)
    if (signs !== undefined) signable.set(asset, signs - amount * send.count)
    left.set(asset, (left.get(asset) ?? 0n) - amount * send.count)
    gone.set(asset, (gone.get(asset) ?? 0n) + amount * send.count)
  }
}

type Asker = { session: string; network: Network }

/** What the judge reads of the past, the way the pipeline reads it. */
async function inputOf(thief: Thief, { session, network }: Asker, without?: string): Promise<Asking> {
  const { db, scene, at, accepted } = thief
  const own = without === undefined ? undefined : await reservation(db, without)
  const query = { now: at, worth, without: own, unknownBefore: scene.unknownBefore }
  const constraints = scene.constraints.get(session)
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
  const paid = thief.known !== null && { since: thief.known, usd: toUsd(10n ** 18n) }
  const known = paid ? { [BOB]: paid, [EVE]: paid } : {}
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
      ...(scene.unknownBefore !== null && { unknownBefore: scene.unknownBefore }),
    },
    ...(constraints && {
      bound: {
        text: JSON.stringify(constraints),
        isNamed: constraints.allowedAddresses !== undefined,
        total: await sessionTotal(db, { sessionId: sessionOf(scene, session), worth, without: own }),
      },
    }),
  }
}

/** What the judge is asked, and what the session was issued for, of which it has spent so much. */
type Asking = EvaluateInput & {
  readonly bound?: { readonly text: string; readonly total: Usd; readonly isNamed: boolean }
}

function constrained({ bound, network }: Asking, { outs, to }: Send): Pick<EvaluateInput, 'constrained'> {
  if (!bound) return {}
  const { faults, most } = constraintsOf(bound.text)
  const asked = { network: network.id, types: ['TRANSFER'], recipients: outs.size > 0 || bound.isNamed ? [to] : [] }
  return {
    constrained: {
      faults: ({ usd, heldUsd }) =>
        faults({ ...asked, usd, sessionTotalUsd: heldUsd === null ? null : add(bound.total, heldUsd) }),
      most: most(bound.total),
    },
  }
}

/** What burns a fee alone pays nothing to somebody, where a session may pay nobody else. */
const outflows = ({ network, outs, to }: Send, isNamed: boolean): Effect[] => {
  const all = outs.size === 0 && isNamed ? [[nativeAsset(network), 0n] as const] : [...outs]
  return all.map(([asset, amount]) => ({ kind: 'outflow', asset, amount: String(amount), to }))
}
const withSend = (input: Asking, send: Send): EvaluateInput => ({
  ...input,
  ...constrained(input, send),
  effects: {
    ...input.effects,
    effects: outflows(send, input.bound?.isNamed === true),
    fee: { ...input.effects.fee, max: String(send.fee) },
  },
})

/** The last of several equal ones: the others stand in the windows before it. */
function afterOthers(input: Asking, send: Send): Asking {
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
    ...(input.bound && { bound: { ...input.bound, total: add(input.bound.total, before) } }),
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

const isDenied = (input: EvaluateInput): boolean => ruled(input).outcome === 'DENY'
const isSoon = (input: Asking, send: Send): boolean => ruled(withSend(afterOthers(input, send), send)).mayRun
function isLate(input: Asking, send: Send): boolean {
  const { outcome, tier } = ruled(withSend(afterOthers(input, send), send))
  return outcome === 'ALLOW' && tier !== 'APPROVAL'
}

/** The largest that passes, up to so much; nothing where none does. The guess is looked at first, and nothing but a guess. */
function largest(passes: (amount: bigint) => boolean, most: bigint, guess?: () => bigint | undefined): bigint {
  if (most <= 0n || !passes(1n)) return 0n
  if (passes(most)) return most
  let [low, high] = [1n, most]
  for (const near of around(guess?.()))
    if (near > low && near < high) {
      if (passes(near)) low = near
      else high = near
    }
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (passes(middle)) low = middle
    else high = middle
  }
  return low
}

const around = (guess: bigint | undefined): bigint[] => (guess === undefined ? [] : [guess, guess + 1n, guess - 1n])

/** What the rules say themselves of an asset that a request moves. */
function boundIn(input: EvaluateInput, asset: string, step: 1 | 2): bigint | undefined {
  const of = caseOf(input)
  const holding = of.bill.holdings.find((one) => one.asset === asset)
  const limits = input.policies.filter((policy) => appliesTo(policy, of)).filter(isBounding)
  const bound = holding && boundOf(step, of, { limits, holding })
  return bound === undefined ? undefined : integerOf(bound)
}

/** What they say of a fee, beside that. */
function feeIn(input: EvaluateInput, native: string, step: 1 | 2): bigint | undefined {
  const of = caseOf(input)
  const fees = input.policies.flatMap((policy) => {
    const most = appliesTo(policy, of) ? policy.pace?.spending?.feeUpTo(step, of) : undefined
    return most === undefined ? [] : [integerOf(most)]
  })
  const room = boundIn(input, native, step)
  return [...fees, ...(room === undefined ? [] : [room])].toSorted((a, b) => (a < b ? -1 : 1))[0]
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
      const input = await inputOf(thief, { session, network })
      const choice = bestOf(thief, input)
      if (choice && isWorthIt(thief, input, choice)) found.push({ ...choice, session })
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
  await settle(thief, transactionId, send)
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

/** A request that somebody counts is better kept for when it moves more. */
function isWorthIt(thief: Thief, input: Asking, { usd }: Choice): boolean {
  if (thief.patience === 0 || !hasRates(thief.scene, input)) return true
  const none = { day: { total: ZERO_USD, final: [] }, month: { total: ZERO_USD, final: [] } }
  const fresh = bestOf(thief, { ...input, spent: { ...none, networks: { [input.network.id]: none }, session: none } })
  return !fresh || Number(usd) >= Number(fresh.usd) * thief.patience
}

type Choice = { send: Send; usd: bigint; delayMs: number }

/** The dearest request that passes on a network now: at once, or with a delay that is over in time. */
function bestOf(thief: Thief, input: Asking): Choice | undefined {
  if (isDenied(input)) return undefined
  const found: Choice[] = []
  for (const to of [BOB, EVE]) {
    const soon = fullest(thief, input, { to, passes: isSoon })
    // What goes at once goes again and again, unless somebody counts.
    const late = soon && !hasRates(thief.scene, input) ? undefined : fullest(thief, input, { to, passes: isLate })
    for (const choice of [soon, late]) if (choice) found.push(choice)
    // Who gets something gets no less than the other, unless a list is against it.
    if (found.some(({ send }) => send.outs.size > 0)) break
  }
  return found.reduce<Choice | undefined>((best, one) => (best && best.usd >= one.usd ? best : one), undefined)
}

type Manner = { to: string; passes: (input: Asking, send: Send) => boolean }

/** As much as passes in one request, of one asset after the other, and then as fee; so many times as nobody counts. */
function fullest(thief: Thief, input: Asking, { to, passes }: Manner): Choice | undefined {
  const { scene, at } = thief
  const { network } = input
  const free = freeOf(thief)
  let send: Send = { network, outs: new Map(), fee: 0n, to, count: 1n }
  // The finest last, so that they fill what the others leave.
  for (const { asset } of KINDS.get(network.id)!.toReversed()) {
    const withOut = (amount: bigint): Send => ({ ...send, outs: new Map(send.outs).set(asset, amount) })
    const guess = () => boundIn(withSend(input, withOut(1n)), asset, passes === isSoon ? 1 : 2)
    const amount = largest((amount) => passes(input, withOut(amount)), free(asset), guess)
    if (amount > 0n) send = withOut(amount)
  }
  const native = nativeAsset(network)
  if (hasRates(scene, input) || send.outs.size === 0) {
    const rest = free(native) - (send.outs.get(native) ?? 0n)
    const guess = () => feeIn(withSend(input, send), native, passes === isSoon ? 1 : 2)
    send = { ...send, fee: largest((fee) => passes(input, { ...send, fee }), rest, guess) }
  }
  const takes = takesOf(send)
  const usd = [...takes].reduce((sum, [asset, amount]) => sum + usdIn(asset, amount), 0n)
  if ([...takes.values()].every((amount) => amount === 0n)) return undefined
  const { tier, delaySeconds = 0 } = ruled(withSend(input, send))
  const delayMs = tier === 'DELAY' ? delaySeconds * 1_000 : 0
  if (at + delayMs > scene.now + scene.forMs || isDenied({ ...input, now: at + delayMs })) return undefined
  const fits = (count: bigint): boolean =>
    [...takes].every(([asset, amount]) => amount * count <= free(asset)) && passes(input, { ...send, count })
  const count = hasRates(scene, input) ? 1n : largest(fits, 10n ** 9n)
  return { send: { ...send, count: count > 1n ? count : 1n }, usd, delayMs }
}

/** What is left and does not wait to go. */
function freeOf({ left, signable, waits }: Thief): (asset: string) => bigint {
  const waiting = new Map<string, bigint>()
  for (const { send } of waits)
    for (const [asset, amount] of takesOf(send)) waiting.set(asset, (waiting.get(asset) ?? 0n) + amount * send.count)
  return (asset) => {
    const there = left.get(asset) ?? 0n
    const signs = signable.get(asset) ?? there
    return (signs < there ? signs : there) - (waiting.get(asset) ?? 0n)
  }
}

const usdIn = (asset: string, amount: bigint): bigint => integerOf(worth(asset, toBase(amount)) ?? toUsd(amount))

/** All of it together, cut off: what is left of a unit of each asset is rounded up in what it is compared with. */
export function dollarsOf(gone: ReadonlyMap<string, bigint>): bigint {
  const FINE = 10n ** 18n
  const all = [...gone].reduce((sum, [asset, amount]) => {
    const price = PRICES[asset]
    return price ? sum + (amount * integerOf(price.usdMicros) * FINE) / 10n ** BigInt(price.decimals) : sum
  }, 0n)
  return all / FINE
}
