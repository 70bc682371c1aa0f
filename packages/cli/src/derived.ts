import {
  commands,
  commandUsage,
  type Flag,
  isFailure,
  type Operation,
  operations,
  parseArguments,
} from '@waiaas/contract'
import { connectFor, type DaemonFlags } from './api.ts'
import { columns } from './columns.ts'
import { UsageError } from './errors.ts'
import { daemonFlagsHelp } from './flags.ts'
import { plainText } from './table.ts'
import { print, printJson } from './terminal.ts'
import { views } from './views.ts'

type Derived = ReturnType<typeof commands>[number]

/** The commands that follow from the operations of the contract. */
export const derivedCommands = (): Derived[] => commands(operations)

const text = (field: string): Flag => ({ field, name: `--${field}`, kind: 'text', required: false, summary: '' })
const globals: readonly Flag[] = [
  text('data-dir'),
  text('base-url'),
  text('password-file'),
  { ...text('json'), kind: 'boolean' },
]

export const derivedUsage = (command: Derived): string => `${commandUsage(command)}\n${daemonFlagsHelp}`

/** Calls the operation of a command and shows its answer. */
export async function runDerived(command: Derived, argv: readonly string[]): Promise<void> {
  const { input, globals: flags } = readArguments(command, argv)
  // The command was derived from this operation, and the daemon checks the input.
  const name = command.operation as keyof typeof operations
  const api = await connectFor((operations[name] as Operation).access, flags)
  const send = api[name] as (input: unknown) => Promise<unknown>
  const answer = await send(input)
  if (flags.json) printJson(answer ?? null)
  // The daemon answers with the output of the operation that was called.
  else print((views[name] as View | undefined)?.(answer) ?? plainText(answer, columns[name]))
}

type Input = Record<string, unknown>
type View = (answer: unknown) => string

function readArguments(command: Derived, argv: readonly string[]): { input: Input; globals: DaemonFlags } {
  try {
    return parseArguments(command, argv, globals)
  } catch (error) {
    if (!isFailure(error, 'ACTION_VALIDATION_FAILED')) throw error
    throw new UsageError(error.message.split('\n')[0] ?? '', derivedUsage(command))
  }
}
