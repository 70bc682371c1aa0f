import { readFile } from 'node:fs/promises'
import { type ReceiptVerdict, verifyReceipt } from '@waiaas/daemon'
import { CommandError, errorCode, UsageError } from '../errors.ts'
import { readArguments } from '../flags.ts'
import { pathOf } from '../place.ts'
import { printable } from '../table.ts'
import { note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas receipt verify <file> --public-key <key> [--json]
Proves a receipt on any machine, without the daemon: exit code 0 only if it is whole. It says what it proved, and what only
the word of the daemon stands for.
  --public-key <key>   the key that must have signed, as "waiaas audit checkpoint" shows it
  --json               print JSON`

/** A receipt is far smaller. */
const MOST_BYTES = 8 * 1024 * 1024

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, {
    options: { 'public-key': { type: 'string' }, json: { type: 'boolean' } },
    places: 1,
  })
  const [file] = positionals
  const publicKey = values['public-key']
  if (file === undefined) throw new UsageError('expected the file of a receipt', usage)
  if (publicKey === undefined || !/^[A-Za-z0-9+/]{43}=$/.test(publicKey))
    throw new UsageError('expected --public-key as base64 of 32 bytes', usage)
  const verdict = await verifyReceipt(await read(pathOf('<file>', file)), publicKey)
  if (values.json) printJson(verdict)
  else print(inWords(verdict))
  if (!verdict.whole) note('the receipt is not whole')
  return verdict.whole ? 0 : 1
}

async function read(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${path} cannot be read (${errorCode(error)})`, 'name the file of a receipt', error)
  })
  if (text.length > MOST_BYTES) throw new CommandError(`${path} is too long for a receipt`, 'name another file')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError(`${path} is no JSON`, 'name what "waiaas receipt get --output" wrote', error)
  }
}

function inWords({ whole, transactionId, faults, missing, proven, word }: ReceiptVerdict): string {
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : [`${title}:`, ...items.map((item) => `  - ${printable(item)}`)]
  const about = transactionId === null ? 'the receipt' : `the receipt of ${printable(transactionId)}`
  return [
    whole ? `whole: ${about} proves what it says` : `not whole: ${about} does not prove what it says`,
    ...list('wrong', faults),
    ...list('not proven', missing),
    ...list('proven', proven),
    ...list("on the daemon's word", word),
  ].join('\n')
}
