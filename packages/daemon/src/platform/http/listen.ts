import { createServer, type Server } from 'node:http'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { connectionOpened } from '../turn.ts'
import type { Connections } from './connections.ts'
import type { HttpEnv } from './types.ts'

/** Stops taking requests: lets running ones end for `graceMs`, then cuts them. */
type Close = (graceMs?: number) => Promise<void>
/** A server that takes requests. */
export type Listening = { readonly port: number; readonly url: string; readonly close: Close }

/** A connection that waits for its answer is not idle, however long that takes. */
const IDLE_MS = 60_000
/** What a request may take to arrive: a client that dribbles holds a connection no longer. */
const HEADERS_MS = 20_000
const REQUEST_MS = 60_000
/** Requests of one connection that wait for their answers. Clients send one after the other; each that waits takes memory. */
const MOST_AT_ONCE = 32

type App = Hono<HttpEnv>

/** Serves an application; port 0 takes a free one. Fails when the address is taken. */
export async function listen(
  app: App,
  { port, hostname, ...bounds }: { port: number; hostname: string } & Bounds,
): Promise<Listening> {
  const { server, close } = serverOf(app, bounds)
  await listening(server, { port, host: hostname })
  // A TCP server that listens has an address with a port.
  const { port: taken } = server.address() as AddressInfo
  return { port: taken, url: `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${taken}`, close }
}

/** The same on a socket of this machine. */
export async function listenOnPath(app: App, path: string): Promise<{ readonly close: Close }> {
  const { server, close } = serverOf(app, {})
  await listening(server, { path })
  return { close }
}

const listening = (server: Server, where: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      resolve()
    })
  })

type Bounds = { headersMs?: number; connections?: Connections }

function serverOf(app: App, { headersMs = HEADERS_MS, connections }: Bounds): { server: Server; close: Close } {
  const patience = {
    keepAliveTimeout: IDLE_MS,
    headersTimeout: headersMs,
    requestTimeout: REQUEST_MS,
    connectionsCheckingInterval: Math.ceil(headersMs / 4),
  }
  const answer = getRequestListener(app.fetch)
  const server = createServer(patience, (incoming, outgoing) => {
    if (sockets.running(incoming.socket) >= MOST_AT_ONCE) {
      incoming.socket.destroy()
      return
    }
    if (connections?.isSpare(incoming.socket)) outgoing.shouldKeepAlive = false
    // Each call of a batch asks when its answer has gone.
    outgoing.setMaxListeners(0)
    return answer(incoming, outgoing)
  })
  server.on('connection', connectionOpened)
  if (connections)
    server.on('connection', (socket) => {
      server.keepAliveTimeout = connections.idleMs()
      connections.opened(socket)
    })
  const sockets = trackSockets(server)
  const close: Close = (graceMs = 5_000) =>
    new Promise((resolve, reject) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      server.close((error) => {
        clearTimeout(cut)
        if (error) reject(error)
        else resolve()
      })
      sockets.closeIdle()
    })
  return { server, close }
}

/** Node counts a connection that never asked anything as busy, so busy ones are counted here. */
function trackSockets(server: Server): { closeIdle(): void; running(socket: Socket): number } {
  const running = new Map<Socket, number>()
  let closing = false
  const count = (socket: Socket, by: number) => running.set(socket, (running.get(socket) ?? 0) + by)
  const endIfIdle = (socket: Socket) => closing && running.get(socket) === 0 && socket.destroySoon()
  server.on('connection', (socket) => {
    running.set(socket, 0)
    endIfIdle(socket)
    socket.once('close', () => running.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    count(socket, 1)
    response.once('close', () => {
      if (!running.has(socket)) return
      count(socket, -1)
      endIfIdle(socket)
    })
  })
  return {
    running: (socket) => running.get(socket) ?? 0,
    closeIdle() {
      closing = true
      for (const socket of running.keys()) endIfIdle(socket)
    },
  }
}
