import { type ClientOptions, WAIaaSClient } from '@waiaas/sdk'
import type { CallOperation } from './calling.ts'
import type { Environment } from './environment.ts'
import { sessionKeeper } from './session.ts'

/** An MCP client waits a minute for a tool; the tries of one call stay within that. */
const LIMITS = { timeout: 15_000, retryOptions: { maxDelayMs: 8_000 } } satisfies Partial<ClientOptions>

export type DaemonCalls = { readonly call: CallOperation; start(): Promise<void>; close(): void }

/** Calls of the daemon over HTTP under the session of this process; `agentName` is what a pairing is asked for as. `limits` are those of the SDK's client. */
export function daemonCalls(
  environment: Environment & { readonly agentName: () => string },
  log: (message: string) => void,
  limits: Partial<ClientOptions> = LIMITS,
): DaemonCalls {
  const connect = async (sessionToken: string) =>
    new WAIaaSClient({ ...limits, baseUrl: await environment.baseUrl(), sessionToken })
  const stranger = async () => new WAIaaSClient({ ...limits, baseUrl: await environment.baseUrl() })
  const session = sessionKeeper({
    environment,
    log,
    renew: async (token) => (await connect(token)).renewSession(),
    pairing: {
      start: async () => (await stranger()).startPairing({ name: environment.agentName() }),
      poll: async (pollToken) => (await stranger()).pollPairing({ pollToken }),
    },
  })
  return {
    call: (operation, input, options) =>
      session.use(async (token) => {
        // The client has a method for each operation of the contract, and tools name only those.
        const methods = (await connect(token)) as unknown as Record<string, Method>
        const method = methods[operation]
        if (method === undefined) throw new Error(`the client has no method ${operation}`)
        return method(input, options)
      }),
    start: session.start,
    close: session.close,
  }
}

type Method = (input: Parameters<CallOperation>[1], options: Parameters<CallOperation>[2]) => Promise<unknown>
