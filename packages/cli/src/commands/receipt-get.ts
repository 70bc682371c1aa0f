import { operations } from '@waiaas/contract'
import { connectFor } from '../api.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { writeNewFile } from '../new-file.ts'
import { pathOf } from '../place.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas receipt get <transaction> [--output <file>] [flags]
Gives a signed receipt of a transaction: what was asked, decided, approved, signed and landed. "waiaas receipt verify"
proves it on any machine.
  --output <file>         a new file for it; without it the receipt is printed
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, usage, {
    options: { ...daemonFlags, output: { type: 'string' } },
    places: 1,
  })
  const [id] = positionals
  if (id === undefined) throw new UsageError('expected the id of one transaction', usage)
  const output = values.output === undefined ? undefined : pathOf('--output', values.output)
  const api = await connectFor(operations.getReceipt, values)
  const receipt = await api.getReceipt({ id })
  if (output === undefined) {
    printJson(receipt)
    return 0
  }
  await writeNewFile(
    output,
    (async function* () {
      yield `${JSON.stringify(receipt, null, 2)}\n`
    })(),
  )
  const { status, type, digest } = receipt.transaction
  if (values.json) printJson({ output, id, status, hash: receipt.hash })
  else print(`the receipt of ${type} ${id} (${status}, digest ${digest ?? 'none'}) is in ${output}`)
  return 0
}
