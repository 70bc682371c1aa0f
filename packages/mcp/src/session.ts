import { WAIaaSError } from '@waiaas/sdk'
import { currentToken, type Sources } from './current-token.ts'
import { noToken, unreadableToken } from './missing-token.ts'
import { type PairingCalls, pairing } from './pairing.ts'
import { isTokenRefused, messageOf } from './refusals.ts'
import { keep, type RenewalParts, renewal } from './renewal.ts'
import { readToken } from './token.ts'

type SessionParts = Omit<RenewalParts, 'now'> & {
  readonly environment: Sources
  /** For whoever has no token. */
  readonly pairing: PairingCalls
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
export function sessionKeeper(parts: SessionParts): Session {
  const { environment, renew, log, now = Date.now } = parts
  const tokens = currentToken({ sources: environment, now, onAdopt: (token) => renewing.plan(token) })
  const renewing = renewal(tokens, { renew, log, now })
  const paired = pairing({ ...parts.pairing, log })

  /** A token from the operator, by a code. Fails with PAIRING_PENDING until then, with NO_TOKEN where the daemon does not pair. */
  async function pair(): Promise<void> {
    const text = await paired.token().catch(async (error: unknown) => {
      const isRefused = error instanceof WAIaaSError && NO_PAIRING.includes(error.code)
      throw isRefused ? await noToken(environment) : error
    })
    // Calls that came at once have the same.
    if (tokens.get()?.text === text) return
    const token = readToken(text, environment.tokenFiles[0])
    if (!token) throw new Error('the daemon answered with a text that is no session token')
    tokens.adopt(token)
    await keep(token, 'got a session', log)
  }

  return {
    async start() {
      const isFound = await tokens
        .seek()
        .catch((error: unknown) => log(`could not read the token: ${messageOf(error)}`))
      if (isFound === false) log((await noToken(environment)).message)
    },
    async use(call) {
      if (!tokens.isUsable()) await tokens.seek().catch((error) => Promise.reject(unreadableToken(error)))
      if (tokens.get() === undefined) await pair()
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

/** The daemon has no pairing, or none for this machine. */
const NO_PAIRING: readonly string[] = ['NOT_FOUND', 'PAIRING_NOT_ALLOWED']
