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
/** Further ahead than this, it has only the time that nobody else needs, and little of it at once. */
const BEFORE_OTHERS_MS = 100
const IN_GAPS = 2
/** Who does not heed a refusal would otherwise take more time with the next ones than with what is allowed. */
const REFUSAL_MS = 250
const BETWEEN_REFUSALS_MS = 25
/** Whoever has more of them to come than fit into this heeds none: what is held takes memory. */
const MOST_REFUSALS_MS = 10_000

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
/** Calls when whoever asked has gone; the function says that nobody has to be called any more. */
export type Gone = (listener: () => void) => () => void
export type Turns = {
  /** Resolves when a call of this caller may run; the function says that it is over. */
  take(name: string, asked: Asked): Promise<() => void>
  /** Resolves when this caller may be told that it is refused, or has gone; false at once where too many of its calls wait for that. */
  refusal(name: string, gone: Gone): Promise<boolean>
}

/**
 * Who serves whom next. Alone, a caller is served as it asks. Beside others it has a pace, a few calls at once and a line
 * of its own; what is ahead of the pace waits until nobody else is served. A free place goes to whoever has the fewest calls
 * running, and of these to who was served longest ago.
 */
export function turns(monotonic: () => number, after: After = afterReal): Turns {
  const { lineOf, isAlone } = linesOf(monotonic)
  /** Those with calls that wait, in the order in which they were served last. */
  const queued = new Set<Line>()
  const places = placesOf(isAlone)

  function next(now: number): Line | undefined {
    let best: Line | undefined
    for (const line of queued) if (places.isFree(line, now) && (!best || line.running < best.running)) best = line
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
      places.enter(line)
      go()
    }
    for (const line of queued) {
      const ms = places.later(line, now)
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
      places.leave(line)
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
    refusal: (name, gone) => refused(lineOf(name), { now: monotonic(), after, gone }),
  }
}

async function refused(
  line: Line,
  { now, after, gone }: { readonly now: number; readonly after: After; readonly gone: Gone },
): Promise<boolean> {
  const at = Math.max(now + REFUSAL_MS, line.refusedAt + BETWEEN_REFUSALS_MS)
  if (at - now > MOST_REFUSALS_MS) return false
  line.refusedAt = at
  await new Promise<void>((resolve) => {
    const callOff = after(at - now, () => {
      stay()
      resolve()
    })
    const stay = gone(() => {
      callOff()
      resolve()
    })
  })
  return true
}

/** Who may begin a call now. */
function placesOf(isAlone: () => boolean) {
  /** Places that are taken: what a caller began alone, beyond a few, keeps nobody else waiting. */
  let taken = 0
  /** All calls that run. */
  let running = 0
  const aheadBy = (line: Line, now: number): number => (isAlone() ? 0 : line.paidAt - now)
  /** It is at its pace, so that its next call waits until nobody else is served. */
  const yields = (line: Line, now: number): boolean =>
    aheadBy(line, now) > BEFORE_OTHERS_MS && (running > line.running || line.running >= IN_GAPS)
  return {
    isFree(line: Line, now: number): boolean {
      if (isAlone()) return line.running < ALONE
      return line.running < BESIDE && taken < OF_ALL && aheadBy(line, now) <= AHEAD_MS && !yields(line, now)
    },
    /** Milliseconds until its pace lets the next one through, in a gap or whoever is served; none when nothing changes with time. */
    later(line: Line, now: number): number {
      const ahead = aheadBy(line, now)
      return ahead > AHEAD_MS ? ahead - AHEAD_MS : ahead - BEFORE_OTHERS_MS
    },
    enter(line: Line): void {
      if (line.running++ < BESIDE) taken++
      running++
    },
    leave(line: Line): void {
      if (--line.running < BESIDE) taken--
      running--
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
