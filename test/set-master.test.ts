import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { cleanUp, launch, launcher, startProvisioned } from '../packages/cli/test/run.ts'
import { type Keys, startKeys } from '../packages/daemon/src/keys/service.ts'
import { until } from './support/until.ts'

const NEW_PASSWORD = 'the new master password'
/** Guesses that cost little, so that the moments lie close together. */
const cheap = {
  WAIAAS_KEYSTORE_ARGON2_MEMORY: '19456',
  WAIAAS_KEYSTORE_ARGON2_TIME: '2',
  WAIAAS_KEYSTORE_ARGON2_PARALLELISM: '1',
}
const untilAnswered = Number.POSITIVE_INFINITY
let keys: Keys

beforeAll(async () => {
  keys = await startKeys()
})
afterEach(cleanUp)
afterAll(() => keys.stop())

const start = () => startProvisioned(cheap)
type Started = Awaited<ReturnType<typeof start>>

function change({ url }: Started, password: string): Promise<number> {
  return fetch(`${url}/v1/admin/master-password`, {
    method: 'PUT',
    headers: { 'x-master-password': password, 'content-type': 'application/json' },
    body: JSON.stringify({ newPassword: NEW_PASSWORD }),
  }).then(({ status }) => status)
}

async function kill({ child, ended }: Started): Promise<void> {
  process.kill(-child.pid!, 'SIGKILL')
  await ended
}

/** Which of the passwords opens the keyring that lies in the database. */
async function opening(dataDir: string, passwords: readonly string[]): Promise<string[]> {
  const db = new Sqlite(join(dataDir, 'data', 'waiaas.db'), { readonly: true })
  const { row } = db.prepare<[], { row: string }>('select row from keyring').get()!
  db.close()
  const right: string[] = []
  for (const password of passwords) if (await keys.verify(password, JSON.parse(row))) right.push(password)
  return right
}

const recoveryKey = (dataDir: string) => join(dataDir, 'recovery.key')

/** Runs the daemon again: what it said on its way up, or why it did not come up. */
async function again(dataDir: string, env: Record<string, string> = {}): Promise<string> {
  const { child, saw, ended } = launch(process.execPath, [launcher, 'start', '--data-dir', dataDir], {
    ...cheap,
    ...env,
  })
  const said = await saw(/"msg":"ready"/).then(
    ({ input }) => input,
    (error: Error) => error.message,
  )
  if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
  await ended
  return said
}

test('kill -9 at any moment of a password change leaves exactly one password that opens the keystore', async () => {
  const outcomes: string[] = []
  for (const delayMs of [0, 30, 50, 75, 100, 150, untilAnswered]) {
    const daemon = await start()
    const old = readFileSync(recoveryKey(daemon.dataDir), 'utf8').trim()
    const asked = change(daemon, old).catch(() => 0)
    await (delayMs === untilAnswered ? asked : pause(delayMs))
    await kill(daemon)
    const answered = (await asked) === 200
    const right = await opening(daemon.dataDir, [old, NEW_PASSWORD])
    expect(right, `after ${delayMs} ms`).toHaveLength(1)
    const isNew = right[0] === NEW_PASSWORD
    const isLeft = existsSync(recoveryKey(daemon.dataDir))
    // Whoever got an answer has the new password and no recovery key; without the change the recovery key still works.
    if (answered) expect({ isNew, isLeft }).toEqual({ isNew: true, isLeft: false })
    if (!isNew) expect(isLeft).toBe(true)
    const said = await again(daemon.dataDir, isNew ? { WAIAAS_MASTER_PASSWORD: NEW_PASSWORD } : {})
    expect(said).toContain('"msg":"ready"')
    expect(existsSync(recoveryKey(daemon.dataDir))).toBe(!isNew)
    outcomes.push(isNew ? 'new' : 'old')
    cleanUp()
  }
  expect(new Set(outcomes)).toEqual(new Set(['old', 'new']))
})

test('a recovery key that a killed change has left is called what it is, and goes when the right password comes', async () => {
  const daemon = await start()
  const old = readFileSync(recoveryKey(daemon.dataDir), 'utf8')
  expect(await change(daemon, old.trim())).toBe(200)
  await until('the recovery key to go', () => !existsSync(recoveryKey(daemon.dataDir)))
  await kill(daemon)
  // As it lies after a kill between the change and the removal of the file.
  writeFileSync(recoveryKey(daemon.dataDir), old, { mode: 0o600 })
  const refused = await again(daemon.dataDir)
  expect(refused).toContain('it is from before set-master')
  expect(refused).toContain('start with the present password')
  const said = await again(daemon.dataDir, { WAIAAS_MASTER_PASSWORD: NEW_PASSWORD })
  expect(said).toContain('held a password from before set-master and has been removed')
  expect(existsSync(recoveryKey(daemon.dataDir))).toBe(false)
})
