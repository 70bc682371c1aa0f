import { runChild } from './child.ts'
import type { AgentJob, AgentResult } from './children/agent.ts'
import type { Program } from './daemon.ts'
import { httpClient } from './http.ts'
import { untilConfirmed, withSite } from './site.ts'
import { median, percentile } from './statistics.ts'
import { agentJob } from './throughput.ts'

export type Latency = { readonly p50Ms: number; readonly p99Ms: number; readonly generatorLateP99Ms: number }

/** Accept latency of sends at a steady rate, measured by the caller; calls do not wait for answers. */
export const measureAccept = (program: Program, perSecond: number, seconds: number): Promise<Latency> =>
  withSite(program, async (site) => {
    const job: AgentJob = { ...agentJob(site), warmUp: 500, count: perSecond * seconds, mode: 'open', perSecond }
    const { latenciesMs, lateMs } = await runChild<AgentResult>('agent', job)
    await untilConfirmed(site.operator, job.warmUp + job.count, performance.now())
    return {
      p50Ms: percentile(latenciesMs, 50),
      p99Ms: percentile(latenciesMs, 99),
      generatorLateP99Ms: percentile(lateMs, 99),
    }
  })

export type Reads = {
  readonly balanceP50Ms: number
  readonly listP50Ms: number
  readonly detailP50Ms: number
}

/** Reads one after another on one connection, of a wallet with 500 transactions. */
export const measureReads = (program: Program): Promise<Reads> =>
  withSite(program, async (site) => {
    const { daemon, wallet, operator } = site
    const job: AgentJob = { ...agentJob(site), warmUp: 0, count: 500, mode: 'closed', inFlight: 64 }
    await runChild<AgentResult>('agent', job)
    await untilConfirmed(operator, 500, performance.now())
    const client = httpClient(daemon.url, 1)
    const headers = { authorization: `Bearer ${wallet.token}` }
    const read = async (path: string) => {
      const { status, text } = await client.call('GET', path, headers)
      if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${text}`)
      return text
    }
    const { items } = JSON.parse(await read('/v1/transactions?limit=20')) as { items: { id: string }[] }
    const timed = async (path: string) => median(await timesOf(500, () => read(path)))
    const balanceP50Ms = await timed('/v1/wallet/balance?network=local-evm')
    const listP50Ms = await timed('/v1/transactions?limit=20')
    const detailP50Ms = await timed(`/v1/transactions/${items[0]!.id}`)
    client.close()
    return { balanceP50Ms, listP50Ms, detailP50Ms }
  })

/** Milliseconds of each of `count` calls, one after another. */
export async function timesOf(count: number, fn: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now()
    await fn()
    times.push(performance.now() - startedAt)
  }
  return times
}
