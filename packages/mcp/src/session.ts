import { currentToken, type Sources } from './current-token.ts'
import { noToken, unreadableToken } from './missing-token.ts'
import { isTokenRefused, messageOf } from './refusals.ts'
import { type RenewalParts, renewal } from './renewal.ts'

type SessionParts = Omit<RenewalParts, 'now'> & {
  readonly environment: Sources
  /** Unix milliseconds. */
  readonly now?: () => number
}

/** The session of this process. */
export type Session = {
  /** Finds the token and begins to renew it in time. */
  start(): Promise<void>
  /** Runs a call under the current token; when the daemon refuses the token, once more under another, if there is one. */
  use<Result>(call: (token: string) => Promise<Result>): Promise<Result>
  close(): void
}

/** Holds the token: finds it, renews it in time, writes it back, and sees one that others wrote. */
export function sessionKeeper({ environment, renew, log, now = Date.now }: SessionParts): Session {
  const tokens = currentToken({ sources: environment, now, onAdopt: (token) => renewing.plan(token) })
  const renewing = renewal(tokens, { renew, log, now })

  return {
    async start() {
      const isFound = await tokens
        .seek()
        .catch((error: unknown) => log(`could not read the token: ${messageOf(error)}`))
      if (isFound === false) log((await noToken(environment)).message)
    },
    async use(call) {
      if (!tokens.isUsable()) await tokens.seek().catch((error) => Promise.reject(unreadableToken(error)))
      const token = tokens.get()
      if (token === undefined) throw await noToken(environment)
      try {
        return await call(token.text)
      } catch (error) {
        if (!isTokenRefused(error)) throw error
        tokens.spend(token.text)
        // Another call may have found one meanwhile.
        if (!tokens.isUsable()) await tokens.seek()
        if (!tokens.isUsable()) throw error
        return call(tokens.get()!.text)
      }
    },
    close: renewing.close,
  }
}
