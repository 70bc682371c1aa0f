import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLog } from '../log.ts'
import { stopSocket } from './stop-socket.ts'
import type { HttpEnv } from './types.ts'

let folder: string
const closers: (() => Promise<unknown>)[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waiaas-socket-'))
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  rmSync(folder, { recursive: true })
})

const app = new Hono<HttpEnv>().get('/', (c) => c.text('here'))

async function opened(path: string) {
  const socket = stopSocket(path, jsonLog('silent'))
  await socket.open(app)
  closers.push(() => socket.close(0))
  return socket
}

async function ask(socketPath: string): Promise<string> {
  const asked = request({ socketPath, path: '/', headers: { connection: 'close' } }).end()
  const [answer] = await once(asked, 'response')
  return Buffer.concat(await answer.toArray()).toString()
}

/** Another program that listens there. */
async function stranger(path: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).end('somebody else')).listen(path)
  await once(server, 'listening')
  closers.push(async () => server.close())
  return server
}

test('it is for this user alone, leaves nothing beside it, and is gone at the end', async () => {
  const path = join(folder, 'stop.sock')
  const socket = await opened(path)
  expect(socket.warning()).toBeUndefined()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['stop.sock'])
  expect(await ask(path)).toBe('here')
  await socket.close()
  expect(readdirSync(folder)).toEqual([])
})

test('it is made inside its folder: what lies around that may be read-only', async () => {
  const inner = join(folder, 'data')
  mkdirSync(inner)
  const seen: unknown[] = []
  const watcher = watch(folder, (_event, name) => seen.push(name))
  closers.push(async () => watcher.close())
  expect((await opened(join(inner, 'stop.sock'))).warning()).toBeUndefined()
  writeFileSync(join(folder, 'last'), '')
  await expect.poll(() => seen).toContain('last')
  expect(seen.filter((name) => name !== 'last' && name !== 'data')).toEqual([])
})

test('what a daemon that died has left is replaced', async () => {
  const path = join(folder, 'stop.sock')
  // A server removes the path that it was given; what it was renamed to stays.
  const dead = await stranger(join(folder, 'before'))
  renameSync(join(folder, 'before'), path)
  await new Promise((resolve) => dead.close(resolve))
  expect(existsSync(path)).toBe(true)
  expect((await opened(path)).warning()).toBeUndefined()
  expect(await ask(path)).toBe('here')
})

test.each([
  ['a socket that answers', (path: string) => stranger(path), 'is in use by another program'],
  ['a file', async (path: string) => writeFileSync(path, 'mine'), 'is no socket: move it away'],
  ['a folder', async (path: string) => mkdirSync(path), 'is no socket: move it away'],
])('%s is left alone, and the daemon says that it has no socket', async (_what, make, why) => {
  const path = join(folder, 'stop.sock')
  await make(path)
  const before = statSync(path).ino
  const socket = await opened(path)
  expect(socket.warning()).toBe(`there is no socket for stops, which use the port instead: ${path} ${why}`)
  await socket.close()
  expect(statSync(path).ino).toBe(before)
})

test('a path that a socket cannot have is said to be too long, and the longest that it can have works', async () => {
  const of = (bytes: number) => join(folder, 'x'.repeat(bytes - folder.length - '//stop.sock'.length), 'stop.sock')
  for (const path of [of(107), of(108)]) mkdirSync(join(path, '..'))
  expect(of(107)).toHaveLength(107)
  const fits = await opened(of(107))
  expect(fits.warning()).toBeUndefined()
  expect(await ask(of(107))).toBe('here')
  const long = await opened(of(108))
  expect(long.warning()).toContain('has 108 bytes, and a socket takes 107: choose a shorter data directory')
  expect(existsSync(of(108))).toBe(false)
})
