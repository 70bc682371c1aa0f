import { runChild } from './child.ts'
import type { AgentJob, AgentResult } from './children/agent.ts'
import type { FloodJob, FloodResult } from './children/flood.ts'
import { createWallet, type Program } from './daemon.ts'
import { recipient, withSite } from './site.ts'
import { median, percentile } from './statistics.ts'
import { agentJob } from './throughput.ts'

export type Neighbour = {
  readonly aloneP99Ms: number
  readonly besideP99Ms: number
  readonly answers: FloodResult['statuses']
}

const PER_SECOND = 20
const SECONDS = 10
const ROUNDS = 3

/** What a payment of one session takes, alone and while a token of another wallet is at its limits; interleaved, medians. */
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
      return percentile(latenciesMs, 99)
    }
    await pay(500)
    const alone: number[] = []
    const beside: number[] = []
    const answers: Record<string, number> = {}
    for (let round = 0; round < ROUNDS; round++) {
      alone.push(await pay(0))
      const flood: FloodJob = { url: daemon.url, token: other.token, recipient, seconds: SECONDS + 1, inFlight: 64 }
      const [p99, { statuses }] = await Promise.all([pay(0), runChild<FloodResult>('flood', flood)])
      beside.push(p99)
      for (const [status, times] of Object.entries(statuses)) answers[status] = (answers[status] ?? 0) + times
    }
    return { aloneP99Ms: median(alone), besideP99Ms: median(beside), answers }
  })
