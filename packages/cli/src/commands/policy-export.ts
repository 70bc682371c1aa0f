import { policyText } from '@waiaas/contract/policy-text'
import { connectReader } from '../api.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { writeNewFile } from '../new-file.ts'
import { pathOf } from '../place.ts'
import { note, print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas policy export [flags]
Exports all policies as YAML, with wallets by name, for a file under version control.
  --output <file>         a new file; left out: the terminal
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { ...daemonFlags, output: { type: 'string' } })
  const api = await connectReader(values)
  const { policies, leftOut } = await api.exportPolicies()
  const text = values.json ? `${JSON.stringify({ policies }, null, 2)}\n` : policyText(policies)
  if (leftOut > 0 && !values.json)
    note(`${leftOut} policies of single sessions are left out: they end with their session`)
  if (values.output === undefined) {
    if (values.json) printJson({ policies })
    else print(text.trimEnd())
    return 0
  }
  const output = pathOf('--output', values.output)
  await writeNewFile(
    output,
    (async function* () {
      yield text
    })(),
  )
  note(`${policies.length} policies are in ${output}`)
  return 0
}
