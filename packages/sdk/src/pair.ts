import { type AllOperations, type Client, type Input, WAIaaSError, type Wire } from '@waiaas/contract'
import { pause } from './retry.ts'

export type StartedPairing = Wire<AllOperations['startPairing']>
export type PairedSession = NonNullable<Wire<AllOperations['pollPairing']>['session']>
export type PairOptions = Input<AllOperations['startPairing']> & {
  /** Shows the code, and the command for the operator, to a person. */
  readonly onCode: (pairing: StartedPairing) => unknown
  readonly signal?: AbortSignal
}
type Api = Pick<Client<AllOperations>, 'startPairing' | 'pollPairing'>

/**
 * Asks for a session and waits until the operator has answered, ten minutes at most. Fails with PAIRING_DENIED,
 * PAIRING_EXPIRED and what a start may answer.
 */
export async function pair(api: Api, { onCode, signal, ...asked }: PairOptions): Promise<PairedSession> {
  const options = signal ? { signal } : {}
  const started = await api.startPairing(asked, options)
  await onCode(started)
  let { interval } = started
  for (;;) {
    const answer = await pollPairing(api, started, options)
    if (answer?.session) return answer.session
    interval = answer?.interval ?? interval
    await pause(interval * 1_000, signal)
  }
}

/** Undefined where the daemon did not answer: the next poll hears the same. */
async function pollPairing({ pollPairing: poll }: Api, { pollToken, expiresAt }: StartedPairing, options: object) {
  try {
    return await poll({ pollToken }, options)
  } catch (error) {
    const isLate = Date.now() / 1_000 > expiresAt + LATE_S
    if (!(error instanceof WAIaaSError) || !error.retryable || isLate) throw error
    return undefined
  }
}

/** How long after its end a pairing may still be answered. */
const LATE_S = 60
