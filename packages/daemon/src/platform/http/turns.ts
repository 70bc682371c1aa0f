import type { Way } from '../give-way.ts'

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
/** So long after it had to wait for its pace a caller presses: whoever is within theirs goes before it, with each step. */
const PRESSING_MS = 1_000
/** Unless that has kept it so far behind its pace. */
const BEHIND_MS = 250
/** And of one call no longer than this in all. */
const ASIDE_MS = 100
/** Places that those who press may take together: what they have begun waits there for others. */
const OF_PRESSING = 48
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
  pressesUntil: number
}
/** Calls after so many milliseconds, unless it is called off before. */
type After = (ms: number, then: () => void) => () => void
/** Calls when whoever asked has gone; the function says that nobody has to be called any more. */
export type Gone = (listener: () => void) => () => void
export type Turn = {
  /** It is over. */
  readonly leave: () => void
  /** Asked before each of its steps. */
  readonly way: Way
}
export type Turns = {
  /** Resolves when a call of this caller may run. */
  take(name: string, asked: Asked): Promise<Turn>
  /** Resolves when this caller may be told that it is refused, or has gone; false at once where too many of its calls wait for that. */
  refusal(name: string, gone: Gone): Promise<boolean>
}

/**
 * Who serves whom next. Alone, a caller is served as it asks. Beside others it has a pace, a few calls at once and a line
 * of its own; what is ahead of the pace waits until nobody else is served, and who presses so waits for those who do not. A
 * free place goes to whoever has the fewest calls running, and of these to who was served longest ago.
 */
export function turns(monotonic: () => number, after: After = afterReal): Turns {
  const { lineOf, isAlone } = linesOf(monotonic)
  /** Those with calls that wait, in the order in which they were served last. */
  const queued = new Set<Line>()
  const places = placesOf(isAlone)
  /** Calls that have stopped between two steps. */
  const aside = new Set<() => void>()

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
      const from = places.presses(line, now) ? now - BEHIND_MS : now
      if (!isAlone()) line.paidAt = Math.max(line.paidAt, from) + (calls * 1_000) / perSecond
      places.enter(line)
      go()
    }
    for (const line of queued) {
      places.wait(line, now)
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

  function turnOf(line: Line): Turn {
    let isOver = false
    const leave = () => {
      if (isOver) return
      isOver = true
      callOff()
      places.leave(line)
      serve()
      for (const look of aside) look()
    }
    const callOff = after(PATIENCE_MS, leave)
    const isFree = (now: number): boolean => isOver || !places.givesWay(line, now)
    return { leave, way: wayOf(isFree, { monotonic, after, aside }) }
  }

  return {
    async take(name, asked) {
      const line = lineOf(name)
      await new Promise<void>((go) => {
        line.waiting.push({ ...asked, go })
        queued.add(line)
        serve()
      })
      return turnOf(line)
    },
    refusal: (name, gone) => refused(lineOf(name), { now: monotonic(), after, gone }),
  }
}

type Around = { monotonic(): number; after: After; readonly aside: Set<() => void> }

/** The way of one call, which is looked at again when another one is over. */
function wayOf(isFree: (now: number) => boolean, { monotonic, after, aside }: Around): Way {
  let left = ASIDE_MS
  return () => {
    const from = monotonic()
    if (left <= 0 || isFree(from)) return undefined
    return new Promise((resolve) => {
      const go = () => {
        left -= monotonic() - from
        callOff()
        aside.delete(look)
        resolve()
      }
      const look = () => void (isFree(monotonic()) && go())
      const callOff = after(left, go)
      aside.add(look)
    })
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

/** Who may begin a call now, and who has to wait with it. */
function placesOf(isAlone: () => boolean) {
  /** Places that are taken: what a caller began alone, beyond a few, keeps nobody else waiting. */
  let taken = 0
  /** All calls that run. */
  let running = 0
  const busy = new Set<Line>()
  const aheadBy = (line: Line, now: number): number => (isAlone() ? 0 : line.paidAt - now)
  const presses = ({ pressesUntil }: Line, now: number): boolean => pressesUntil > now
  function givesWay(line: Line, now: number): boolean {
    if (!presses(line, now) || aheadBy(line, now) <= -BEHIND_MS) return false
    for (const other of busy) if (other !== line && !presses(other, now)) return true
    return false
  }
  /** It is at its pace, so that its next call waits until nobody else is served. */
  const yields = (line: Line, now: number): boolean =>
    aheadBy(line, now) > BEFORE_OTHERS_MS && (running > line.running || line.running >= IN_GAPS)
  return {
    presses,
    givesWay,
    isFree(line: Line, now: number): boolean {
      if (isAlone()) return line.running < ALONE
      if (line.running >= BESIDE || aheadBy(line, now) > AHEAD_MS) return false
      if (taken >= (presses(line, now) ? OF_PRESSING : OF_ALL)) return false
      return !yields(line, now) && !givesWay(line, now)
    },
    /** It has calls that may not begin yet. */
    wait(line: Line, now: number): void {
      if (aheadBy(line, now) > BEFORE_OTHERS_MS || presses(line, now)) line.pressesUntil = now + PRESSING_MS
    },
    /** Milliseconds until its pace lets the next one through, in a gap or whoever is served; none when nothing changes with time. */
    later(line: Line, now: number): number {
      const ahead = aheadBy(line, now)
      if (ahead > AHEAD_MS) return ahead - AHEAD_MS
      return ahead > BEFORE_OTHERS_MS ? ahead - BEFORE_OTHERS_MS : presses(line, now) ? ahead + BEHIND_MS : 0
    },
    enter(line: Line): void {
      if (line.running++ < BESIDE) taken++
      running++
      busy.add(line)
    },
    leave(line: Line): void {
      if (--line.running < BESIDE) taken--
      running--
      if (line.running === 0) busy.delete(line)
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
  ...{ running: 0, waiting: [], lastAt: now, paidAt: now, refusedAt: now, isTimed: false, pressesUntil: now },
})

const afterReal: After = (ms, then) => {
  const timer = setTimeout(then, ms).unref()
  return () => clearTimeout(timer)
}
