import { setTimeout as pause } from 'node:timers/promises'

/** Test support: asks again and again until the answer is not undefined, null or false; fails at the deadline with the last answer. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { withinMs = 60_000, everyMs = 15 } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    // The three values that mean "not yet" are excluded by the condition.
    if (answer !== undefined && answer !== null && answer !== false)
      return answer as Exclude<T, undefined | null | false>
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for: ${what}`)
    await pause(everyMs)
  }
}
