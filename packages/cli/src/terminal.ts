import { createInterface, type Interface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { normalPassword } from '@waiaas/contract'
import { CommandError, Interrupted } from './errors.ts'

/** An answer of a command, on stdout. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))
/** What a person should know beside the answer, on stderr. */
export const note = (text: string): void => void process.stderr.write(`waiaas: ${text}\n`)

/** Does a person see what is said beside the answer? */
export const isWatched = (): boolean => process.stderr.isTTY === true
export const canAsk = (): boolean => process.stdin.isTTY === true

/** Asks at the terminal without showing what is typed. Fails when it is interrupted. */
export async function askSecret(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const ask = (lines: Interface) => {
    process.stderr.write(question)
    return lines.question('')
  }
  try {
    return await askLine(silent, ask, 'no password was given')
  } finally {
    process.stderr.write('\n')
  }
}

/** Asks at the terminal, on stderr. Fails when it is interrupted. */
export const askText = (question: string): Promise<string> =>
  askLine(process.stderr, (lines) => lines.question(question), 'no answer was given')

type Ask = (lines: Interface) => Promise<string>

async function askLine(output: Writable, ask: Ask, otherwise: string): Promise<string> {
  // It puts a terminal into raw mode, before anybody is asked: what is typed is shown on `output` alone.
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  const stopped = Promise.withResolvers<never>()
  lines.once('SIGINT', () => stopped.reject(new Interrupted('interrupted')))
  lines.once('close', () => stopped.reject(new CommandError(otherwise)))
  try {
    return await Promise.race([ask(lines), stopped.promise])
  } finally {
    lines.close()
  }
}

/** Asks for a new password, twice; at least 8 characters. */
export async function askNewPassword(question: string): Promise<string> {
  const password = checkNewPassword(await askSecret(question))
  if ((await askSecret('Once more: ')) !== password) throw new CommandError('the two passwords differ', 'try again')
  return password
}

/** Fails unless a new password is long enough. */
export function checkNewPassword(password: string): string {
  const { length } = normalPassword(password)
  if (length >= 8) return password
  throw new CommandError(`expected a password of at least 8 characters, got ${length}`, 'choose a longer one')
}
