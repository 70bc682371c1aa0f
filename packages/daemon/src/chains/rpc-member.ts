import { Failure } from '@waiaas/contract'
import { type EndpointStatus, RpcError } from './rpc.ts'
import { type Endpoint, type Outcome, rpcEndpoint } from './rpc-endpoint.ts'
import { EndpointError } from './rpc-http.ts'
import { notOffered, type RpcAnswer, type RpcCall } from './rpc-run.ts'

/** One endpoint of a network: which chain it serves, and whether it serves at all. */
export type Member = {
  readonly origin: string
  /** Asks once. An outcome with a failure other than `limited` was counted against the endpoint. */
  ask(calls: readonly RpcCall[]): Promise<Outcome>
  waitMs(count: number): number
  /** When it failed last, and until when others go first; milliseconds of the clock. */
  rest(): { readonly failedAt: number; readonly until: number }
  status(): EndpointStatus
}

export type MemberOptions = {
  /** What the endpoints serve, for errors: the network's id. */
  readonly name: string
  /** Establishes that one endpoint serves the right chain, before its first use and after each outage; throws otherwise. */
  readonly verify?: (call: <T>(method: string, params: readonly unknown[]) => Promise<T>) => Promise<void>
  readonly timeoutMs: number
  readonly clock: () => number
}

const longestCooldownMs = 300_000
const cooldownMs = (failures: number) => Math.min(60_000 * 2 ** (failures - 1), longestCooldownMs)

export function rpcMember(url: string, options: MemberOptions): Member {
  const { clock, timeoutMs } = options
  const endpoint = rpcEndpoint(url, timeoutMs, clock)
  /** Settles when the endpoint has shown which chain it serves; shared by all who ask meanwhile. */
  let identity: Promise<void> | undefined
  let failures = 0
  let failedAt = 0
  let until = Number.NEGATIVE_INFINITY
  let lastError: { readonly text: string; readonly at: number } | undefined

  function note(failure: EndpointError, failuresBefore: number): void {
    lastError = { text: failure.message, at: clock() }
    // Calls that were under way together are one outage; an endpoint that asks for time has none.
    if (failure.kind === 'limited' || failures !== failuresBefore) return
    identity = undefined
    failures += 1
    failedAt = clock()
    until = failedAt + cooldownMs(failures)
  }

  async function identified(): Promise<EndpointError | undefined> {
    identity ??= identify(endpoint, options)
    const mine = identity
    try {
      await mine
      return undefined
    } catch (error) {
      if (identity === mine) identity = undefined
      if (error instanceof EndpointError) return error
      throw error
    }
  }

  /** Sends, and looks into refusals that do not say whether they mean a method or the endpoint. */
  async function send(calls: readonly RpcCall[]): Promise<Outcome> {
    const outcome = await endpoint.send(calls)
    const at = outcome.answers.findIndex((answer) => answer?.kind === 'forbidden')
    const refused = outcome.answers[at]
    if (refused?.kind !== 'forbidden') return outcome
    const fault = outcome.failure ?? (await stillServes(refused.error))
    if (fault) return { answers: outcome.answers.map(unlessForbidden), isHeard: true, failure: fault }
    const { method } = calls[at]!
    const error = notOffered(endpoint.origin, method, refused.error)
    endpoint.lacks(method, error)
    return sendRest(
      calls,
      outcome.answers.map(
        (answer, index) =>
          unlessForbidden(answer) ?? (calls[index]!.method === method ? { kind: 'elsewhere', error } : undefined),
      ),
    )
  }

  /** Each turn settles the calls of one more method, so that it ends. */
  async function sendRest(calls: readonly RpcCall[], before: Outcome['answers']): Promise<Outcome> {
    const open = [...before.keys()].filter((index) => before[index] === undefined)
    if (open.length === 0) return { answers: before, isHeard: true, failure: undefined }
    const rest = await send(open.map((index) => calls[index]!))
    const answers = [...before]
    for (const [position, index] of open.entries()) answers[index] = rest.answers[position]
    return { ...rest, answers, isHeard: true }
  }

  async function stillServes({ message }: RpcError): Promise<EndpointError | undefined> {
    const refusal = new EndpointError(`${endpoint.origin} answered ${message}`)
    if (!options.verify) return refusal
    identity = undefined
    const fault = await identified()
    return fault && (fault.kind === 'limited' ? fault : refusal)
  }

  return {
    origin: endpoint.origin,
    waitMs: endpoint.waitMs,
    rest: () => ({ failedAt, until }),
    async ask(calls) {
      const failuresBefore = failures
      const fault = await identified()
      const outcome = fault ? unasked(calls, fault) : await send(calls)
      if (outcome.failure) note(outcome.failure, failuresBefore)
      if (outcome.failure && outcome.failure.kind !== 'limited') return outcome
      if (outcome.answers.some((answer) => answer !== undefined)) {
        failures = 0
        until = Number.NEGATIVE_INFINITY
      }
      return outcome
    },
    status() {
      const now = clock()
      const restMs = wholeMs(Math.max(until - now, pauseOf(endpoint.waitMs(1), timeoutMs)))
      return {
        url: endpoint.origin,
        status: restMs > 0 ? 'cooldown' : 'available',
        failureCount: failures,
        cooldownRemainingMs: restMs,
        lastError: lastError?.text ?? null,
        lastErrorAgoMs: lastError ? wholeMs(now - lastError.at, Number.MAX_SAFE_INTEGER) : null,
        ...endpoint.learnt(),
      }
    },
  }
}

const unlessForbidden = (answer: RpcAnswer | undefined) => (answer?.kind === 'forbidden' ? undefined : answer)

/** A pause that a call would wait for is none. */
const pauseOf = (waitMs: number, timeoutMs: number): number => (waitMs > timeoutMs ? waitMs : 0)

/** For display, whatever the clock did. */
const wholeMs = (ms: number, most = longestCooldownMs): number =>
  Number.isNaN(ms) ? 0 : Math.ceil(Math.min(Math.max(ms, 0), most))

const unasked = (calls: readonly RpcCall[], failure: EndpointError): Outcome => ({
  answers: calls.map(() => undefined),
  isHeard: false,
  failure,
})

async function identify(endpoint: Endpoint, { verify, name }: MemberOptions): Promise<void> {
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

/** The caller names the type that the method's specification promises; `verify` checks what it reads. */
export function unwrap<T>(answer: RpcAnswer): T {
  if (answer.kind !== 'settled') throw answer.error
  if ('error' in answer.value) throw answer.value.error
  return answer.value.result as T
}
