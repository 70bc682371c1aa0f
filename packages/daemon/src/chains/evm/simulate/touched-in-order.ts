import { fieldsOf } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { quantity, readQuantity } from '../hex.ts'
import { type Account, afterwards, reachedIn } from './by-trace.ts'
import { touchedBy } from './touched.ts'
import { type Planned, txOf } from './way.ts'

/**
 * Accounts that calls reach one after the other. One that fails before those in front of it have run tells whom it reaches
 * until then, unless the endpoint traces it upon what they leave.
 */
export async function touchedInOrder(rpc: Rpc, steps: readonly Planned[]): Promise<readonly (readonly string[])[]> {
  const alone = await Promise.all(steps.map((step) => touchedBy(rpc, step)))
  const last = alone.findLastIndex(({ isAll }) => !isAll)
  const traced = last < 0 ? [] : await tracedInOrder(rpc, steps.slice(0, last + 1))
  return alone.map(({ accounts }, at) => [...new Set([...accounts, ...(traced[at] ?? [])])])
}

/** `debug_traceCall`, each upon the state that those before it leave. None of those from the first on that is not told. */
async function tracedInOrder(rpc: Rpc, steps: readonly Planned[]): Promise<readonly (readonly string[])[]> {
  const reached: (readonly string[])[] = []
  try {
    const block = quantity(readQuantity(await rpc.call('eth_blockNumber', [])))
    let stateOverrides: State = {}
    for (const step of steps) {
      const trace = (tracer: string, tracerConfig: object) =>
        rpc.call<unknown>('debug_traceCall', [txOf(step), block, { tracer, tracerConfig, stateOverrides }])
      const frame = await trace('callTracer', {})
      if (fieldsOf(frame, 'a trace').error !== undefined) return reached
      reached.push([...reachedIn(frame)])
      if (reached.length === steps.length) return reached
      const left = afterwards(await trace('prestateTracer', { diffMode: true }), step.from)
      if (!left) return reached
      stateOverrides = joined(stateOverrides, left)
    }
    return reached
  } catch {
    // Whatever keeps it from telling, or that it has no traces: each step tells what it tells alone.
    return reached
  }
}

type State = Readonly<Record<string, Account>>

/** Two changes of the state, one upon the other. */
function joined(one: State, other: State): State {
  const both = Object.entries(other).map(([account, is]): [string, Account] => {
    const was = one[account]
    const stateDiff = { ...was?.stateDiff, ...is.stateDiff }
    return [account, { ...was, ...is, ...(Object.keys(stateDiff).length > 0 && { stateDiff }) }]
  })
  return { ...one, ...Object.fromEntries(both) }
}
