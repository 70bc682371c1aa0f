import { isatty } from 'node:tty'
import { styleText } from 'node:util'
import { safeText } from '@waiaas/contract'
import pino, { type Logger } from 'pino'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>

/** Of what a reader takes too slowly, or not at all, so much waits for it; what is more is lost. */
const MOST_WAITING_BYTES = 2 ** 20
const AGAIN_AFTER_MS = 100
/** The thread that serves, stops included, waits for no reader. */
const waitForNobody = (): boolean => false

/** What a full disk, or a reader that has gone, does not take is lost; the daemon goes on. */
const loseLine = (): void => undefined

/** What a reader does not take yet is tried again soon, also when nothing more is said. */
function laterTo(writeWhatWaits: () => void) {
  let isDue = false
  return ({ code }: NodeJS.ErrnoException): void => {
    if (code !== 'EAGAIN' || isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      writeWhatWaits()
    }, AGAIN_AFTER_MS).unref()
  }
}

/** For people, or for programs. */
export type LogForm = 'text' | 'json'

/** With `auto` it is text at a terminal. */
export const logForm = (asked: 'auto' | LogForm): LogForm => (asked === 'auto' ? (isatty(1) ? 'text' : 'json') : asked)

/** Lines on stdout. Nothing that can hold a secret is ever passed in: no headers, bodies, endpoints or keys. */
export function openLog(level: string, form: LogForm): Logger {
  const destination = pino.destination({ fd: 1, sync: true, maxLength: MOST_WAITING_BYTES, retryEAGAIN: waitForNobody })
  destination.on(
    'error',
    laterTo(() => void destination.write('')),
  )
  if (!process.stdout.listeners('error').includes(loseLine)) process.stdout.on('error', loseLine)
  const paint = colours()
  const stream =
    form === 'text' ? { write: (line: string) => void destination.write(`${logLine(line, paint)}\n`) } : destination
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
}

/** The same in JSON. */
export const jsonLog = (level: string): Logger => openLog(level, 'json')

type Paint = (text: string, tone: 'dim' | 'yellow' | 'red') => string
const plain: Paint = (text) => text

/** NO_COLOR is obeyed (https://no-color.org). */
const colours = (): Paint =>
  isatty(1) && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
    ? (text, tone) => styleText(tone, text, { validateStream: false })
    : plain

const TONES: Readonly<Record<string, 'yellow' | 'red'>> = {
  ...{ warn: 'yellow', error: 'red', fatal: 'red', warning: 'yellow', critical: 'red' },
}

/** A line of JSON as a person reads it: when, and `line` where there is one; else how bad, what, and the rest as name=value. */
export function logLine(json: string, paint: Paint = plain): string {
  // Written by pino from what it was handed.
  const { time, level, msg = '', err, line, ...rest } = JSON.parse(json) as Record<string, unknown>
  const name = pino.levels.labels[Number(level)] ?? 'info'
  const tone = TONES[String(rest.severity ?? name)]
  const when = paint(String(time).slice(11, 19), 'dim')
  const said = typeof line === 'string' ? line : [...lead(name), msg, ...pairs(rest)].join(' ')
  const text = safeText(said, MOST_LINE)
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : ''
  return `${when} ${tone ? paint(text, tone) : text}${stack}`
}

/** What is no more than said needs no word for it. */
const lead = (name: string): string[] => (name === 'info' ? [] : [name.toUpperCase()])

const pairs = (rest: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)

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
