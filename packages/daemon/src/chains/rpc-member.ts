import type { EndpointStatus, RpcError } from './rpc.ts'
import { type Outcome, rpcEndpoint } from './rpc-endpoint.ts'
import { endpointHealth, type Rest } from './rpc-health.ts'
import { EndpointError } from './rpc-http.ts'
import { endpointIdentity, type IdentityCheck } from './rpc-identity.ts'
import { notOffered, type RpcAnswer, type RpcCall } from './rpc-run.ts'

/** One endpoint of a network: which chain it serves, and whether it serves at all. */
export type Member = {
  readonly origin: string
  /** Asks once. An outcome with a failure other than `limited` was counted against the endpoint. */
  ask(calls: readonly RpcCall[]): Promise<Outcome>
  waitMs(count: number): number
  /** When it failed last, and until when others go first; milliseconds of the clock. */
  rest(): Rest
  status(): EndpointStatus
}

export type MemberOptions = IdentityCheck & {
  readonly timeoutMs: number
  readonly clock: () => number
}

export function rpcMember(url: string, options: MemberOptions): Member {
  const { clock, timeoutMs } = options
  const endpoint = rpcEndpoint(url, timeoutMs, clock)
  const identity = endpointIdentity(endpoint, options)
  const health = endpointHealth(clock)

  /** Sends, and looks into refusals that do not say whether they mean a method or the endpoint. */
  async function send(calls: readonly RpcCall[]): Promise<Outcome> {
    const outcome = await endpoint.send(calls)
    const at = outcome.answers.findIndex((answer) => answer?.kind === 'forbidden')
    const refused = outcome.answers[at]
    if (refused?.kind !== 'forbidden') return outcome
    const fault = outcome.failure ?? (await stillServes(refused.error))
    if (fault) return { ...outcome, answers: outcome.answers.map(unlessForbidden), isHeard: true, failure: fault }
    const { method } = calls[at]!
    const error = notOffered(endpoint.origin, method, refused.error)
    endpoint.lacks(method, error)
    const answers = outcome.answers.map(
      (answer, index): RpcAnswer | undefined =>
        unlessForbidden(answer) ?? (calls[index]!.method === method ? { kind: 'elsewhere', error } : undefined),
    )
    return sendRest(calls, { ...outcome, answers })
  }

  /** Each turn settles the calls of one more method, so that it ends. */
  async function sendRest(calls: readonly RpcCall[], before: Outcome): Promise<Outcome> {
    const answers = [...before.answers]
    const open = [...answers.keys()].filter((index) => answers[index] === undefined)
    if (open.length === 0) return { ...before, isHeard: true, failure: undefined }
    const rest = await send(open.map((index) => calls[index]!))
    for (const [position, index] of open.entries()) answers[index] = rest.answers[position]
    return { ...rest, answers, isHeard: true, repeated: new Set([...before.repeated, ...rest.repeated]) }
  }

  async function stillServes({ message }: RpcError): Promise<EndpointError | undefined> {
    const refusal = new EndpointError(`${endpoint.origin} answered ${message}`)
    if (!options.verify) return refusal
    identity.forget()
    const fault = await identity.fault()
    return fault && (fault.kind === 'limited' ? fault : refusal)
  }

  return {
    origin: endpoint.origin,
    waitMs: endpoint.waitMs,
    rest: health.rest,
    async ask(calls) {
      const failuresBefore = health.failures()
      const fault = await identity.fault()
      const outcome = fault ? unasked(calls, fault) : await send(calls)
      if (outcome.failure && health.failed(outcome.failure, failuresBefore)) identity.forget()
      if (outcome.failure && outcome.failure.kind !== 'limited') return outcome
      if (outcome.answers.some((answer) => answer !== undefined)) health.served()
      return outcome
    },
    status: () => ({
      url: endpoint.origin,
      ...health.status(pauseOf(endpoint.waitMs(1), timeoutMs)),
      ...endpoint.learnt(),
    }),
  }
}

const unlessForbidden = (answer: RpcAnswer | undefined) => (answer?.kind === 'forbidden' ? undefined : answer)

/** A pause that a call would wait for is none. */
const pauseOf = (waitMs: number, timeoutMs: number): number => (waitMs > timeoutMs ? waitMs : 0)

const unasked = (calls: readonly RpcCall[], failure: EndpointError): Outcome => ({
  answers: calls.map(() => undefined),
  isHeard: false,
  repeated: new Set(),
  failure,
})
