import {
  type AllOperations,
  commands,
  commandUsage,
  type Flag,
  isFailure,
  isStop,
  type Operation,
  type Output,
  operations,
  parseArguments,
} from '@waiaas/contract'
import { type WAIaaSClient, WAIaaSError } from '@waiaas/sdk'
import { connectFor, connectForStop, connectReader, type DaemonFlags } from './api.ts'
import { withBalances } from './balances.ts'
import { columns } from './columns.ts'
import { askConsent, requireConsent } from './confirming.ts'
import { CONTACT_HELP, takesContacts, withContacts } from './contacts.ts'
import { UsageError } from './errors.ts'
import { daemonFlagsHelp, timeFlag } from './flags.ts'
import { unknownIds, withIds, withWalletNames } from './names.ts'
import { SYMBOL_HELP, takesSymbols, withSymbols } from './symbols.ts'
import { plainText } from './table.ts'
import { note, print, printJson } from './terminal.ts'
import { TIME_HELP } from './times.ts'
import { canWaitOn, openWait, requireLanded, untilOver, WAIT_HELP, withOpenWait } from './until-over.ts'
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
  const times = command.flags.some(({ kind }) => kind === 'time') ? `\n  <time>                  ${TIME_HELP}` : ''
  const more = {
    ...(takesSymbols(command) && { amount: SYMBOL_HELP }),
    ...(takesContacts(command) && { to: CONTACT_HELP }),
    ...(canWaitOn(command) && { wait: WAIT_HELP }),
  }
  return `${commandUsage({ ...command, flags: command.flags.map((flag) => explained(flag, more)) })}\n${daemonFlagsHelp}${asks}${times}`
}

/** With what the terminal takes beyond the daemon. */
function explained(flag: Flag, more: Readonly<Record<string, string>>): Flag {
  const said = more[flag.field]
  return said === undefined ? flag : { ...flag, summary: `${flag.summary}; ${said}` }
}

/** Asks a person before a call is made, and gives what is sent. */
type Ask = (api: WAIaaSClient, input: Input) => Promise<Input>

/** Calls the operation of a command and shows its answer; `ask` comes before the call. */
export async function runDerived(command: Derived, argv: readonly string[], ask?: Ask): Promise<void> {
  const { input: said, globals: flags } = readArguments(withOpenWait(command), argv)
  const { input, isOpen } = openWait(said)
  // The command was derived from this operation, and the daemon checks the input.
  const name = command.operation as keyof AllOperations
  const op = operationOf(command)
  requireConsent(command.name, op, flags.yes === true)
  const called = { command, op, input: timed(command, input), ask }
  // A stop takes no password, unless somebody has to look up what it is to stop.
  const send = isStop(op) && unknownIds(command, op, input).length === 0 ? stopped : sent
  const { api, answer: first } = await send(name, called, flags).catch((error: unknown) => {
    const isDown = error instanceof WAIaaSError && error.code === 'NETWORK_ERROR'
    if (isDown && op.whenDown !== undefined && !flags.json) note(op.whenDown)
    throw error
  })
  const isQuiet = flags.json === true
  const answer = isOpen && api ? await untilOver(api, first, isQuiet) : first
  if (flags.json) printJson(answer ?? null)
  // The daemon answers with the output of the operation that was called.
  else print((views[name] as View | undefined)?.(answer) ?? plainText(await readable(name, api, answer), columns[name]))
  if (isOpen) requireLanded(answer, isQuiet)
}

/** Lists say wallets by their names, and of wallets what they hold; only who is no stopper can ask for those. */
async function readable(name: Name, api: WAIaaSClient | undefined, answer: unknown): Promise<unknown> {
  if (!api) return answer
  // The daemon answers with the output of the operation that was called.
  return name === 'listWallets'
    ? withBalances(api, answer as Output<AllOperations['listWallets']>)
    : withWalletNames(api, answer)
}

type Called = { command: Derived; op: Operation; input: Input; ask: Ask | undefined }
type Name = keyof AllOperations
/** `api`: as whom it was done, where that may look too. */
type Done = { readonly answer: unknown; readonly api: WAIaaSClient | undefined }

/** A stop goes through the socket in the data directory where there is one. */
async function stopped(name: Name, { input }: Called, flags: Flags): Promise<Done> {
  const api = await connectForStop(flags)
  const send = api[name as keyof typeof api] as (input: Input) => Promise<unknown>
  return { answer: await send(input), api: undefined }
}

async function sent(name: Name, { command, op, input, ask }: Called, flags: Flags): Promise<Done> {
  const api = await connectFor(op, flags)
  // A program that reads JSON is told nothing beside it.
  const asking = { api, operator: () => connectReader(flags), tell: flags.json ? () => undefined : note }
  const addressed = await withContacts(command, await withIds(command, api, input), asking)
  const named = await withSymbols(command, api, addressed)
  if (op.destroys !== undefined && flags.yes !== true) await askConsent(op, name, { api, input: named })
  const send = api[name] as (input: Input) => Promise<unknown>
  return { answer: await send(ask ? await ask(api, named) : named), api }
}

/** Times as the daemon takes them. */
function timed(command: Derived, input: Input): Input {
  const read = { ...input }
  for (const { field, kind, name } of command.flags) {
    const text = input[field]
    if (kind !== 'time' || typeof text !== 'string') continue
    read[field] = timeFlag(name, text, derivedUsage(command))
  }
  return read
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
