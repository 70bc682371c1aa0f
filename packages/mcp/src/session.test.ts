import { EventEmitter, once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WAIaaSError } from '@waiaas/sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tokenOf } from '../test/daemon.ts'
import { type Session, sessionKeeper } from './session.ts'

let folder: string
let file: string
let session: Session | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waiaas-mcp-'))
  file = join(folder, 'mcp-token')
})
afterEach(() => {
  session?.close()
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

/** The clock stands still, so that no token ends while a busy machine is late; timers run. */
const NOW = Date.UTC(2026, 0, 1)
/** Ends in 50 ms, so it is renewed in 30 ms. */
const shortToken = () => tokenOf(NOW / 1_000 + 0.05)
const refusal = (code: string, status: number, retryAfter?: number) =>
  new WAIaaSError({ code, status, message: code, retryable: false, retryAfter })
const current = (token: string) => Promise.resolve(token)

/** A session whose renewals answer in order. */
function sessionOf(token: string | undefined, tokenFiles: string[], renewals: (() => string)[] = []) {
  const asked: string[] = []
  const lines = new EventEmitter<{ line: [] }>()
  const said: string[] = []
  const log = (message: string) => {
    said.push(message)
    lines.emit('line')
  }
  session = sessionKeeper({
    environment: { token, tokenFiles },
    pairing: {
      start: () => Promise.reject(refusal('NOT_FOUND', 404)),
      poll: () => Promise.reject(new Error('not asked')),
    },
    log,
    now: () => NOW,
    renew: async (old) => {
      asked.push(old)
      return { token: renewals.shift()!() }
    },
  })
  return {
    ...session,
    asked,
    /** Waits until the log has said this so many times. */
    async said(text: string, times = 1): Promise<void> {
      while (said.filter((line) => line.includes(text)).length < times) await once(lines, 'line')
    },
  }
}

test('a token from the environment gives way to its renewals for good', async () => {
  const [first, second, third] = [shortToken(), shortToken(), tokenOf()]
  const keeper = sessionOf(first, [], [() => second, () => third])
  await keeper.start()
  await keeper.said('renewed the session', 2)
  expect(keeper.asked).toEqual([first, second])
  await expect(keeper.use(current)).resolves.toBe(third)
})

test('a renewal that comes too early is tried again when the daemon says', async () => {
  const next = tokenOf()
  const tooEarly = () => {
    throw refusal('RENEWAL_TOO_EARLY', 400, 0.02)
  }
  writeFileSync(file, shortToken())
  const keeper = sessionOf(undefined, [file], [tooEarly, () => next])
  await keeper.start()
  await keeper.said('renewed the session and wrote')
  expect(readFileSync(file, 'utf8')).toBe(next)
  expect(readdirSync(folder)).toEqual(['mcp-token'])
})

test('a process whose token was renewed by another one takes the new token from the file', async () => {
  const theirs = tokenOf()
  writeFileSync(file, shortToken())
  const mismatch = () => {
    writeFileSync(file, theirs)
    throw refusal('SESSION_RENEWAL_MISMATCH', 409)
  }
  const keeper = sessionOf(undefined, [file], [mismatch])
  await keeper.start()
  await keeper.said('could not renew the session: SESSION_RENEWAL_MISMATCH')
  await expect(keeper.use(current)).resolves.toBe(theirs)
  expect(keeper.asked).toHaveLength(1)
})

test('a call whose token is refused is repeated once under the token that the file holds now', async () => {
  const [old, next] = [tokenOf(), tokenOf()]
  writeFileSync(file, old)
  const keeper = sessionOf(undefined, [file])
  const tried: string[] = []
  const call = async (token: string) => {
    tried.push(token)
    writeFileSync(file, next)
    if (token === old) throw refusal('INVALID_TOKEN', 401)
    return 'done'
  }
  await expect(keeper.use(call)).resolves.toBe('done')
  expect(tried).toEqual([old, next])
})

test('calls that are refused together all go on under the new token', async () => {
  const [old, next] = [tokenOf(), tokenOf()]
  writeFileSync(file, old)
  const keeper = sessionOf(undefined, [file])
  await keeper.start()
  writeFileSync(file, next)
  const call = async (token: string) => {
    if (token === old) throw refusal('INVALID_TOKEN', 401)
    return token
  }
  expect(await Promise.all([keeper.use(call), keeper.use(call), keeper.use(call)])).toEqual([next, next, next])
})

test('a refused token of a file does not hide a good one of the environment', async () => {
  const good = tokenOf()
  writeFileSync(file, tokenOf())
  const keeper = sessionOf(good, [file])
  const call = async (token: string) => {
    if (token !== good) throw refusal('SESSION_REVOKED', 401)
    return token
  }
  await expect(keeper.use(call)).resolves.toBe(good)
})

test('an error that is not about the token is not repeated', async () => {
  writeFileSync(file, tokenOf())
  let tries = 0
  const call = async () => {
    tries += 1
    throw refusal('WALLET_SUSPENDED', 409)
  }
  await expect(sessionOf(undefined, [file]).use(call)).rejects.toThrow('WALLET_SUSPENDED')
  expect(tries).toBe(1)
})

test('a renewed token that cannot be written is used all the same, and said', async () => {
  const next = tokenOf()
  writeFileSync(file, shortToken())
  const blocked = () => {
    // A folder in the file's place refuses root as well.
    rmSync(file)
    rmSync(folder, { recursive: true })
    writeFileSync(folder, '')
    return next
  }
  const keeper = sessionOf(undefined, [file], [blocked])
  await keeper.start()
  await keeper.said('after a restart it needs a new token')
  await expect(keeper.use(current)).resolves.toBe(next)
})

test('texts that are no session tokens are passed over', async () => {
  writeFileSync(file, 'wai_sess_nonsense')
  await expect(sessionOf('Bearer abc', [file]).use(current)).rejects.toMatchObject({ code: 'NO_TOKEN' })
})
