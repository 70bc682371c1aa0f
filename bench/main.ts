/**
 * `npm run bench -- [--quick] [--json] [--markdown] [--source] [--profile]`: measures the performance budget on this
 * machine. With --json its last line is one JSON object. It reports, and never fails for being slow.
 */
import { parseArgs } from 'node:util'
import { shippedProgram } from './bundle.ts'
import { runChild } from './child.ts'
import type { CeilingResult } from './children/ceiling.ts'
import type { PolicyResult } from './children/policy.ts'
import type { ReplayResult } from './children/replay.ts'
import { type Program, sourceProgram } from './daemon.ts'
import { fsyncRate } from './disk.ts'
import { measureAccept, measureReads } from './latency.ts'
import { measureNeighbour } from './neighbour.ts'
import { measureParallel } from './parallel.ts'
import { profileSends } from './profile.ts'
import { measureBurst, measureRecovery } from './recovery.ts'
import { jsonLine, type Measured, type More, markdown, table } from './report.ts'
import { measureStartUp } from './start-up.ts'
import { measureTaps } from './taps.ts'
import { measureThroughput } from './throughput.ts'

const usage = `usage: npm run bench -- [--quick] [--json] [--markdown] [--source] [--profile]
  --quick      what the JSON line holds and no more, in less than 3 minutes
  --json       the last line is a JSON object
  --markdown   the table as Markdown
  --source     measure the daemon from its source, not as it is shipped
  --profile    only: where the time of a send goes, from a CPU profile of the daemon`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    source: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function measure(program: Program, isQuick: boolean): Promise<Measured> {
  say('the disk')
  const fsyncPerSec = fsyncRate(1)
  say('1, 10 and 100 policies of all types')
  const { policyUs } = await runChild<PolicyResult>('policy', {})
  say('recorded decisions made again')
  const replay = await runChild<ReplayResult>('replay', {})
  say('reading and ceiling of a signature')
  const { ceilingUs } = await runChild<CeilingResult>('ceiling', {})
  say('start and memory')
  const startUp = await measureStartUp(program, 5)
  say('accepting 100 sends a second')
  const accept = await measureAccept(program, 100, 10)
  say('sends from one wallet, through the daemon and by a script')
  // Many blocks long, so that one block more or less is no difference, and warm: a daemon runs for weeks.
  const plan = { count: isQuick ? 6_000 : 12_000, warmUp: 1_000, rounds: 3 }
  const throughput = await measureThroughput(program, plan, say)
  return { fsyncPerSec, policyUs, replay, ceilingUs, startUp, accept, throughput, plan }
}

async function measureMore(program: Program): Promise<More> {
  say('reads')
  const reads = await measureReads(program)
  say('approvals that somebody taps at once')
  const taps = await measureTaps(program)
  say('1,500 sends at once')
  const burst = await measureBurst(program, 1_500)
  say('a token at its limits beside another')
  const neighbour = await measureNeighbour(program)
  say('a kill with 1,000 in flight')
  const recoverySeconds = await measureRecovery(program, 1_000)
  say('sends from several wallets, through the daemon and by a script')
  return { reads, taps, burst, neighbour, recoverySeconds, parallel: await measureParallel(program, say) }
}

async function main(): Promise<void> {
  if (values.help) return say(usage)
  const program = values.source || values.profile ? sourceProgram : shippedProgram()
  if (values.profile) return say(await profileSends(program, 3_000))
  const measured = await measure(program, values.quick)
  const more = values.quick ? undefined : await measureMore(program)
  say((values.markdown ? markdown : table)(measured, more))
  if (values.json) say(jsonLine(measured, more))
}

await main()
