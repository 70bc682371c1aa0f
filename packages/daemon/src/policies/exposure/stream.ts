import { least } from './caps.ts'

/** So much at most in any so long, and what counts of it now; amounts in a unit of its own. */
export type Rolling = {
  readonly limit: bigint
  /** `until` is the first moment, in unix milliseconds, at which it counts no more. */
  readonly used: readonly { readonly until: number; readonly amount: bigint }[]
  /** The first moment at which what was used at some moment counts no more. */
  readonly freeAt: (at: number) => number
}
type Span = {
  readonly now: number
  /** Until when something leaves. */
  readonly end: number
  /** Until when it can be asked for. */
  readonly lastAsked?: number
  /** Between asking and leaving. */
  readonly lagMs?: number
  readonly isOpen?: (at: number) => boolean
  /** Nothing but multiples of it is asked for. */
  readonly grain?: bigint
  /** What leaves at once, whatever there is room for. */
  readonly sure?: bigint
}
type Step = { readonly at: number; readonly amount: bigint }

const QUARTER = 900_000

/**
 * The most that passes through all of these, and when. Whoever asks as soon as there is room gets the most: what is used
 * earlier is free again earlier. Null: nothing bounds it.
 */
export function stepsThrough(rollings: readonly Rolling[], span: Span): readonly Step[] | null {
  const { now, end, lagMs = 0, grain = 1n, sure = 0n } = span
  const last = Math.min(end - lagMs, span.lastAsked ?? end)
  const first = nextOpen(span, now, last)
  if (first !== null && rollings.length === 0) return null
  const lines = rollings.map(lineOf)
  const steps: Step[] = sure > 0n ? [{ at: now, amount: sure }] : []
  for (const line of lines) {
    line.free(now)
    line.use(now, sure)
  }
  for (let at = first; at !== null; ) {
    const asked = at
    for (const line of lines) line.free(asked)
    const most = least(...lines.map((line) => line.left))!
    const room = most - (most % grain)
    if (room > 0n) {
      steps.push({ at: asked, amount: room })
      for (const line of lines) line.use(asked + lagMs, room)
    }
    const next = Math.min(...lines.map((line) => line.next))
    at = next > last ? null : nextOpen(span, next, last)
  }
  return steps
}

export const sumOf = (steps: readonly Step[] | null): bigint | null =>
  steps === null ? null : steps.reduce((sum, { amount }) => sum + amount, 0n)

/** The room in one of them as time goes on. */
function lineOf({ limit, used, freeAt }: Rolling) {
  const back = used.map(({ until, amount }) => ({ at: until, amount })).sort((a, b) => a.at - b.at)
  let left = used.reduce((rest, { amount }) => rest - amount, limit)
  let index = 0
  return {
    get left() {
      return left
    },
    get next() {
      return back[index]?.at ?? Number.POSITIVE_INFINITY
    },
    free(at: number) {
      for (; index < back.length && back[index]!.at <= at; index++) left += back[index]!.amount
    },
    /** More than there is room for leaves as well, and holds the room that comes back. */
    use(at: number, amount: bigint) {
      left -= amount
      const entry = { at: freeAt(at), amount }
      // What is used later is free later, but for what counts until some other day.
      let place = back.length
      while (place > index && back[place - 1]!.at > entry.at) place--
      back.splice(place, 0, entry)
    },
  }
}

/** When it may be asked for and may leave. Hours begin at whole quarters, in every time zone. */
function nextOpen({ isOpen, lagMs = 0 }: Span, from: number, last: number): number | null {
  if (!isOpen) return from > last ? null : from
  const quarter = (at: number): number => at - (at % QUARTER) + QUARTER
  for (let at = from; at <= last; at = Math.min(quarter(at), quarter(at + lagMs) - lagMs))
    if (isOpen(at) && isOpen(at + lagMs)) return at
  return null
}
