import { cpus, loadavg } from 'node:os'
import type { PolicyResult } from './children/policy.ts'
import type { ReplayResult } from './children/replay.ts'
import type { Latency, Reads } from './latency.ts'
import type { Neighbour } from './neighbour.ts'
import type { Parallel } from './parallel.ts'
import type { Burst } from './recovery.ts'
import type { StartUp } from './start-up.ts'
import { round } from './statistics.ts'
import type { Tapped } from './taps.ts'
import type { Throughput } from './throughput.ts'

/** What every run measures. */
export type Measured = {
  readonly fsyncPerSec: number
  readonly policyUs: PolicyResult['policyUs']
  readonly replay: ReplayResult
  readonly ceilingUs: number
  readonly startUp: StartUp
  readonly accept: Latency
  readonly throughput: Throughput
  readonly plan: { readonly count: number; readonly rounds: number }
}
/** What only a full run measures. */
export type More = {
  readonly reads: Reads
  readonly taps: readonly Tapped[]
  readonly burst: Burst
  readonly neighbour: Neighbour
  readonly recoverySeconds: number
  readonly parallel: readonly Parallel[]
}
type Row = readonly [what: string, measured: string, budget: string]

const ms = (value: number): string => `${round(value, 2)} ms`
const us = (value: number): string => `${round(value, 1)} µs`
const rate = (value: number): string => `${round(value, 0)}/s`

