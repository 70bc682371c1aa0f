import { type PairedSession, type StartedPairing, WAIaaSError } from '@waiaas/sdk'
import { messageOf } from './refusals.ts'

/** What the daemon answers to one who has no token. */
export type PairingCalls = {
  readonly start: () => Promise<StartedPairing>
  readonly poll: (pollToken: string) => Promise<{ interval: number; session?: PairedSession | undefined }>
}
type Parts = PairingCalls & {
  readonly log: (message: string) => void
  readonly pause?: (ms: number) => Promise<unknown>
}
type Waiting = { readonly started: StartedPairing; pollAt: number }

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Gets a token with a code: the first call that needs one starts a pairing and fails with the code; later ones ask, in the
 * pace of the daemon, and go on once the operator has approved it.
 */
export function pairing({ start, poll, log, pause = wait }: Parts) {
  let waiting: Waiting | undefined
  let denied: WAIaaSError | undefined
  let asking: Promise<string> | undefined

  async function begin(): Promise<never> {
    const started = await start()
    waiting = { started, pollAt: 0 }
    log(`asked for a session: ${started.command}`)
    throw notYet(started)
  }

  async function ask(): Promise<string> {
    if (denied) throw denied
    if (!waiting) return begin()
    const { started, pollAt } = waiting
    await pause(Math.max(0, pollAt - performance.now()))
    try {
      const { interval, session } = await poll(started.pollToken)
      waiting.pollAt = performance.now() + interval * 1_000
      if (session) return session.token
    } catch (error) {
      const code = error instanceof WAIaaSError ? error.code : undefined
      // Whoever was denied does not ask again by itself.
      if (code === 'PAIRING_DENIED') denied = error as WAIaaSError
      if (code !== 'PAIRING_EXPIRED' && code !== 'PAIRING_NOT_FOUND') throw error
      log(`the pairing is over: ${messageOf(error)}`)
      return begin()
    }
    throw notYet(started)
  }

  return {
    /** The token, once there is one; fails with PAIRING_PENDING and the code until then. Calls that come at once ask once. */
    token(): Promise<string> {
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
  }
}

function notYet({ command, expiresAt }: StartedPairing): WAIaaSError {
  const until = new Date(expiresAt * 1_000).toISOString().slice(11, 16)
  return new WAIaaSError({
    code: 'PAIRING_PENDING',
    status: 0,
    message: `this agent has no session yet: ask the operator to run "${command}", until ${until} UTC`,
    retryable: false,
    hint: 'show the operator this command, and call the tool again once they have run it',
  })
}
