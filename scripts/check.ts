/**
 * `npm test`: every static check, then every test. Ends with the line `N passed, N failed`, in which each check counts as one test.
 * Arguments go to vitest: `npm test -- packages/daemon/src/policies`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const node = process.execPath
const tool = (path: string) => join(root, 'node_modules', path)

type Step = { name: string; command: readonly [string, ...string[]] }

const staticSteps: readonly Step[] = [
  { name: 'format and lint', command: [node, tool('@biomejs/biome/bin/biome'), 'check', '--max-diagnostics=100', '.'] },
  { name: 'types', command: [node, tool('typescript/bin/tsc'), '--noEmit', '-p', '.'] },
  {
    name: 'import boundaries',
    command: [
      node,
      tool('dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'packages',
    ],
  },
  { name: 'unused code', command: [node, tool('knip/bin/knip.js')] },
  { name: 'length and parameters', command: [node, join(root, 'scripts/length-check.ts')] },
]

/** How a child process ended: its output, and its exit code or 128 plus the number of the signal that ended it. */
type Ending = { output: string; exitCode: number; durationMs: number }

const running = new Set<ChildProcess>()
let stoppedBy: NodeJS.Signals | undefined

/** Each child leads a process group, so that what it starts in turn ends with it. */
function signalAll(signal: NodeJS.Signals) {
  for (const { pid } of running) {
    if (pid === undefined) continue
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function stop(signal: NodeJS.Signals) {
  stoppedBy ??= signal
  signalAll(signal)
  setTimeout(() => signalAll('SIGKILL'), 5_000).unref()
}

/** Runs a command to its end. Output is handed over as it comes, and given back as a whole. */
function run([command, ...args]: Step['command'], onOutput: (text: string) => void = () => {}): Promise<Ending> {
  const startedAt = performance.now()
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    env: { ...process.env, ...colour },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let output = ''
  const take = (text: string) => {
    output += text
    onOutput(text)
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(child)
      const exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal]
      resolve({ output, exitCode, durationMs: performance.now() - startedAt })
    })
  })
}

function report(name: string, ending: Pick<Ending, 'exitCode' | 'durationMs'>) {
  const seconds = (ending.durationMs / 1000).toFixed(1)
  console.log(`${ending.exitCode === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
}

async function runStatic({ name, command }: Step): Promise<boolean> {
  const ending = await run(command)
  report(name, ending)
  if (ending.exitCode !== 0) console.log(ending.output.trimEnd())
  return ending.exitCode === 0
}

/** Two at a time: one for each core of the smallest machine this runs on. */
async function runAllStatic(): Promise<boolean[]> {
  const waiting = [...staticSteps]
  const results: boolean[] = []
  const work = async () => {
    for (let step = waiting.shift(); step && !stoppedBy; step = waiting.shift()) results.push(await runStatic(step))
  }
  await Promise.all([work(), work()])
  return results
}

/** What the summary line of a vitest run says. A run that ended without it has crashed, which is one failure. */
export function readSummary(output: string): { passed: number; failed: number } {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1)
  return found ? { passed: Number(found[1]), failed: Number(found[2]) } : { passed: 0, failed: 1 }
}

async function runTests(filters: readonly string[]): Promise<{ passed: number; failed: number }> {
  const ending = await run([node, tool('vitest/vitest.mjs'), 'run', ...filters], (text) => process.stdout.write(text))
  report('tests', ending)
  const { passed, failed } = readSummary(ending.output)
  return { passed, failed: ending.exitCode === 0 ? failed : Math.max(1, failed) }
}

async function main() {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
  process.on('exit', () => signalAll('SIGKILL'))

  const results = await runAllStatic()
  const tests = stoppedBy ? { passed: 0, failed: 1 } : await runTests(process.argv.slice(2))
  const passed = results.filter(Boolean).length + tests.passed
  const failed = staticSteps.length - results.filter(Boolean).length + tests.failed
  process.exitCode = stoppedBy ? 128 + constants.signals[stoppedBy] : Number(failed > 0)
  console.log(`${passed} passed, ${failed} failed`)
}

if (process.argv[1] === import.meta.filename) await main()
