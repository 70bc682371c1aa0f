import pino, { type Logger } from 'pino'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>

/** What a full disk, or a reader that has gone, does not take is lost; the daemon goes on. */
const loseLine = (): void => undefined

/** JSON lines on stdout. Nothing that can hold a secret is ever passed in: no headers, bodies, endpoints or keys. */
export function jsonLog(level: string): Logger {
  const destination = pino.destination({ fd: 1, sync: true })
  destination.on('error', loseLine)
  if (!process.stdout.listeners('error').includes(loseLine)) process.stdout.on('error', loseLine)
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

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
