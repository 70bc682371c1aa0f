import { integerOf, remaining, toUsd } from '@waiaas/contract'
import type { EvaluateInput, Finding, Ruling, Window, Windows } from './case.ts'
import type { Asker } from './largest.ts'

/** Rules whose times must fall together are looked at so often. */
const MOST_MOVES = 16

type Goal = {
  passes(ruling: Ruling): boolean
  /** Is it this that keeps it from passing? */
  blocks(finding: Finding): boolean
}

/**
 * Unix seconds at which the same request passes by itself; undefined where waiting alone does not help. Each rule says when it
 * alone would let it pass, and none of them does before: so it is nowhere before the latest of these, and there it is asked again.
 */
export function passesAt(
  asker: Asker,
  { input, ruling }: { input: EvaluateInput; ruling: Ruling },
  { passes, blocks }: Goal,
) {
  let [at, found] = [0, ruling]
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    const times = found.findings.filter(blocks).map(({ tell }) => tell().retryAt)
    if (times.length === 0 || times.some((time) => time === undefined)) return undefined
    // None is undefined, as was looked at above.
    const next = Math.max(...(times as number[]))
    const later = next > at ? asker.ask(inputAt(input, next * 1_000)) : undefined
    if (!later) return undefined
    ;[at, found] = [next, later]
    if (passes(found)) return at
  }
  return undefined
}

const MINUTE = 60_000

/** The same request, asked for anew at a later time at which nothing else has happened. */
function inputAt(input: EvaluateInput, now: number): EvaluateInput {
  const { latest: _latest, context: _context, spent, requests, standing, ...rest } = input
  const { networks, session, ...own } = spent
  const signed = standing?.signedRequests
  const isOver = now >= input.now + MINUTE
  return {
    ...rest,
    now,
    spent: {
      ...windowsAt(own, now),
      networks: Object.fromEntries(
        Object.entries(networks).map(([name, windows]) => [name, windows && windowsAt(windows, now)]),
      ),
      ...(session && { session: windowsAt(session, now) }),
    },
    requests: { ...requests, ...(requests.counted && { counted: countedAt(requests.counted, now) }) },
    ...(standing && {
      standing: {
        ...standing,
        ...(signed && isOver && { signedRequests: Object.fromEntries(Object.keys(signed).map((key) => [key, 0])) }),
      },
    }),
  }
}

const windowsAt = ({ day, month }: Windows, now: number): Windows => ({
  day: windowAt(day, now),
  month: windowAt(month, now),
})

function windowAt({ total, final, fullUntil, ...more }: Window, now: number): Window {
  const stays = final.filter(({ until }) => until > now)
  const left = final.reduce((sum, { until, usd }) => (until > now ? sum : sum + integerOf(usd)), 0n)
  return {
    ...more,
    total: remaining(total, toUsd(left)),
    final: stays,
    ...(fullUntil !== undefined && fullUntil > now && { fullUntil }),
  }
}

type Counted = NonNullable<EvaluateInput['requests']['counted']>
/** What was counted once is fewer by one from when there is room again. */
const countedAt = (counted: Counted, now: number): Counted =>
  Object.fromEntries(
    Object.entries(counted).map(([id, { count, freeAt }]) => [
      id,
      freeAt > 0 && freeAt <= now ? { count: 0, freeAt: 0 } : { count, freeAt },
    ]),
  )
