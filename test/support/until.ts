import { setTimeout as pause } from 'node:timers/promises'

type Patience = {
  readonly withinMs?: number
  readonly everyMs?: number
  /** Asked at the deadline: what there is instead, for who reads of the failure. */
  readonly found?: () => string | Promise<string>
}

/** Test support: asks again and again until the answer is not undefined, null or false; fails at the deadline and says what it found. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { withinMs = 60_000, everyMs = 15, found }: Patience = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    // The three values that mean "not yet" are excluded by the condition.
    if (answer !== undefined && answer !== null && answer !== false)
      return answer as Exclude<T, undefined | null | false>
    if (performance.now() > deadline)
      throw new Error(`waited ${withinMs} ms in vain for: ${what}${found ? `\n${await found()}` : ''}`)
    await pause(everyMs)
  }
}
