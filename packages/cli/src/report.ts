import { WAIaaSError } from '@waiaas/sdk'
import { CommandError, UsageError } from './errors.ts'
import { note } from './terminal.ts'

/** Tells on stderr why a command failed and what to do; the exit code. */
export function report(error: unknown): number {
  if (error instanceof UsageError) {
    note(error.message)
    if (error.usage !== undefined) process.stderr.write(`${error.usage}\n`)
    return 2
  }
  note(messageOf(error))
  for (const line of advice(error)) process.stderr.write(`  ${line}\n`)
  return 1
}

const messageOf = (error: unknown): string => {
  if (error instanceof WAIaaSError) return `${error.message} (${error.code})`
  return error instanceof Error ? error.message : String(error)
}

function advice(error: unknown): string[] {
  if (error instanceof CommandError) return error.hint === undefined ? [] : [error.hint]
  if (error instanceof WAIaaSError) {
    const hint = error.code === 'NETWORK_ERROR' ? start : error.hint
    return [...reasonsOf(error), ...(hint === undefined ? [] : [hint])]
  }
  // Errors of the daemon's start carry their hint in the same field.
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? [error.hint] : []
}

const start = 'start it with "waiaas start", or name another with --base-url'

function reasonsOf({ details }: WAIaaSError): string[] {
  const reasons: unknown = details?.reasons
  if (!Array.isArray(reasons)) return []
  return reasons.flatMap((reason: { code?: unknown; message?: unknown }) =>
    typeof reason.message === 'string' ? [`${reason.code}: ${reason.message}`] : [],
  )
}
