import { isatty } from 'node:tty'
import { safeText } from '@waiaas/contract'
import pino, { type Logger } from 'pino'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>

/** What a full disk, or a reader that has gone, does not take is lost; the daemon goes on. */
const loseLine = (): void => undefined

/** Lines on stdout: text at a terminal, JSON otherwise. Nothing that can hold a secret is ever passed in: no headers, bodies, endpoints or keys. */
export function jsonLog(level: string): Logger {
  const destination = pino.destination({ fd: 1, sync: true })
  destination.on('error', loseLine)
  if (!process.stdout.listeners('error').includes(loseLine)) process.stdout.on('error', loseLine)
  const stream = isatty(1) ? { write: (line: string) => void destination.write(`${logLine(line)}\n`) } : destination
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}

/** A line of JSON as a person reads it: when, how bad, what, and the rest as name=value. */
export function logLine(json: string): string {
  // Written by pino from what it was handed.
  const { time, level, msg = '', err, ...rest } = JSON.parse(json) as Record<string, unknown>
  const name = pino.levels.labels[Number(level)] ?? 'info'
  const more = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const line = safeText(
    [String(time).slice(11, 19), name.toUpperCase().padEnd(5), String(msg), ...more].join(' '),
    MOST_LINE,
  )
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : ''
  return line + stack
}

const MOST_LINE = 2_000

const AGAIN_MS = 3_600_000
const MOST = 1_000

/** Says each thing once, and again when it is still so an hour later. `monotonic` is in milliseconds. */
export function seldom(say: (message: string) => void, monotonic = () => performance.now()): (message: string) => void {
  const said = new Map<string, number>()
  return (message) => {
    const now = monotonic()
    if (now - (said.get(message) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return
    if (said.size >= MOST) said.clear()
    said.set(message, now)
    say(message)
  }
}
