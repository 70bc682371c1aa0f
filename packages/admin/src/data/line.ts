/** Browsers have six connections for one place: the events have one of them, and what somebody presses has one at hand. */
const AT_ONCE = 4

let running = 0
const waiting: (() => void)[] = []

/** Runs a read when fewer than so many others run; one that nobody wants any more gives its place away. */
export async function inLine<Out>(signal: AbortSignal, read: () => Promise<Out>): Promise<Out> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    signal.throwIfAborted()
    return await read()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
