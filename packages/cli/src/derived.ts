import {
  type AllOperations,
  commands,
  commandUsage,
  type Flag,
  isFailure,
  isStop,
  type Operation,
  operations,
  parseArguments,
} from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { connectFor, connectForStop, type DaemonFlags } from './api.ts'
import { columns } from './columns.ts'
import { askConsent, requireConsent } from './confirming.ts'
import { UsageError } from './errors.ts'
import { daemonFlagsHelp } from './flags.ts'
import { plainText } from './table.ts'
import { note, print, printJson } from './terminal.ts'
import { views } from './views.ts'

/** A command as it follows from the contract. */
export type Derived = ReturnType<typeof commands>[number]

/** The commands that follow from the operations of the contract. */
export const derivedCommands = (): Derived[] => commands(operations)

const text = (field: string): Flag => ({ field, name: `--${field}`, kind: 'text', required: false, summary: '' })
const globals: readonly Flag[] = [
  text('data-dir'),
  text('base-url'),
  text('password-file'),
  { ...text('plain-password'), kind: 'boolean' },
  { ...text('json'), kind: 'boolean' },
]

const yes: Flag = { ...text('yes'), kind: 'boolean' }
// The command was derived from this operation.
const operationOf = ({ operation }: Derived): Operation => operations[operation as keyof AllOperations]

export function derivedUsage(command: Derived): string {
  const asks = operationOf(command).destroys === undefined ? '' : '\n  --yes                   do not ask'
  return `${commandUsage(command)}\n${daemonFlagsHelp}${asks}`
}

/** Asks a person before a call is made, and gives what is sent. */
type Ask = (api: WAIaaSClient, input: Input) => Promise<Input>

/** Calls the operation of a command and shows its answer; `ask` comes before the call. */
export async function runDerived(command: Derived, argv: readonly string[], ask?: Ask): Promise<void> {
  const { input, globals: flags } = readArguments(command, argv)
  // The command was derived from this operation, and the daemon checks the input.
  const name = command.operation as keyof AllOperations
  const op = operationOf(command)
  requireConsent(command.name, op, flags.yes === true)
  const send = async () => {
    const call = isStop(op) ? await stopSender(name, flags) : await sender({ name, op, input, ask }, flags)
    return call(input)
  }
  const answer = await send().catch((error: unknown) => {
    const isDown = error instanceof WAIaaSError && error.code === 'NETWORK_ERROR'
    if (isDown && op.whenDown !== undefined && !flags.json) note(op.whenDown)
    throw error
  })
  if (flags.json) printJson(answer ?? null)
  // The daemon answers with the output of the operation that was called.
  else print((views[name] as View | undefined)?.(answer) ?? plainText(answer, columns[name]))
}

type Send = (input: Input) => Promise<unknown>

/** A stop goes through the socket in the data directory where there is one. */
async function stopSender(name: keyof AllOperations, flags: DaemonFlags): Promise<Send> {
  const api = await connectForStop(flags)
  return api[name as keyof typeof api] as Send
}

type Called = { name: keyof AllOperations; op: Operation; input: Input; ask: Ask | undefined }

async function sender({ name, op, input, ask }: Called, flags: Flags): Promise<Send> {
  const api = await connectFor(op.access, flags)
  if (op.destroys !== undefined && flags.yes !== true) await askConsent(op, name, { api, input })
  const send = api[name] as Send
  return ask ? async (wanted) => send(await ask(api, wanted)) : send
}

type Input = Record<string, unknown>
type View = (answer: unknown) => string

type Flags = DaemonFlags & { yes?: boolean }

function readArguments(command: Derived, argv: readonly string[]): { input: Input; globals: Flags } {
  const all = operationOf(command).destroys === undefined ? globals : [...globals, yes]
  try {
    return parseArguments(command, argv, all)
  } catch (error) {
    if (!isFailure(error, 'ACTION_VALIDATION_FAILED')) throw error
    throw new UsageError(error.message.split('\n')[0] ?? '', derivedUsage(command))
  }
}
