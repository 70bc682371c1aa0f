import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void

/**
 * Gives the system back what loading the program has left on the heap, a fifth of what an idle daemon holds. It stops the
 * thread for some 50 ms: to be done once, soon after the start.
 */
export function giveBackHeap(): void {
  // No function of Node's collects by itself; a new context has V8's own, which the flag exposes.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
