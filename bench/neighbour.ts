import { runChild } from './child.ts'
import type { AgentJob, AgentResult } from './children/agent.ts'
import type { FloodJob, FloodResult } from './children/flood.ts'
import { createWallet, type Program } from './daemon.ts'
import { recipient, withSite } from './site.ts'
import { percentile } from './statistics.ts'
import { agentJob } from './throughput.ts'

/** Milliseconds of all rounds together; `roundsP99Ms` is the slowest per cent of each round, least and most. */
type Times = { readonly p50Ms: number; readonly p99Ms: number; readonly roundsP99Ms: readonly [number, number] }
export type Neighbour = { readonly alone: Times; readonly beside: Times; readonly answers: FloodResult['statuses'] }

const PER_SECOND = 50
const SECONDS = 5
/** So many that the slowest per cent of all are twenty payments, and not one or two. */
const ROUNDS = 8

/** What a payment of one session takes, alone and while a token of another wallet is at its limits, in turns. */
export const measureNeighbour = (program: Program): Promise<Neighbour> =>
  withSite(program, async (site) => {
    const { daemon, node, operator } = site
    const other = await createWallet(operator)
    await node.fund(other.address, 10n ** 21n)
    await operator.call('PUT', '/v1/admin/settings', {
      settings: ['security.rate_limit_per_second', 'security.rate_limit_burst'].map((key, at) => ({
        key,
        value: ['100', '2000'][at],
      })),
    })
    const count = PER_SECOND * SECONDS
    let before = 0
    const pay = async (warmUp: number) => {
      const job: AgentJob = { ...agentJob(site), before, warmUp, count, mode: 'open', perSecond: PER_SECOND }
      const { latenciesMs } = await runChild<AgentResult>('agent', job)
      before += warmUp + count
      return latenciesMs
    }
    await pay(500)
    const alone: (readonly number[])[] = []
    const beside: (readonly number[])[] = []
    const answers: Record<string, number> = {}
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await pay(0))
      const flood: FloodJob = { url: daemon.url, token: other.token, recipient, seconds: SECONDS + 1, inFlight: 64 }
      const [latencies, { statuses }] = await Promise.all([pay(0), runChild<FloodResult>('flood', flood)])
      beside.push(latencies)
      for (const [status, times] of Object.entries(statuses)) answers[status] = (answers[status] ?? 0) + times
    }
    return { alone: timesOf(alone), beside: timesOf(beside), answers }
  })

function timesOf(rounds: readonly (readonly number[])[]): Times {
  const all = rounds.flat()
  const each = rounds.map((latencies) => percentile(latencies, 99))
  return {
    p50Ms: percentile(all, 50),
    p99Ms: percentile(all, 99),
    roundsP99Ms: [Math.min(...each), Math.max(...each)],
  }
}
