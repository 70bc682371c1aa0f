import { type AllOperations, type Output, WAIaaSError } from '@waiaas/contract'
import { WAIaaSClient } from '@waiaas/sdk'

export type Health = Output<AllOperations['getHealth']>

/** What the daemon at a URL says of itself; undefined when none answers there, or something else does. */
export async function healthAt(baseUrl: string): Promise<Health | undefined> {
  const api = new WAIaaSClient({ baseUrl, timeout: 5_000, retryOptions: { maxRetries: 0 } })
  try {
    const health = await api.getHealth()
    return health?.status === 'ok' && typeof health.version === 'string' ? health : undefined
  } catch (error) {
    // A SyntaxError is the answer of another server, which is no JSON.
    if (error instanceof WAIaaSError || error instanceof SyntaxError) return undefined
    throw error
  }
}
