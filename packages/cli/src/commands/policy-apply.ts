import type { AllOperations, Input } from '@waiaas/contract'
import type { PolicyText } from '@waiaas/contract/policy-text'
import { WAIaaSError } from '@waiaas/sdk'
import { connectOperator, connectReader } from '../api.ts'
import { CommandError, UsageError } from '../errors.ts'
import { daemonFlags, daemonFlagsHelp, readArguments } from '../flags.ts'
import { policyChangesText } from '../policy-changes.ts'
import { readPolicyFile } from '../policy-file.ts'
import { print, printJson } from '../terminal.ts'

export const usage = `usage: waiaas policy apply <file> [flags]
Makes the policies those of a file, YAML or JSON: all of its changes, or none where one is wrong. - is stdin.
  --dry-run               only show what would change
  --prune                 also remove policies that are not in the file
${daemonFlagsHelp}`

export async function run(argv: readonly string[]): Promise<number> {
  const own = { 'dry-run': { type: 'boolean' }, prune: { type: 'boolean' } } as const
  const { values, positionals } = readArguments(argv, usage, { options: { ...daemonFlags, ...own }, places: 1 })
  const [path] = positionals
  if (path === undefined) throw new UsageError('expected a file', usage)
  const file = await readPolicyFile(path)
  // The daemon checks each of them.
  const policies = file.policies as Input<AllOperations['applyPolicies']>['policies']
  const asked = { policies, prune: values.prune ?? false }
  const answer = await (values['dry-run']
    ? (await connectReader(values)).previewPolicies(asked)
    : (await connectOperator(values)).api.applyPolicies(asked)
  ).catch((error: unknown) => {
    throw inFile(path, file, error)
  })
  if (values.json) printJson(answer)
  else print(policyChangesText(answer))
  return 0
}

/** What is wrong with the policies, a line for each, by where it stands. */
function inFile(path: string, file: PolicyText, error: unknown): unknown {
  if (!(error instanceof WAIaaSError) || error.code !== 'ACTION_VALIDATION_FAILED') return error
  const issues = (error.details as { issues?: { path: string; message: string }[] } | undefined)?.issues ?? []
  if (issues.length === 0) return error
  const lines = issues.map((issue) => `${path}:${file.lineOf(issue.path)}: ${issue.path}: ${issue.message}`)
  return new CommandError(lines.join('\n'), 'nothing was changed; waiaas policy export shows the form', error)
}
