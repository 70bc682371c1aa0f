import { Failure } from '@waiaas/contract'
import { RpcError } from './rpc.ts'
import type { Endpoint } from './rpc-endpoint.ts'
import { EndpointError } from './rpc-http.ts'
import { unwrap } from './rpc-run.ts'

type Call = <T>(method: string, params: readonly unknown[]) => Promise<T>

export type IdentityCheck = {
  /** What the endpoints serve, for errors: the network's id. */
  readonly name: string
  /** Establishes that one endpoint serves the right chain, before its first use and after each outage; throws otherwise. */
  readonly verify?: (call: Call) => Promise<void>
}

/** Which chain an endpoint serves. */
export type Identity = {
  /** Undefined once the endpoint has shown it, else why it is not used. Those who ask meanwhile share one check. */
  fault(): Promise<EndpointError | undefined>
  /** It has to be shown anew. */
  forget(): void
}

export function endpointIdentity(endpoint: Endpoint, check: IdentityCheck): Identity {
  let shown: Promise<void> | undefined
  return {
    async fault() {
      shown ??= identify(endpoint, check)
      const mine = shown
      try {
        await mine
        return undefined
      } catch (error) {
        if (shown === mine) shown = undefined
        if (error instanceof EndpointError) return error
        throw error
      }
    },
    forget() {
      shown = undefined
    },
  }
}

async function identify(endpoint: Endpoint, { verify, name }: IdentityCheck): Promise<void> {
  if (!verify) return
  try {
    await verify(async <T>(method: string, params: readonly unknown[]) => {
      const { answers, failure } = await endpoint.send([{ method, params }])
      const [answer] = answers
      if (answer) return unwrap<T>(answer)
      throw failure ?? new EndpointError(`${endpoint.origin} did not answer ${method}`)
    })
  } catch (error) {
    if (error instanceof EndpointError) throw error
    if (!(error instanceof Failure || error instanceof RpcError)) throw error
    throw new EndpointError(`${endpoint.origin} is not used for ${name}: ${error.message}`)
  }
}
