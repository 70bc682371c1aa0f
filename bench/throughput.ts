import { runChild } from './child.ts'
import type { AgentJob, AgentResult } from './children/agent.ts'
import type { ScriptJob, ScriptResult } from './children/script.ts'
import type { Program } from './daemon.ts'
import { cpuSeconds, familyOf } from './processes.ts'
import { recipient, type Site, untilConfirmed, withNode, withSite } from './site.ts'
import { median } from './statistics.ts'

export type Throughput = {
  /** Medians, transfers a second. */
  readonly daemon: number
  readonly script: number
  readonly preSigned: number
  /** By run, in order. */
  readonly runs: readonly { readonly daemon: number; readonly script: number; readonly preSigned: number }[]
  /** How much longer the daemon needed to call the last one confirmed, milliseconds. */
  readonly knownAfterMs: number
  /** Processor time of daemon and signer for one send, warm-up included; hardly depends on what else the machine does. */
  readonly cpuMs: number
  readonly synchronous: string
}
type Plan = { readonly count: number; readonly warmUp: number; readonly rounds: number }

/** More than one lane round (64), so that the next round fills while one is signed. */
const inFlight = 128
const scriptInFlight = 32
const scriptAttempts = 3

export const agentJob = ({ daemon, node, wallet }: Site) => ({
  url: daemon.url,
  token: wallet.token,
  rpcUrl: node.url,
  address: wallet.address,
  recipient,
  before: 0,
})

/** Daemon, script, daemon, script …, each on a fresh node; a round ends with the node alone. */
export async function measureThroughput(
  program: Program,
  plan: Plan,
  say: (text: string) => void,
): Promise<Throughput> {
  const runs: Throughput['runs'][number][] = []
  const knownAfterMs: number[] = []
  const cpuMs: number[] = []
  let synchronous = 'unknown'
  for (let round = 1; round <= plan.rounds; round++) {
    const sent = await throughDaemon(program, plan)
    const script = await throughScript(plan, false, say)
    const preSigned = await throughScript(plan, true, say)
    runs.push({ daemon: sent.rate, script, preSigned })
    knownAfterMs.push(sent.knownAfterMs)
    cpuMs.push(sent.cpuMs)
    synchronous = sent.synchronous
    say(
      `  round ${round}: daemon ${sent.rate.toFixed(0)}/s, script ${script.toFixed(0)}/s, pre-signed ${preSigned.toFixed(0)}/s`,
    )
  }
  return {
    daemon: median(runs.map((run) => run.daemon)),
    script: median(runs.map((run) => run.script)),
    preSigned: median(runs.map((run) => run.preSigned)),
    runs,
    knownAfterMs: median(knownAfterMs),
    cpuMs: median(cpuMs),
    synchronous,
  }
}

export const throughDaemon = (program: Program, { count, warmUp }: Omit<Plan, 'rounds'>) =>
  withSite(program, async (site) => {
    const job: AgentJob = { ...agentJob(site), warmUp, count, mode: 'closed', inFlight }
    const pids = familyOf(site.daemon.pid)
    const cpuBefore = cpuSeconds(pids)
    const { seconds } = await runChild<AgentResult>('agent', job)
    const knownAfterMs = await untilConfirmed(site.operator, warmUp + count, performance.now())
    const cpuMs = ((cpuSeconds(pids) - cpuBefore) * 1_000) / (warmUp + count)
    return { rate: count / seconds, cpuMs, knownAfterMs, synchronous: site.daemon.synchronous }
  })

/** A run in which the node loses a transaction is no measure of the script, and is made again. */
async function throughScript(plan: Plan, isSignedBefore: boolean, say: (text: string) => void): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const result = await scriptRun(plan, isSignedBefore)
    if ('seconds' in result) return plan.count / result.seconds
    if (attempt === scriptAttempts) throw new Error(result.stalled)
    say(`  the script's run is made again: ${result.stalled}`)
  }
}

const scriptRun = ({ count, warmUp }: Plan, isSignedBefore: boolean): Promise<ScriptResult> =>
  withNode((node) => {
    const job: ScriptJob = { rpcUrl: node.url, recipient, warmUp, count, inFlight: scriptInFlight, isSignedBefore }
    return runChild<ScriptResult>('script', job)
  })
