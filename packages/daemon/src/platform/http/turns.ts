/** Calls of one caller that run at once, alone and beside others that call too; and of all of them. */
const ALONE = 256
const BESIDE = 8
const OF_ALL = 64
/** Who has called within this counts as another. */
const RECENT_MS = 10_000
/** A call that takes longer waits for something else than this process, and keeps the next one no longer. */
const PATIENCE_MS = 250
/** What a caller may be ahead of its pace: what is asked together now and then is served together. */
const AHEAD_MS = 500
/** Who does not heed a refusal would otherwise take more time with the next ones than with what is allowed. */
const REFUSAL_MS = 250
const BETWEEN_REFUSALS_MS = 25

/** A call: as how many it counts, and the pace of its caller beside others, in calls a second. */
type Asked = { readonly calls: number; readonly perSecond: number }
type Waiting = Asked & { readonly go: () => void }
type Line = {
  running: number
  readonly waiting: Waiting[]
  lastAt: number
  /** When all that it was served would be over at its pace. */
  paidAt: number
  refusedAt: number
  isTimed: boolean
}
/** Calls after so many milliseconds, unless it is called off before. */
type After = (ms: number, then: () => void) => () => void
export type Turns = {
  /** Resolves when a call of this caller may run; the function says that it is over. */
  take(name: string, asked: Asked): Promise<() => void>
  /** Resolves when this caller may be told that it is refused. */
  refusal(name: string): Promise<void>
}

/**
 * Who serves whom next. Alone, a caller is served as it asks. Beside others it has a pace, a few calls at once and a line
 * of its own; a free place goes to whoever has the fewest calls running, and of these to who was served longest ago.
 */
export function turns(monotonic: () => number, after: After = afterReal): Turns {
  const { lineOf, isAlone } = linesOf(monotonic)
  /** Those with calls that wait, in the order in which they were served last. */
  const queued = new Set<Line>()
  /** Places that are taken: what a caller began alone, beyond a few, keeps nobody else waiting. */
  let taken = 0

  /** Milliseconds until its pace lets the next one through. */
  const early = (line: Line, now: number): number => (isAlone() ? 0 : Math.max(0, line.paidAt - now - AHEAD_MS))

  const hasPlace = (line: Line, now: number): boolean =>
    isAlone() ? line.running < ALONE : line.running < BESIDE && taken < OF_ALL && early(line, now) === 0

  function next(now: number): Line | undefined {
    let best: Line | undefined
    for (const line of queued) if (hasPlace(line, now) && (!best || line.running < best.running)) best = line
    return best
  }

  function serve(): void {
    // One look at the clock: whose time comes between two looks would be served by neither.
    const now = monotonic()
    for (let line = next(now); line; line = next(now)) {
      const { calls, perSecond, go } = line.waiting.shift()!
      queued.delete(line)
      if (line.waiting.length > 0) queued.add(line)
      if (!isAlone()) line.paidAt = Math.max(line.paidAt, now) + (calls * 1_000) / perSecond
      if (line.running++ < BESIDE) taken++
      go()
    }
    for (const line of queued) {
      const ms = early(line, now)
      if (ms > 0) later(line, ms)
    }
  }

  function later(line: Line, ms: number): void {
    if (line.isTimed) return
    line.isTimed = true
    after(ms, () => {
      line.isTimed = false
      serve()
    })
  }

  function leaving(line: Line): () => void {
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      callOff()
      if (--line.running < BESIDE) taken--
      serve()
    }
    const callOff = after(PATIENCE_MS, leave)
    return leave
  }

  return {
    async take(name, asked) {
      const line = lineOf(name)
      await new Promise<void>((go) => {
        line.waiting.push({ ...asked, go })
        queued.add(line)
        serve()
      })
      return leaving(line)
    },
    async refusal(name) {
      const line = lineOf(name)
      const now = monotonic()
      line.refusedAt = Math.max(now + REFUSAL_MS, line.refusedAt + BETWEEN_REFUSALS_MS)
      await new Promise<void>((resolve) => after(line.refusedAt - now, resolve))
    },
  }
}

/** The lines of those who called lately, and of those who wait. */
function linesOf(monotonic: () => number) {
  /** In the order of their last call. */
  const lines = new Map<string, Line>()
  return {
    isAlone: () => lines.size === 1,
    lineOf(name: string): Line {
      const now = monotonic()
      const line = lines.get(name) ?? newLine(now)
      line.lastAt = now
      lines.delete(name)
      lines.set(name, line)
      for (const [other, { running, waiting, lastAt }] of lines) {
        if (now - lastAt < RECENT_MS) break
        if (running + waiting.length === 0) lines.delete(other)
      }
      return line
    },
  }
}

const newLine = (now: number): Line => ({
  ...{ running: 0, waiting: [], lastAt: now, paidAt: now, refusedAt: now, isTimed: false },
})

const afterReal: After = (ms, then) => {
  const timer = setTimeout(then, ms).unref()
  return () => clearTimeout(timer)
}
