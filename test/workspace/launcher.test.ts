import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** A Node that strips no types, as a command: this one with the feature off, and an old one where the machine has it. */
const runtimes: [string, string[]][] = [
  ['a Node told not to strip types', [process.execPath, '--no-experimental-strip-types']],
]
const oldNode = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path) && /^v(1\d|20)\./.test(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout))
if (oldNode) runtimes.push(["the machine's old Node", [oldNode]])

const program = `
const [, , command, code]: string[] = process.argv
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => { console.log('got ' + signal); process.exit(7) })
}
if (command === 'wait') { console.log('pid ' + process.pid); setInterval(() => {}, 1000) }
if (command === 'exit') process.exit(Number(code))
if (command === 'die') process.kill(process.pid, 'SIGKILL')
if (command === 'show') console.log(JSON.stringify({ strips: process.features.typescript, args: process.argv.slice(3) }))
`

describe('the waiaas launcher', () => {
  const children: ChildProcess[] = []
  let folder: string
  let launcher: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'waiaas-launcher-'))
    for (const part of ['bin', 'src']) mkdirSync(join(folder, 'packages/cli', part), { recursive: true })
    launcher = join(folder, 'packages/cli/bin/waiaas.cjs')
    copyFileSync(join(root, 'packages/cli/bin/waiaas.cjs'), launcher)
    writeFileSync(join(folder, 'packages/cli/src/main.ts'), program)
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const run = ([node, ...flags]: string[], ...args: string[]) =>
    spawnSync(node!, [...flags, launcher, ...args], { encoding: 'utf8' })

  async function startWaiting([node, ...flags]: string[]) {
    const child = spawn(node!, [...flags, launcher, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const line = String(await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]))
    const pid = /^pid (\d+)/.exec(line)?.[1]
    if (pid === undefined) throw new Error(`expected the program to say its pid, got ${line}`)
    return { child, pid: Number(pid) }
  }

  test('runs the program in place on a Node that strips types', async () => {
    const { child, pid } = await startWaiting([process.execPath])
    expect(pid).toBe(child.pid)
  })

  describe.each(runtimes)('under %s', (_name, runtime) => {
    test('runs the program under the pinned Node with its arguments', () => {
      const { stdout, stderr, status } = run(runtime, 'show', '--name', 'two words')
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
      expect(JSON.parse(stdout)).toEqual({ strips: 'strip', args: ['--name', 'two words'] })
    })

    test('ends with the exit code of the program, or that of the signal which killed it', () => {
      expect(run(runtime, 'exit', '3').status).toBe(3)
      expect(run(runtime, 'die').status).toBe(128 + 9)
    })

    test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('hands %s to the program and waits for it', async (signal) => {
      const { child, pid } = await startWaiting(runtime)
      expect(pid).not.toBe(child.pid)
      const output = once(child.stdout!, 'data')
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([7, null])
      expect(String((await output)[0])).toContain(`got ${signal}`)
      expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    })

    test('says what to install where no Node came with the project', () => {
      const bare = mkdtempSync(join(tmpdir(), 'waiaas-launcher-'))
      copyFileSync(launcher, join(bare, 'waiaas.cjs'))
      const [node, ...flags] = runtime
      const { stderr, status } = spawnSync(node!, [...flags, join(bare, 'waiaas.cjs')], { encoding: 'utf8' })
      rmSync(bare, { recursive: true })
      expect(status).toBe(1)
      expect(stderr).toMatch(/needs Node 22\.18 or newer, this is Node \d+\.\d+\.\d+/)
      expect(stderr).toContain('Install Node 24 LTS')
    })
  })
})
