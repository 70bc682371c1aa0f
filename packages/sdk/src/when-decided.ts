import { underWay, WAIaaSError } from '@waiaas/contract'
import type { WAIaaSClient } from './client.ts'

export type SigningOptions = {
  /** Of a session with several wallets: name or id. */
  readonly walletId?: string
  /** How long a signature may wait for a delay or a person; ten minutes unless given. */
  readonly seconds?: number
}

/**
 * A signature, once a delay is over or a person has decided. It is asked for under one Idempotency-Key, so that the daemon
 * gives out one. Fails with `WAIaaSError`: the refusal, which names what waits still where the time is over.
 */
export async function whenDecided<Answer>(
  client: Pick<WAIaaSClient, 'waitFor'>,
  ask: (idempotencyKey: string) => Promise<Answer>,
  { seconds = 600 }: SigningOptions,
): Promise<Answer> {
  const key = crypto.randomUUID()
  try {
    return await ask(key)
  } catch (error) {
    const id = waitingIn(error)
    if (id === undefined) throw error
    await client.waitFor(id, { seconds, seen: 'QUEUED' })
    return ask(key)
  }
}

/** The id of what waits, as its refusal says. */
function waitingIn(error: unknown): string | undefined {
  if (!(error instanceof WAIaaSError)) return undefined
  const { status, id } = error.details ?? {}
  return status === 'QUEUED' && typeof id === 'string' ? id : underWay(error.details)
}
