import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Hono } from 'hono'
import { afterEach, expect, test } from 'vitest'
import { connections } from './connections.ts'
import { type Listening, listen } from './listen.ts'
import type { HttpEnv } from './types.ts'

const open: (Socket | Listening)[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await ('close' in each ? each.close(0) : each.destroy())
})

/** Its answers come when they are let go. */
async function start() {
  const waiting = Promise.withResolvers<void>()
  const app = new Hono<HttpEnv>()
  app.get('/now', (c) => c.text('now'))
  app.get('/later', async (c) => {
    await waiting.promise
    return c.text('later')
  })
  const bounds = connections(() => ({
    'security.max_connections': 100,
    'security.max_connections_per_address': 100,
    'security.idle_connection_seconds': 1,
    'security.trusted_proxies': [],
  }))
  const server = await listen(app, { port: 0, hostname: '127.0.0.1', connections: bounds })
  open.push(server)
  return { port: server.port, answer: waiting.resolve }
}

async function client(port: number) {
  const socket = connect(port, '127.0.0.1')
  open.unshift(socket)
  let heard = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text
  })
  await once(socket, 'connect')
  const until = async (text: string) => {
    while (!heard.includes(text)) await once(socket, 'data')
  }
  return { socket, ask: (path: string) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`), until }
}

test('a connection that asks nothing is closed after its time, and one that waits for its answer is not', async () => {
  const { port, answer } = await start()
  const [idle, waits] = [await client(port), await client(port)]
  waits.ask('/later')
  idle.ask('/now')
  await idle.until('now')
  let isOpen = true
  waits.socket.once('close', () => {
    isOpen = false
  })
  const asked = performance.now()
  await once(idle.socket, 'close')
  expect(performance.now() - asked).toBeGreaterThan(900)
  expect(isOpen).toBe(true)
  answer()
  await waits.until('later')
  // From its answer on it is idle too.
  await once(waits.socket, 'close')
})
