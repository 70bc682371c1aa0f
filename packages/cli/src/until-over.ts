import type { Command, TransactionDetail } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from './errors.ts'
import { note } from './terminal.ts'

/** What `--wait` says alone. */
const UNTIL_OVER = 'until it is over'
export const WAIT_HELP = 'alone: until it has landed, has failed, or waits for you'
const ROUND_S = 30

type Input = Record<string, unknown>

/** Does a command send what can be waited for? */
export const canWaitOn = ({ operation }: Pick<Command, 'operation'>): boolean => operation === 'sendToken'

/** The command with a `--wait` that needs no seconds. */
export function withOpenWait<Of extends Command>(command: Of): Of {
  if (!canWaitOn(command)) return command
  return {
    ...command,
    flags: command.flags.map((flag) => (flag.field === 'wait' ? { ...flag, alone: UNTIL_OVER } : flag)),
  }
}

/** The input that is sent, and whether what comes of it is waited for here. */
export function openWait({ wait, ...input }: Input): { input: Input; isOpen: boolean } {
  const isOpen = wait === UNTIL_OVER
  return { input: isOpen || wait === undefined ? input : { ...input, wait }, isOpen }
}

/** What was sent, with what has become of it; what was only tried stays as it is. */
export async function untilOver(api: WAIaaSClient, answer: unknown, isQuiet: boolean): Promise<unknown> {
  const id = idIn(answer)
  if (id === undefined) return answer
  if (!isQuiet) note(`sent as ${id}; Ctrl-C ends the waiting alone`)
  let seen: TransactionDetail['status'] | undefined
  for (;;) {
    const { status, tier, txHash, error, waitReason } = await api.getTransaction({
      ...{ id, wait: ROUND_S },
      ...(seen && { seen }),
    })
    if (isOver({ status, tier })) return { ...(answer as object), status, tier, txHash, error, waitReason }
    seen = status
  }
}

type Seen = Pick<TransactionDetail, 'status' | 'tier'>
const GOES_ON: readonly TransactionDetail['status'][] = ['PENDING', 'EXECUTING', 'SUBMITTED', 'GAS_WAITING']

const waitsForHuman = ({ status, tier }: Seen): boolean => status === 'QUEUED' && tier === 'APPROVAL'
/** A delay ends by itself. */
const isOver = (seen: Seen): boolean =>
  waitsForHuman(seen) || (seen.status !== 'QUEUED' && !GOES_ON.includes(seen.status))

/** Fails unless it has landed: whoever goes on after it takes it as paid. */
export function requireLanded(answer: unknown, isQuiet: boolean): void {
  const id = idIn(answer)
  if (id === undefined) return
  // It was sent, and this is what `untilOver` has made of the answer.
  const { status, tier, error, waitReason } = answer as TransactionDetail
  if (waitsForHuman({ status, tier }))
    throw new CommandError(`it waits for a human${because(waitReason)}`, `waiaas tx approve ${id} shows it, and asks`)
  if (status !== 'CONFIRMED' && status !== 'SIGNED')
    throw new CommandError(`it has not landed: ${status}${because(error)}`, `waiaas tx get ${id} says more`)
  if (!isQuiet) note(status === 'SIGNED' ? 'it is signed' : 'it has landed')
}

const because = (why: string | null | undefined): string => (why ? `, ${why}` : '')

const idIn = (answer: unknown): string | undefined =>
  typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'string'
    ? answer.id
    : undefined
