import { WAIaaSError } from '@waiaas/sdk'
import type { CurrentToken } from './current-token.ts'
import { isTokenRefused, messageOf } from './refusals.ts'
import { readToken, type Token, writeToken } from './token.ts'

export type RenewalParts = {
  /** Asks the daemon for the token after this one. */
  readonly renew: (token: string) => Promise<{ token: string }>
  /** Says something to the person who runs the server; never a token. */
  readonly log: (message: string) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

const RENEW_AT = 0.6
const AGAIN_MS = 30_000
const LONGEST_TIMER_MS = 2 ** 31 - 1
/** The session lasts as long as it lasts; no later try helps. */
const FINAL = ['RENEWAL_NOT_REQUIRED', 'RENEWAL_LIMIT_REACHED', 'SESSION_ABSOLUTE_LIFETIME_EXCEEDED']

/** Renews the current token at 60 % of the time it has left, and writes its successor where it belongs. */
export function renewal(tokens: CurrentToken, { renew, log, now }: RenewalParts) {
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  function renewAt(at: number): void {
    clearTimeout(timer)
    if (isClosed) return
    const wait = at - now()
    const next = wait > LONGEST_TIMER_MS ? () => renewAt(at) : () => void renewNow()
    timer = setTimeout(next, Math.min(Math.max(wait, 0), LONGEST_TIMER_MS))
    timer.unref()
  }

  async function renewNow(): Promise<void> {
    const before = tokens.get()
    if (before === undefined) return
    try {
      // Processes that share a file need only one of them to renew.
      if (await tokens.seek()) return
      const { token: text } = await renew(before.text)
      const next = readToken(text, before.file)
      if (next === undefined) throw new Error('the daemon answered with a text that is no session token')
      tokens.spend(before.text)
      tokens.adopt(next)
      await keep(next, 'renewed the session', log)
    } catch (error) {
      log(`could not renew the session: ${messageOf(error)}`)
      await planAgain(before, error)
    }
  }

  async function planAgain(before: Token, error: unknown): Promise<void> {
    const code = error instanceof WAIaaSError ? error.code : undefined
    if (code !== undefined && FINAL.includes(code)) return
    if (isTokenRefused(error) || code === 'SESSION_RENEWAL_MISMATCH') {
      tokens.spend(before.text)
      // The next call reads the files again.
      await tokens.seek().catch((problem: unknown) => log(`could not read the token: ${messageOf(problem)}`))
      return
    }
    const after = error instanceof WAIaaSError ? error.retryAfter : undefined
    renewAt(now() + (after === undefined ? AGAIN_MS : after * 1_000))
  }

  return {
    /** In time for a token that has become the current one. */
    plan({ expiresAt }: Token): void {
      clearTimeout(timer)
      if (expiresAt !== undefined && expiresAt > now()) renewAt(now() + (expiresAt - now()) * RENEW_AT)
    },
    close(): void {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

/** Leaves a token where the next start finds it; `done` says what it is. */
export async function keep({ file, text }: Token, done: string, log: RenewalParts['log']): Promise<void> {
  if (file === undefined) return log(done)
  try {
    await writeToken(file, text)
    log(`${done} and wrote ${file}`)
  } catch (error) {
    log(`${done}, but could not write ${file}: ${messageOf(error)}; after a restart it needs a new token`)
  }
}
