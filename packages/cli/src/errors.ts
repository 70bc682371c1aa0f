/** The command line itself is wrong: exit code 2. `usage` is shown below the message, unless that names what was meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly usage: string | undefined

  constructor(message: string, usage?: string) {
    super(message)
    this.usage = usage
  }
}

/** A command could not do its work: exit code 1. `hint` says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly hint: string | undefined

  constructor(message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.hint = hint
  }
}

/** Ctrl-C at a prompt: exit code 130, and nothing to say. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
