import { beyond, type Effect, type Network, nativeAsset } from '@waiaas/contract'
import { isUnsupported } from '../../refusals.ts'
import { type Rpc, RpcError } from '../../rpc.ts'
import { endless } from '../endless.ts'
import { quantity, readQuantity } from '../hex.ts'
import { revertOf } from '../revert.ts'
import { numberOf, type Run, run } from './blocks.ts'
import { answers, logsIn, reachedIn } from './by-trace.ts'
import { isKnown, type Question, toCall } from './questions.ts'
import { lookAt, type Watched } from './simulate.ts'
import { touchedInOrder } from './touched-in-order.ts'
import { tracedInOrder } from './traced-in-order.ts'
import { type Planned, txOf } from './way.ts'

/** A call that follows others, and the most gas that it may use. */
type Step = Omit<Planned, 'gas'> & { readonly gas: bigint }
/** Which of the steps would fail, counted from 0, and why. */
type Failed = { readonly failed: number; readonly why: string }
type Used = { readonly gas: readonly bigint[] }
type Looked = { readonly seen: readonly (readonly Effect[])[] }

type Parts = { readonly network: Network; readonly singles: readonly Rpc[]; readonly watched: Watched }

/** Calls one after the other, each upon what the one before it leaves: in blocks (`eth_simulateV1`), or traced (`debug_traceCall`) where an endpoint has not got that. */
export function inOrder({ network, singles, watched }: Parts) {
  const asked = singles.slice(0, 2)
  return {
    /** What each uses at most, as any endpoint has it. Undefined: none of them can tell. */
    async used(steps: readonly Step[]): Promise<Used | Failed | undefined> {
      const told = await all(asked, (rpc) => usedOn(rpc, steps))
      const failed = told.find((one) => 'failed' in one)
      if (failed) return failed
      const [first, ...others] = told.flatMap((one) => ('gas' in one ? [one.gas] : []))
      if (!first || told.some((one) => 'unclear' in one)) return undefined
      return { gas: first.map((own, at) => most([own, ...others.map((other) => other[at]!)])) }
    },
    /** What each does to the things of its sender; what any endpoint sees counts. Undefined: not all of it can be told. */
    async seen(steps: readonly Planned[]): Promise<Looked | Failed | undefined> {
      const [{ from }] = steps as [Planned, ...Planned[]] // a plan has one at least
      const told = await all(asked, async (rpc) => seenOn({ network, tokens: await watched(from) }, rpc, steps))
      const failed = told.find((one) => 'failed' in one)
      if (failed) return failed
      const [first, second] = told.flatMap((one) => ('seen' in one ? [one.seen] : []))
      if (!first || told.some((one) => 'unclear' in one)) return undefined
      const native = nativeAsset(network)
      return { seen: first.map((own, at) => (second ? [...own, ...beyond(own, second[at]!, native)] : own)) }
    },
  }
}

const most = (values: readonly bigint[]): bigint => values.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n

/** Of every endpoint that has the method; whatever keeps one from telling, nobody has told. */
async function all<T>(rpcs: readonly Rpc[], ask: (rpc: Rpc) => Promise<T>): Promise<T[]> {
  try {
    return await Promise.all(rpcs.map(ask))
  } catch {
    return []
  }
}

type Unclear = { readonly unclear: true }
const UNCLEAR: Unclear = { unclear: true }

/** By the first method that the endpoint offers. */
async function either<T>(blocks: () => Promise<T>, traces: () => Promise<T>): Promise<T> {
  try {
    return await blocks()
  } catch (error) {
    if (!(error instanceof RpcError && isUnsupported(error))) throw error
    return traces()
  }
}

const usedOn = (rpc: Rpc, steps: readonly Step[]): Promise<Used | Failed | Unclear> =>
  either(
    () => usedInBlocks(rpc, steps),
    () => usedInTraces(rpc, steps),
  )

async function usedInBlocks(rpc: Rpc, steps: readonly Step[]): Promise<Used | Failed> {
  const runs = await run(
    rpc,
    steps.map(({ baseFee, ...step }) => ({ baseFee, calls: [unpriced(step)] })),
  )
  const ran = runs.map(([only]) => only!)
  return failedIn(ran, steps) ?? { gas: ran.map(({ gas }) => gas) }
}

async function usedInTraces(rpc: Rpc, steps: readonly Step[]): Promise<Used | Failed | Unclear> {
  const gas: bigint[] = []
  const calls = steps.map((step) => ({ from: step.from, tx: unpriced(step) }))
  for await (const { frame, after } of tracedInOrder(rpc, calls)) {
    const run = runOf(frame)
    const failed = failedIn([run], [steps[gas.length]!])
    if (failed) return { ...failed, failed: gas.length }
    gas.push(run.gas)
    if (!after && gas.length < steps.length) return UNCLEAR
  }
  return gas.length === steps.length ? { gas } : UNCLEAR
}

