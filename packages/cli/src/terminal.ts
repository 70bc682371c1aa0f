import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { normalPassword } from '@waiaas/contract'
import { CommandError } from './errors.ts'

/** An answer of a command, on stdout. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))
/** What a person should know beside the answer, on stderr. */
export const note = (text: string): void => void process.stderr.write(`waiaas: ${text}\n`)

export const canAsk = (): boolean => process.stdin.isTTY === true

/** Asks at the terminal without showing what is typed. Fails when it is interrupted. */
export async function askSecret(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  process.stderr.write(question)
  try {
    // readline puts a terminal into raw mode, so nothing is echoed but what goes to `silent`.
    return await askLine('', silent, 'no password was given')
  } finally {
    process.stderr.write('\n')
  }
}

/** Asks at the terminal, on stderr. Fails when it is interrupted. */
export const askText = (question: string): Promise<string> => askLine(question, process.stderr, 'no answer was given')

async function askLine(question: string, output: Writable, otherwise: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(new CommandError(otherwise))
  lines.once('SIGINT', stop)
  lines.once('close', stop)
  try {
    return await Promise.race([lines.question(question), stopped.promise])
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
