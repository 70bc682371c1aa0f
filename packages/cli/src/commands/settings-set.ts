import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas settings set <section.key> [<value>] [flags]
Changes a setting at run time, or unsets it: then file, environment or default say again what it is.
  --value-file <file>     file with the value, for one that holds a credential; - is stdin
  --unset                 forget the value that was set at run time
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const own = { 'value-file': { type: 'string' }, unset: { type: 'boolean' } } as const
  const { values, positionals } = readArguments(argv, usage, { options: { ...daemonFlags, ...own }, places: 2 })
  const [key, given] = positionals
  const file = values['value-file']
  const ways = [given, file, values.unset].filter((way) => way !== undefined)
  if (key === undefined || ways.length !== 1)
    throw new UsageError('expected a key, and one of: a value, --value-file, --unset', usage)
  const { api } = await connectOperator(values)
  const value = values.unset ? null : (given ?? (await readSecretFile(file ?? '-')))
  const answer = await api.updateSettings({ settings: [{ key, value }] })
  if (values.json) printJson(answer)
  else print(`${key} is ${value === null ? 'unset' : 'set'}`)
  return 0
}