/** Whoever cannot pay the price of all gas that a transaction may use is still told what it uses. */
const unpriced = ({ from, to, value, data, gas }: Omit<Step, 'baseFee'>): object => ({
  ...{ from, to, value: quantity(value), data, gas: quantity(gas) },
})

function seenOn(looking: Looking, rpc: Rpc, steps: readonly Planned[]): Promise<Looked | Failed | Unclear> {
  const mine = steps.map((step) => ({ ...step, from: step.from.toLowerCase() }))
  return either(
    () => seenInBlocks(looking, rpc, mine),
    () => seenInTraces(looking, rpc, mine),
  )
}

async function seenInTraces(looking: Looking, rpc: Rpc, mine: readonly Planned[]): Promise<Looked | Failed | Unclear> {
  const seen: Effect[][] = []
  const calls = mine.map((step) => ({ from: step.from, tx: txOf(step) }))
  for await (const { block, frame, before, after } of tracedInOrder(rpc, calls)) {
    const step = mine[seen.length]!
    const failed = failedIn([runOf(frame)], [step])
    if (failed) return { ...failed, failed: seen.length }
    const { asking, effects } = lookAt(looking, { me: step.from, to: step.to })
    const told = after && logsIn(frame, 0)
    const questions = told && asking(told, [...reachedIn(frame)])
    if (!questions) return UNCLEAR
    const [was, is] = [await answers(rpc, questions, [block, before]), await answers(rpc, questions, [block, after])]
    seen.push(effects({ logs: told, questions, before: was, after: is }))
  }
  return seen.length === mine.length ? { seen } : UNCLEAR
}

async function seenInBlocks(looking: Looking, rpc: Rpc, mine: readonly Planned[]): Promise<Looked | Failed | Unclear> {
  const looks = mine.map(({ from, to }) => lookAt(looking, { me: from, to }))
  const [alone, touched] = await Promise.all([
    run(
      rpc,
      mine.map((step) => ({ baseFee: step.baseFee, calls: [txOf(step)] })),
    ),
    touchedInOrder(rpc, mine),
  ])
  const first = alone.map(([only]) => only!)
  const failed = failedIn(first, mine)
  if (failed) return failed
  const asked = looks.map(({ asking }, at) => asking(first[at]!.logs, touched[at]!))
  if (asked.includes(undefined)) return UNCLEAR
  const known = asked as (readonly Question[])[] // none of them is undefined
  const blocks = mine.map((step, at) => {
    const calls = known[at]!.map(toCall)
    return { baseFee: step.baseFee, calls: [...calls, txOf(step), ...calls] }
  })
  const again = await run(rpc, blocks)
  const seen = looks.map((look, at) => effectsIn(look, { questions: known[at]!, touched: touched[at]! }, again[at]!))
  return seen.includes(undefined) ? UNCLEAR : { seen: seen as (readonly Effect[])[] }
}

type Looking = Parameters<typeof lookAt>[0]

function effectsIn(
  { asking, effects }: ReturnType<typeof lookAt>,
  { questions, touched }: { readonly questions: readonly Question[]; readonly touched: readonly string[] },
  runs: readonly Run[],
): Effect[] | undefined {
  const done = runs[questions.length]!
  const now = done.succeeded ? asking(done.logs, touched) : undefined
  // A block may have come between: nobody was asked about what happens only now.
  if (!now || !isKnown(now, questions)) return undefined
  const before = runs.slice(0, questions.length).map(numberOf)
  return effects({ logs: done.logs, questions, before, after: runs.slice(questions.length + 1).map(numberOf) })
}

type Ended = Pick<Run, 'succeeded' | 'result' | 'gas'>

/** How a traced call has ended. */
const runOf = ({ error, output, gasUsed }: Readonly<Record<string, unknown>>): Ended => ({
  ...{ succeeded: error === undefined, result: output ?? '0x', gas: readQuantity(gasUsed) },
})

function failedIn(runs: readonly Ended[], steps: readonly { readonly gas: bigint }[]): Failed | undefined {
  const failed = runs.findIndex(({ succeeded }) => !succeeded)
  if (failed < 0) return undefined
  const { result, gas } = runs[failed]!
  if (result === '0x' && gas >= steps[failed]!.gas) return { failed, why: endless(gas) }
  const why = revertOf(new RpcError(3, 'execution reverted', result))
  return { failed, why: why?.message ?? 'the contract would refuse it' }
}
