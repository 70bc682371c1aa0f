import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { didYouMean } from '@waiaas/contract'
import { errorCode, UsageError } from './errors.ts'
import { TIME_HELP, timeOf } from './times.ts'

/** Flags of every command that talks to a daemon. */
export const daemonFlags = {
  'data-dir': { type: 'string' },
  'base-url': { type: 'string' },
  'password-file': { type: 'string' },
  'plain-password': { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig

export const daemonFlagsHelp = `  --data-dir <dir>        data directory [WAIAAS_DATA_DIR or ~/.waiaas]
  --base-url <url>        the daemon [WAIAAS_BASE_URL, or the port in <data-dir>/daemon.port]
  --password-file <file>  file with the master password; - is stdin
  --plain-password        send the master password itself, not sealed to the signer
  --json                  print JSON`

/** Reads the flags of a command; UsageError with the usage when one is unknown or lacks its value. */
export const readFlags = <const O extends ParseArgsOptionsConfig>(argv: readonly string[], usage: string, options: O) =>
  readArguments(argv, usage, { options, places: 0 })

/** As `readFlags`, of a command that takes so many words without a flag. */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  usage: string,
  { options, places }: { options: O; places: number },
) {
  const parsed = parse(argv, usage, options)
  if (parsed.positionals.length > places) throw new UsageError(`unexpected "${parsed.positionals[places]}"`, usage)
  return parsed
}

function parse<const O extends ParseArgsOptionsConfig>(argv: readonly string[], usage: string, options: O) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    if (!(error instanceof Error) || !errorCode(error)?.startsWith('ERR_PARSE_ARGS_')) throw error
    const message = lowerFirst(error.message.split('. ')[0] ?? error.message)
    const unknown = /^unknown option '(--[^']+)'/.exec(message)?.[1]
    const known = Object.keys(options).map((name) => `--${name}`)
    throw new UsageError(unknown === undefined ? message : `${message}${didYouMean(unknown, known)}`, usage)
  }
}

const lowerFirst = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`

/** A whole number given as a flag. */
export function wholeNumber(name: string, text: string | undefined, usage: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`expected --${name} as a whole number, got "${text.slice(0, 40)}"`, usage)
}

/** The unix seconds that a flag means. What is asked up to a day is asked up to its end. */
export function timeFlag(name: string, text: string, usage: string): number {
  const edge = name === '--until' || name === '--to' ? 'last' : 'first'
  const at = timeOf(text, { now: Math.floor(Date.now() / 1_000), edge })
  if (at !== undefined) return at
  throw new UsageError(`expected ${name} as ${TIME_HELP}, got "${text.slice(0, 40)}"`, usage)
}
