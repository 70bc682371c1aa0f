import { connectOperator } from '../api.ts'
import { readSecretFile } from '../credentials.ts'
import { UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas settings set <section.key> [<value>] [flags]
Changes a setting at run time.
  --value-file <file>     file with the value, for one that holds a credential; - is stdin
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(argv, usage, { ...daemonFlags, 'value-file': { type: 'string' } }, 2)
  const [key, given] = positionals
  const file = values['value-file']
  if (key === undefined || (given === undefined) === (file === undefined)) {
    throw new UsageError('expected a key, and either a value or --value-file', usage)
  }
  const { api } = await connectOperator(values)
  const value = given ?? (await readSecretFile(file ?? '-'))
  const answer = await api.updateSettings({ settings: [{ key, value }] })
  if (values.json) printJson(answer)
  else print(`${key} is set`)
  return 0
}
