import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from '../support/free-port.ts'
import { root } from './markdown.ts'

const children = new Set<ChildProcess>()
const homes = new Set<string>()

/** Ends every process that a test has started, group by group, and removes the home folders. */
export function endAll(): void {
  for (const { pid } of children) {
    if (pid === undefined) continue
    try {
      process.kill(-pid, 'SIGKILL')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
    }
  }
  children.clear()
  for (const home of homes) rmSync(home, { recursive: true, force: true })
  homes.clear()
}
process.once('exit', endAll)

/** The machine that a page is read on: a home folder of its own, and free ports for those that the page names. */
export type Machine = { readonly env: NodeJS.ProcessEnv; readonly here: (text: string) => string }

export async function machine(): Promise<Machine> {
  const home = mkdtempSync(join(tmpdir(), 'waiaas-docs-'))
  homes.add(home)
  const [daemon, evm, solana] = [await freePort(), await freePort(), await freePort()]
  const ports: Record<string, number> = { 3100: daemon, 8545: evm, 8899: solana }
  return {
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WAIAAS_'))),
      HOME: home,
      // The Node of the tests, which is the one that npm scripts use.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      WAIAAS_DAEMON_PORT: `${daemon}`,
    },
    here: (text) =>
      text
        .replaceAll(/(127\.0\.0\.1:)(3100|8545|8899)\b/g, (_, host, port) => `${host}${ports[port]}`)
        .replaceAll(/^npm run localnet$/gm, `$& -- --evm-port ${evm} --solana-port ${solana}`),
  }
}

function bash(script: string, { env }: Machine) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, env, detached: true })
  children.add(child)
  let output = ''
  const heard = Promise.withResolvers<void>()
  let listener: (() => void) | undefined = heard.resolve
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      listener?.()
    })
  }
  child.stdin.end()
  const ended = once(child, 'close').then(([code]) => {
    children.delete(child)
    listener?.()
    return code as number | null
  })
  return {
    ended,
    output: () => output,
    pid: child.pid!,
    listen: (next: () => void) => {
      listener = next
    },
  }
}

/** `stop` resolves when every process of it has let go of its output. */
export type Service = { stop(): Promise<void> }

/** Starts what keeps running, and waits until its output matches. */
export async function startService(script: string, ready: RegExp, on: Machine): Promise<Service> {
  const { ended, output, pid, listen } = bash(script, on)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => {
    if (ready.test(output())) resolve()
  }
  listen(look)
  look()
  void ended.then((code) => reject(new Error(`expected ${ready} from "${script}", it ended with ${code}: ${output()}`)))
  await promise
  return {
    async stop() {
      process.kill(-pid, 'SIGTERM')
      await ended
    },
  }
}

/** Runs scripts in one shell, so that each sees the variables of those before it; what each wrote. */
export async function runScripts(scripts: readonly string[], on: Machine): Promise<string[]> {
  const mark = '@@ block @@'
  const { ended, output } = bash(scripts.map((script) => `${script}\nprintf '\\n${mark}\\n'`).join('\n'), on)
  const code = await ended
  const parts = output().split(`\n${mark}\n`)
  if (code === 0 && parts.length === scripts.length + 1) return parts.slice(0, -1)
  throw new Error(`expected exit code 0, got ${code} from:\n${scripts[parts.length - 1]}\n${parts.at(-1)}`)
}
