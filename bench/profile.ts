import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from './daemon.ts'
import { throughDaemon } from './throughput.ts'

type Frame = {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}
type Node = { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }
type Profile = {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** The innermost of these that is on the stack gets the sample. Tests are for `url#function`, and name rooms. */
const areas: readonly (readonly [area: string, test: RegExp])[] = [
  ['commits', /platform\/db\/sqlite\.ts##transaction$/],
  ['evidence', /\/src\/audit\//],
  ['ledger', /\/src\/ledger\//],
  ['policies', /\/src\/policies\//],
  ['prices and settings', /\/src\/(prices|settings|tokens)\//],
  ['authentication', /authentication\.ts|\/src\/sessions\//],
  ['decide', /\/transactions\/deciding\//],
  ['issue', /\/lanes\/(issue|prepare|round|nonces|decision-age)\.ts/],
  ['record', /\/lanes\/(record|signing)\.ts/],
  ['leave and broadcast', /\/lanes\/(leave|broadcaster)\.ts|chains\/evm\/broadcast\.ts/],
  ['settle', /\/lanes\/(settle|booking)\.ts/],
  ['other work of the lane', /\/transactions\/lanes\//],
  ['rows', /\/transactions\/rows\//],
  ['send: wallet, key and answer', /\/src\/transactions\//],
  ['gate and signer', /\/src\/(gate|keys)\//],
  ['seal', /chains\/evm\/seal\.ts/],
  ['observe', /chains\/evm\/(observe|blocks|receipts|nonce)\.ts/],
  ['build and decode', /\/src\/chains\/(?!rpc)/],
  ['RPC', /chains\/rpc|undici/],
  ['HTTP', /platform\/http\/|@?hono|node:_http|node:http|node:internal\/(http|webstreams)/],
  ['other streams and sockets', /node:(net|stream|internal\/stream)/],
]
const firstOfSends = /\/transactions\/deciding\/decide\.ts/

/** Where the daemon's CPU time goes while one wallet sends: functions by self time, then parts of the life of a send. */
export async function profileSends(program: Program, count: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-bench-profile-'))
  try {
    const nodeArguments = [
      ...program.nodeArguments,
      '--cpu-prof',
      `--cpu-prof-dir=${folder}`,
      '--cpu-prof-interval=200',
    ]
    const { rate, cpuMs } = await throughDaemon({ ...program, nodeArguments }, { count, warmUp: 500 })
    const [file] = readdirSync(folder)
    if (file === undefined) throw new Error('the daemon wrote no profile')
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
    return `${rate.toFixed(0)} sends/s under the profiler, ${cpuMs.toFixed(2)} ms of processor time each\n${describe(profile, count + 500)}`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function describe(profile: Profile, sends: number): string {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
  const bySelf = new Map<string, number>()
  const byArea = new Map<string, number>()
  let isStarting = true
  for (const [index, id] of profile.samples.entries()) {
    const node = nodes.get(id)
    if (!node) continue
    // Loading the program is not part of a send.
    isStarting &&= !firstOfSends.test(node.callFrame.url)
    if (isStarting || node.callFrame.functionName === '(idle)') continue
    const us = profile.timeDeltas[index] ?? 0
    add(bySelf, nameOf(node.callFrame), us)
    add(byArea, areaOf(node, nodes, parents), us)
  }
  if (isStarting) throw new Error(`expected a sample of ${firstOfSends.source}: has it been moved?`)
  const total = [...byArea.values()].reduce((sum, us) => sum + us, 0) / sends
  return `\nself time, µs a send\n${list(bySelf, sends)}\n\nby part, µs a send (${total.toFixed(0)} in all)\n${list(byArea, sends)}`
}

const add = (sums: Map<string, number>, key: string, us: number) => sums.set(key, (sums.get(key) ?? 0) + us)
const nameOf = ({ functionName, url, lineNumber }: Frame): string =>
  `${functionName || '(anonymous)'} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`

function areaOf(node: Node, nodes: ReadonlyMap<number, Node>, parents: ReadonlyMap<number, number>): string {
  const above: string[] = []
  for (let at: Node | undefined = node; at; at = nodes.get(parents.get(at.id) ?? -1))
    above.push(`${at.callFrame.url}#${at.callFrame.functionName}`)
  for (const frame of above) {
    const found = areas.find(([, test]) => test.test(frame))
    if (found) return found[0]
  }
  const { functionName } = node.callFrame
  return functionName.startsWith('(') ? functionName : 'other'
}

function list(sums: ReadonlyMap<string, number>, sends: number): string {
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, 30)
  return sorted.map(([name, us]) => `${(us / sends).toFixed(1).padStart(9)}  ${name}`).join('\n')
}
