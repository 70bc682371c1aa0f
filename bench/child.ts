import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const running = new Set<ChildProcess>()
// A thrown error or process.exit() must not leave processes behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Keeps the child from outliving this process. */
export function watched(child: ChildProcess): ChildProcess {
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Kills by SIGKILL and waits for the end. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Runs a module of `children` in a process of its own: the job goes in as JSON, the result comes back as JSON. */
export async function runChild<Result>(name: string, job: unknown): Promise<Result> {
  const path = fileURLToPath(new URL(`children/${name}.ts`, import.meta.url))
  const child = watched(spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] }))
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('expected the child to have pipes')
  let text = ''
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  stdin.end(JSON.stringify(job))
  const [code, signal] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}: ${text}`)
  // Both ends are in this folder and share the job's and the result's types.
  return JSON.parse(text) as Result
}
