import {
  commands,
  commandUsage,
  type Flag,
  isFailure,
  isStop,
  type Operation,
  operations,
  parseArguments,
} from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { connectFor, connectForStop, type DaemonFlags } from './api.ts'
import { columns } from './columns.ts'
import { UsageError } from './errors.ts'
import { daemonFlagsHelp } from './flags.ts'
import { plainText } from './table.ts'
import { print, printJson } from './terminal.ts'
import { views } from './views.ts'
import { chooseWallet } from './wallets.ts'

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
  const op: Operation = operations[name]
  const send = isStop(op) ? await stopSender(name, flags) : await sender(command, name, flags)
  const answer = await send(input)
  if (flags.json) printJson(answer ?? null)
  // The daemon answers with the output of the operation that was called.
  else print((views[name] as View | undefined)?.(answer) ?? plainText(answer, columns[name]))
}

type Send = (input: Input) => Promise<unknown>

/** A stop goes through the socket in the data directory where there is one; the daemon knows wallets by name. */
async function stopSender(name: keyof typeof operations, flags: DaemonFlags): Promise<Send> {
  const api = await connectForStop(flags)
  return api[name as keyof typeof api] as Send
}

async function sender(command: Derived, name: keyof typeof operations, flags: DaemonFlags): Promise<Send> {
  const api = await connectFor((operations[name] as Operation).access, flags)
  const send = api[name] as Send
  return async (input) => send(await withWalletIds(command, input, api))
}

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** People name wallets; the wire wants ids. */
async function withWalletIds({ name }: Derived, input: Input, api: WAIaaSClient): Promise<Input> {
  const fields = ['walletId', 'wallet_id', ...(name.startsWith('wallet ') ? ['id'] : [])]
  const resolved = { ...input }
  for (const field of fields) {
    const value = input[field]
    if (typeof value === 'string' && !isUuid.test(value)) resolved[field] = (await chooseWallet(api, value)).id
  }
  return resolved
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
