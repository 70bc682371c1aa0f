import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Keys, startKeys } from './service.ts'
import { signerArguments } from './signer-arguments.ts'

describe('signer isolation', () => {
  let keys: Keys
  beforeAll(async () => {
    process.env.SIGNER_ISOLATION_CANARY = 'must not reach the signer'
    keys = await startKeys()
    await keys.createKeyring('a master password')
    await keys.create('wallet', 'ethereum')
  })
  afterAll(() => keys.stop())

  test('the environment of the signer is empty', () => {
    expect(readFileSync(`/proc/${keys.pid}/environ`, 'latin1')).toBe('')
  })

  test('the signer has no socket but the channel to the daemon, and no file open', () => {
    const folder = `/proc/${keys.pid}/fd`
    const targets = readdirSync(folder).map((name) => [name, readlinkSync(`${folder}/${name}`)] as const)
    expect(targets.filter(([, target]) => target.startsWith('socket:')).map(([name]) => name)).toEqual(['3'])
    expect(targets.filter(([, target]) => target.startsWith('/')).map(([, target]) => new Set([target]))).toEqual([
      new Set(['/dev/null']),
      new Set(['/dev/null']),
      new Set(['/dev/null']),
    ])
  })

  test('the running signer is under the permission model, without a permission to write or start anything', () => {
    const command = readFileSync(`/proc/${keys.pid}/cmdline`, 'utf8').split('\0')
    const granted = command.filter((argument) => argument.startsWith('--allow-'))
    expect(command).toContain('--permission')
    expect(new Set(granted.map((argument) => argument.split('=')[0]))).toEqual(
      new Set(['--allow-addons', '--allow-fs-read']),
    )
    expect(granted.filter((argument) => /=(\/|\*|\/(etc|proc|home|root|tmp|work)\/?)$/.test(argument))).toEqual([])
  })

  test('code that runs as the signer cannot read, write, start or listen, and has loaded no network module', async () => {
    const report = await runProbe()
    expect(new Set(Object.values(report.outcomes))).toEqual(new Set(['ERR_ACCESS_DENIED', 'EvalError']))
    expect(Object.values(report.outcomes).filter((outcome) => outcome === 'EvalError')).toHaveLength(1)
    expect(report.networkModules).toEqual([])
    expect(report.environment).toEqual({})
  })

  test('the signer ends when the daemon that started it is killed', async () => {
    const program = `const { startKeys } = await import(${JSON.stringify(new URL('./service.ts', import.meta.url).href)})
      console.log((await startKeys()).pid)`
    const daemon = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await daemon.stdout.take(1).toArray()) as [Buffer]
    const pid = Number(line.toString('utf8'))
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('signer')
    daemon.kill('SIGKILL')
    await expect.poll(() => isRunning(pid)).toBe(false)
  })
})

type Report = { outcomes: Record<string, string>; networkModules: string[]; environment: object }

async function runProbe(): Promise<Report> {
  const entry = new URL('./probe/isolation.ts', import.meta.url)
  const child = spawn(process.execPath, signerArguments(entry), {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  return JSON.parse(await text(child.stdio[3] as Readable)) as Report
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    // Its folder is gone: so is the process.
    return false
  }
}
