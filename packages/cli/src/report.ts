import { type FailureBody, isFailure } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import { CommandError, errorCode, Interrupted, UsageError } from './errors.ts'
import { within80 } from './help-lines.ts'
import { printable } from './table.ts'
import { note } from './terminal.ts'
import { asTyped } from './typed.ts'

/** Tells on stderr why a command failed and what to do, with `asJson` in the shape of the API's errors; the exit code. */
export function report(error: unknown, asJson = false): number {
  if (error instanceof Interrupted) return 130
  if (asJson) {
    process.stderr.write(`${JSON.stringify(bodyOf(error), null, 2)}\n`)
    return error instanceof UsageError ? 2 : 1
  }
  if (error instanceof UsageError) {
    note(error.message)
    // Who has mistyped a word wants that word, and no screen of others.
    if (error.usage !== undefined && !error.message.includes('(did you mean '))
      process.stderr.write(`${within80(error.usage)}\n`)
    return 2
  }
  note(messageOf(error))
  for (const line of advice(error)) process.stderr.write(`  ${asTyped(line)}\n`)
  return 1
}

function bodyOf(error: unknown): FailureBody {
  if (error instanceof WAIaaSError) {
    const { code, message, retryable, details, requestId } = error
    const hint = code === 'NETWORK_ERROR' ? startIt : error.hint
    return {
      ...{ code, message, retryable },
      ...(details && { details }),
      ...(requestId !== undefined && { requestId }),
      ...(hint !== undefined && { hint }),
    }
  }
  if (isFailure(error)) return error.body()
  const isUsage = error instanceof UsageError
  const hint = isUsage ? 'waiaas <command> --help describes each command' : advice(error)[0]
  const code = isUsage ? 'VALIDATION_ERROR' : (errorCode(error) ?? 'COMMAND_FAILED')
  return { code, message: messageOf(error), retryable: false, ...(hint !== undefined && { hint }) }
}

const messageOf = (error: unknown): string => {
  if (error instanceof WAIaaSError) return printable(`${error.message} (${error.code})`)
  return error instanceof Error ? error.message : String(error)
}

function advice(error: unknown): string[] {
  if (error instanceof CommandError) return error.hint === undefined ? [] : [error.hint]
  if (error instanceof WAIaaSError) return adviceOfDaemon(error)
  // Errors of the daemon's start carry their hint in the same field.
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? [error.hint] : []
}

/** Reasons that the message does not tell already, then the code's general hint where there is none. */
function adviceOfDaemon({ code, message, hint, details = {} }: WAIaaSError): string[] {
  const reasons = Array.isArray(details.reasons) ? details.reasons : []
  const told = reasons.map(messageIn).filter((text) => text !== undefined && !printable(message).includes(text))
  // Who is told what each rule says and what would pass needs no word on where to read it.
  const helpful = code === 'NETWORK_ERROR' ? startIt : reasons.length > 0 ? undefined : hint
  return [...told, helpful].filter((line) => line !== undefined)
}

const startIt = 'start it with "waiaas start", or name another with --base-url'

const messageIn = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && 'message' in value ? printable(String(value.message)) : undefined
