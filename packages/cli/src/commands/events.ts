import { operations } from '@waiaas/contract'
import type { DaemonEvent } from '@waiaas/sdk'
import { connectFor } from '../api.ts'
import { daemonFlags, daemonFlagsHelp, readFlags } from '../flags.ts'
import { stopSignal } from '../stop-signal.ts'
import { printable } from '../table.ts'
import { print } from '../terminal.ts'

export const usage = `usage: waiaas events [flags]
Shows what happens, as it happens, until Ctrl-C: all to the operator, its own transactions to a session.
  --after <id>            begin behind this event, in place of now
${daemonFlagsHelp.replace('print JSON', 'print each event as a line of JSON')}`

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = readFlags(argv, usage, { ...daemonFlags, after: { type: 'string' } })
  const { after, json } = values
  const ended = new AbortController()
  void stopSignal().then(() => ended.abort())
  // Whoever read it has seen enough.
  process.stdout.once('error', () => ended.abort())
  const api = await connectFor(operations.listEvents, values)
  try {
    for await (const event of api.events({ signal: ended.signal, ...(after !== undefined && { lastEventId: after }) }))
      print(json ? JSON.stringify(event) : lineOf(event))
  } catch (error) {
    if (!ended.signal.aborted) throw error
  }
  return 0
}

/** When, what, and of what. */
function lineOf({ at, event, transactionId, walletId, status, txHash }: DaemonEvent): string {
  const about = [transactionId ?? walletId, transactionId && status, txHash].filter((part) => part)
  return printable([new Date(at * 1_000).toISOString(), event, ...about].join('  '))
}