function rows(measured: Measured, more: More | undefined): Row[] {
  const { fsyncPerSec, policyUs, replay, ceilingUs, startUp, accept, throughput, plan } = measured
  const { daemon, script, preSigned, knownAfterMs, cpuMs, synchronous } = throughput
  const ratio = round(daemon / script, 2)
  return [
    [`sendRatio (${plan.count} transfers, median of ${plan.rounds})`, String(ratio), '≥ 0.8'],
    ['through the daemon', rate(daemon), ''],
    ["by the script (viem's local account)", rate(script), ''],
    ['nodeRatio, against pre-signed posts', `${round(daemon / preSigned, 2)} (${rate(preSigned)})`, 'none'],
    ['processor time of daemon and signer for a send', ms(cpuMs), 'none'],
    ['last receipt until the daemon calls it confirmed', ms(knownAfterMs), 'none'],
    ['accept latency at 100/s, p50', ms(accept.p50Ms), '5 ms'],
    ['accept latency at 100/s, p99', ms(accept.p99Ms), '25 ms'],
    ['the caller itself was late, p99', ms(accept.generatorLateP99Ms), 'none'],
    [
      'processor time of a decision on ten effects, 1 and 10 policies of all types',
      `${us(policyUs[1])}; ${us(policyUs[10])}`,
      'none',
    ],
    ['the same under 100 policies', us(policyUs[100]), '50 µs'],
    ['processor time of a recorded decision made again, read from its rows', us(replay.replayUs), '60 µs'],
    ['the same by a draft too, with a rate of 1,000 that is full', us(replay.draftUs), 'none'],
    ['processor time of reading and ceiling for a signature, in a batch of 64', us(ceilingUs), '15 µs'],
    ['cold start to ready', ms(startUp.coldStartMs), '1,000 ms'],
    ['idle memory, PSS of daemon and signer', `${round(startUp.idleMb, 0)} MB`, '120 MB'],
    ['the same, if no other process shared a page', `${round(startUp.idleAloneMb, 0)} MB`, 'none'],
    ['first master-password call after a start', ms(startUp.firstPasswordMs), 'none'],
    ['later master-password calls, p50', ms(startUp.laterPasswordP50Ms), 'no KDF'],
    ...(more ? moreRows(more) : []),
    ['fdatasync of 4 KiB on this disk', rate(fsyncPerSec), 'none'],
    ['how a commit is made durable before anybody hears of it', synchronous, 'fdatasync'],
    ['machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`, ''],
    [
      'load of the last minute; above the number of processors nothing here means much',
      String(round(loadavg()[0] ?? 0, 1)),
      '',
    ],
  ]
}

const moreRows = ({ reads, taps, burst, neighbour, recoverySeconds, parallel }: More): Row[] => [
  ['balance from cache, p50', ms(reads.balanceP50Ms), '1 ms'],
  ['list of 20, p50', ms(reads.listP50Ms), '1 ms'],
  ['one transaction, p50', ms(reads.detailP50Ms), '1 ms'],
  ...taps.map(tapRow),
  ['1,500 sends at once', `${burst.landed} landed in ${round(burst.seconds, 1)} s`, 'all land'],
  ...(['p50Ms', 'p99Ms'] as const).map((which) => neighbourRow(neighbour, which)),
  ['recovery with 1,000 in flight', `${round(recoverySeconds, 1)} s`, '5 s'],
  ...parallel.map(parallelRow),
]

const neighbourRow = ({ alone, beside }: Neighbour, which: 'p50Ms' | 'p99Ms'): Row => {
  const rounds = which === 'p99Ms' ? `, rounds ${beside.roundsP99Ms.map(ms).join(' to ')}` : ''
  return [
    `accept latency beside a token at its limits over alone, ${which.slice(0, 3)}`,
    `${round(beside[which] / alone[which], 2)} (${ms(beside[which])}${rounds}; ${ms(alone[which])})`,
    which === 'p99Ms' ? '1.2' : 'none',
  ]
}

const tapRow = ({ channel, p50Ms, worstMs }: Tapped): Row => [
  `request to landed, approved over ${channel} at once: p50; the worst of 10`,
  `${ms(p50Ms)}; ${ms(worstMs)}`,
  '2,000 ms',
]

const parallelRow = ({ family, wallets, daemon, script }: Parallel): Row => [
  `${family === 'evm' ? 'EVM' : 'Solana'}, ${wallets === 1 ? '1 wallet' : `${wallets} wallets at once`}: ratio to a script`,
  `${round(daemon / script, 2)} (${rate(daemon)}; ${rate(script)})`,
  'none',
]

export function table(measured: Measured, more: More | undefined): string {
  const all: Row[] = [['path', 'measured', 'budget'], ...rows(measured, more)]
  const width = (column: 0 | 1) => Math.max(...all.map((row) => row[column].length))
  return all.map(([what, value, budget]) => `${what.padEnd(width(0))}  ${value.padEnd(width(1))}  ${budget}`).join('\n')
}

export function markdown(measured: Measured, more: More | undefined): string {
  const lines = rows(measured, more).map((row) => `| ${row.join(' | ')} |`)
  return ['| path | measured | budget |', '|---|---|---|', ...lines].join('\n')
}

export function jsonLine(measured: Measured, more: More | undefined): string {
  const { fsyncPerSec, policyUs, replay, ceilingUs, startUp, accept, throughput } = measured
  const parallel = more?.parallel.map(({ family, wallets, daemon, script }) => [
    `${family}${wallets}`,
    round(daemon / script, 3),
  ])
  return JSON.stringify({
    sendRatio: round(throughput.daemon / throughput.script, 3),
    acceptP50Ms: round(accept.p50Ms, 2),
    acceptP99Ms: round(accept.p99Ms, 2),
    coldStartMs: round(startUp.coldStartMs, 0),
    idleMb: round(startUp.idleMb, 1),
    policyUs: round(policyUs[100], 1),
    policiesUs: { 1: round(policyUs[1], 1), 10: round(policyUs[10], 1), 100: round(policyUs[100], 1) },
    replayUs: round(replay.replayUs, 1),
    ceilingUs: round(ceilingUs, 1),
    fsyncPerSec: round(fsyncPerSec, 0),
    ...(parallel && { walletsRatio: Object.fromEntries(parallel) }),
  })
}
