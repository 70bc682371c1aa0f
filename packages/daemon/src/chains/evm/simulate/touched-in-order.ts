import type { Rpc } from '../../rpc.ts'
import { reachedIn } from './by-trace.ts'
import { touchedBy } from './touched.ts'
import { tracedInOrder } from './traced-in-order.ts'
import { type Planned, txOf } from './way.ts'

/**
 * Accounts that calls reach one after the other. One that fails before those in front of it have run tells whom it reaches
 * until then, unless the endpoint traces it upon what they leave.
 */
export async function touchedInOrder(rpc: Rpc, steps: readonly Planned[]): Promise<readonly (readonly string[])[]> {
  const alone = await Promise.all(steps.map((step) => touchedBy(rpc, step)))
  const last = alone.findLastIndex(({ isAll }) => !isAll)
  const traced = last < 0 ? [] : await reachedInOrder(rpc, steps.slice(0, last + 1))
  return alone.map(({ accounts }, at) => [...new Set([...accounts, ...(traced[at] ?? [])])])
}

/** Of none from the first on that is not told. */
async function reachedInOrder(rpc: Rpc, steps: readonly Planned[]): Promise<readonly (readonly string[])[]> {
  const reached: (readonly string[])[] = []
  try {
    for await (const { frame } of tracedInOrder(
      rpc,
      steps.map((step) => ({ from: step.from, tx: txOf(step) })),
    ))
      if (frame.error === undefined) reached.push([...reachedIn(frame)])
    return reached
  } catch {
    // Whatever keeps it from telling, or that it has no traces: each step tells what it tells alone.
    return reached
  }
}
