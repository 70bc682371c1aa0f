import { fieldsOf } from '../../answers.ts'
import type { Rpc } from '../../rpc.ts'
import { numberResult } from '../erc20.ts'
import { quantity, readQuantity } from '../hex.ts'
import { type Account, afterwards } from './by-trace.ts'

/** What has become another in a block, as nodes take it. */
type State = Readonly<Record<string, Account>>
/** A call as nodes take it, and who makes it. */
type Traced = { readonly from: string; readonly tx: object }
/** One call of a row: its trace, and the state before and after it upon a block. */
type Frame = {
  readonly block: string
  readonly frame: Readonly<Record<string, unknown>>
  readonly before: State
  /** Undefined: it fails, or not all that it leaves can be told. */
  readonly after: State | undefined
}

/** `debug_traceCall`, each call upon what those before it leave; ends behind the first of which that cannot be told. Throws what the endpoint says when it has not the method. */
export async function* tracedInOrder(rpc: Rpc, calls: readonly Traced[]): AsyncGenerator<Frame> {
  const block = quantity(readQuantity(await rpc.call('eth_blockNumber', [])))
  if (calls.length > 1 && !(await takesStates(rpc, block))) return
  let before: State = {}
  for (const { from, tx } of calls) {
    const trace = (tracer: string, tracerConfig: object) =>
      rpc.call<unknown>('debug_traceCall', [tx, block, { tracer, tracerConfig, stateOverrides: before }])
    const frame = fieldsOf(await trace('callTracer', { withLog: true }), 'a trace')
    const left =
      frame.error === undefined ? afterwards(await trace('prestateTracer', { diffMode: true }), from) : undefined
    const after = left && joined(before, left)
    yield { block, frame, before, after }
    if (!after) return
    before = after
  }
}

const NOBODY = `0x${'0'.repeat(38)}a1`
/** Answers 42. */
const CODE = '0x602a5f5260205ff3'

/** Whether the endpoint traces upon the state that it is given; one that does not would tell of each call as it is alone. */
async function takesStates(rpc: Rpc, block: string): Promise<boolean> {
  const stateOverrides: State = { [NOBODY]: { code: CODE } }
  const frame = await rpc.call<unknown>('debug_traceCall', [
    { to: NOBODY, data: '0x', gas: quantity(100_000) },
    block,
    { tracer: 'callTracer', stateOverrides },
  ])
  return numberResult(fieldsOf(frame, 'a trace').output) === 42n
}

/** Two changes of the state, one upon the other. */
function joined(one: State, other: State): State {
  const both = Object.entries(other).map(([account, is]): [string, Account] => {
    const was = one[account]
    const stateDiff = { ...was?.stateDiff, ...is.stateDiff }
    return [account, { ...was, ...is, ...(Object.keys(stateDiff).length > 0 && { stateDiff }) }]
  })
  return { ...one, ...Object.fromEntries(both) }
}
