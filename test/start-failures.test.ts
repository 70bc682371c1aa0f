import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Environment, type StartError, startDaemon } from '../packages/daemon/src/index.ts'
import { childrenOf, MASTER_PASSWORD } from './support/daemon.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'waiaas-start-'))
  closers.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function takenPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  return address.port
}

const cheap: Environment = {
  WAIAAS_DAEMON_PORT: '0',
  WAIAAS_DAEMON_LOG_LEVEL: 'error',
  WAIAAS_KEYSTORE_ARGON2_MEMORY: '19456',
  WAIAAS_KEYSTORE_ARGON2_TIME: '2',
}

async function failedStart(dataDir: string, env: Environment, masterPassword = MASTER_PASSWORD): Promise<StartError> {
  try {
    const daemon = await startDaemon({ dataDir, env: { ...cheap, ...env }, masterPassword })
    closers.push(() => daemon.stop())
  } catch (error) {
    return error as StartError
  }
  throw new Error('expected the start to fail')
}

test('a start that fails says why, and leaves neither a process nor a lock behind', async () => {
  const dataDir = folder()
  const before = childrenOf(process.pid)
  const port = String(await takenPort())
  const secret = 'p4ssw0rd-of-the-database'
  const failures: [string, Environment, string?][] = [
    ['ADDRESS_IN_USE', { WAIAAS_DAEMON_PORT: port }],
    ['INVALID_MASTER_PASSWORD', {}, 'another password'],
    ['CONFIG_INVALID', { WAIAAS_DAEMON_PROT: '1' }],
    ['CONFIG_INVALID', { WAIAAS_DATABASE_URL: `mysql://u:${secret}@127.0.0.1/d` }],
    ['DATABASE_UNUSABLE', { WAIAAS_DATABASE_URL: `postgres://u:${secret}@127.0.0.1:${await freePort()}/d` }],
  ]
  for (const [code, env, password] of failures) {
    const error = await failedStart(dataDir, env, password)
    expect(error.code, error.message).toBe(code)
    expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toContain(secret)
    expect(childrenOf(process.pid)).toEqual(before)
  }
  // The directory is free, and what the failed starts did stands in the way of nothing.
  const daemon = await startDaemon({ dataDir, env: cheap, masterPassword: MASTER_PASSWORD })
  expect(readFileSync(join(dataDir, 'daemon.port'), 'utf8')).toBe(`${daemon.port}\n`)
  await daemon.stop()
})

test('two daemons never have one SQLite file, whatever their directories', async () => {
  const file = join(folder(), 'shared.db')
  const shared: Environment = { WAIAAS_DATABASE_PATH: file }
  const first = await startDaemon({ dataDir: folder(), env: { ...cheap, ...shared }, masterPassword: MASTER_PASSWORD })
  const error = await failedStart(folder(), shared)
  expect(error.message).toContain(`another daemon is using the database ${file}`)
  await first.stop()
  const second = await startDaemon({ dataDir: folder(), env: { ...cheap, ...shared }, masterPassword: MASTER_PASSWORD })
  await second.stop()
})

test('a daemon that cannot write its port down does not go on listening', async () => {
  const dataDir = folder()
  const port = await freePort()
  mkdirSync(join(dataDir, 'daemon.port'))
  writeFileSync(join(dataDir, 'daemon.port', 'x'), '')
  await failedStart(dataDir, { WAIAAS_DAEMON_PORT: String(port) })
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed')
})

async function freePort(): Promise<number> {
  const port = await takenPort()
  await closers.pop()?.()
  return port
}
