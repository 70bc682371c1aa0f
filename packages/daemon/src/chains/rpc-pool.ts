import { Failure } from '@waiaas/contract'
import type { EndpointStatus, Rpc } from './chain.ts'
import { RpcError, Unreached } from './chain.ts'
import { type Endpoint, EndpointError, type RpcCall, rpcEndpoint } from './rpc-endpoint.ts'

export type RpcPoolOptions = {
  /** In order of preference. */
  readonly urls: readonly string[]
  /** What the endpoints serve, for errors: the network's id. */
  readonly name: string
  /** Establishes that one endpoint serves the right chain, before its first use and after each outage; throws otherwise. */
  readonly verify?: (call: <T>(method: string, params: readonly unknown[]) => Promise<T>) => Promise<void>
  readonly timeoutMs?: number
  /** Milliseconds, of any epoch. */
  readonly clock?: () => number
}

export interface RpcPool extends Rpc {
  /**
   * The result from `count` different endpoints, or from all if fewer are configured; Failure CHAIN_ERROR when fewer answer.
   * For evidence on which no single provider is believed.
   */
  witnesses<T>(count: number, method: string, params: readonly unknown[]): Promise<T[]>
}

type Member = {
  readonly endpoint: Endpoint
  /** Settles when the endpoint has shown which chain it serves; shared by all who ask meanwhile. */
  identity: Promise<void> | undefined
  failures: number
  failedAt: number
  until: number
}
type Item = { result: unknown } | { error: RpcError }

const cooldownMs = (failures: number) => Math.min(60_000 * 2 ** (failures - 1), 300_000)

/** JSON-RPC over several endpoints. A call that one cannot answer goes to the next at once; nothing here waits or repeats. */
export function rpcPool(options: RpcPoolOptions): RpcPool {
  const clock = options.clock ?? Date.now
  const members: Member[] = options.urls.map((url) => ({
    endpoint: rpcEndpoint(url, options.timeoutMs ?? 10_000),
    identity: undefined,
    failures: 0,
    failedAt: 0,
    until: 0,
  }))
  let closed = false

  async function attempt<T>(member: Member, fn: () => Promise<T>): Promise<T> {
    if (closed) throw new Failure('CHAIN_ERROR', `the endpoints of ${options.name} are closed`)
    const failuresBefore = member.failures
    try {
      member.identity ??= identify(member.endpoint, options)
      await member.identity
      const value = await fn()
      member.failures = 0
      member.until = 0
      return value
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error
      // Calls that were under way together are one outage.
      if (member.failures !== failuresBefore) throw error
      member.identity = undefined
      member.failures += 1
      member.failedAt = clock()
      member.until = member.failedAt + cooldownMs(member.failures)
      throw error
    }
  }

  /** Runs `fn` on one endpoint after the other until it says that it is done; returns what went wrong. */
  async function across(fn: (endpoint: Endpoint) => Promise<boolean>): Promise<string[]> {
    const complaints: string[] = []
    for (const member of order(members, clock())) {
      try {
        if (await attempt(member, () => fn(member.endpoint))) return complaints
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error
        complaints.push(error.message)
      }
    }
    return complaints
  }

  const silence = (method: string, complaints: readonly string[]) =>
    new Failure(
      'CHAIN_ERROR',
      members.length === 0
        ? `no RPC endpoint is configured for ${options.name}`
        : `expected an endpoint of ${options.name} to answer ${method}: ${complaints.join('; ')}`,
    )

  async function batch(calls: readonly RpcCall[]): Promise<Item[]> {
    if (calls.length === 0) return []
    const items: (Item | undefined)[] = calls.map(() => undefined)
    let open = calls.map((_, index) => index)
    let isHeard = false
    const complaints = await across(async (endpoint) => {
      const answers = await endpoint.send(open.map((index) => calls[index]!)).catch((error) => {
        isHeard ||= !(error instanceof EndpointError && error.isUnreached)
        throw error
      })
      isHeard = true
      const unanswered: number[] = []
      for (const [position, answer] of answers.entries()) {
        const index = open[position]!
        if (answer.kind === 'settled') items[index] = answer.value
        else {
          items[index] ??= { error: answer.error }
          unanswered.push(index)
        }
      }
      open = unanswered
      return open.length === 0
    })
    return items.map((item) => {
      if (item) return item
      const failure = silence(calls[0]!.method, complaints)
      throw isHeard ? failure : new Unreached(failure.message)
    })
  }

  return {
    batch,
    async call<T>(method: string, params: readonly unknown[]) {
      const [item] = await batch([{ method, params }])
      return unwrap<T>(item!)
    },
    async witnesses<T>(count: number, method: string, params: readonly unknown[]) {
      const found: T[] = []
      const wanted = Math.min(count, members.length)
      const complaints = await across(async (endpoint) => {
        const [answer] = await endpoint.send([{ method, params }])
        if (answer!.kind === 'settled') found.push(unwrap<T>(answer!.value))
        return found.length === wanted
      })
      if (found.length < wanted || wanted === 0) throw silence(method, complaints)
      return found
    },
    status: () => members.map((member) => statusOf(member, clock())),
    close() {
      closed = true
    },
  }
}

async function identify(endpoint: Endpoint, { verify, name }: RpcPoolOptions): Promise<void> {
  if (!verify) return
  try {
    await verify(async <T>(method: string, params: readonly unknown[]) => {
      const [answer] = await endpoint.send([{ method, params }])
      // What `verify` reads it checks itself.
      return answer!.kind === 'settled' ? unwrap<T>(answer!.value) : Promise.reject(answer!.error)
    })
  } catch (error) {
    if (error instanceof EndpointError) throw error
    if (!(error instanceof Failure || error instanceof RpcError)) throw error
    throw new EndpointError(`${endpoint.origin} is not used for ${name}: ${error.message}`)
  }
}

/** Those at rest in order of preference, then the one that failed longest ago: by now it may work again. */
function order(members: readonly Member[], now: number): Member[] {
  const cooling = members.filter((member) => member.until > now).toSorted((a, b) => a.failedAt - b.failedAt)
  return [...members.filter((member) => member.until <= now), ...cooling.slice(0, 1)]
}

// The caller names the type that the method's specification promises.
function unwrap<T>(item: Item): T {
  if ('error' in item) throw item.error
  return item.result as T
}

const statusOf = (member: Member, now: number): EndpointStatus => ({
  url: member.endpoint.origin,
  status: member.until > now ? 'cooldown' : 'available',
  failureCount: member.failures,
  cooldownRemainingMs: Math.max(0, member.until - now),
})
