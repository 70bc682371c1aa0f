import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Settings } from '@waiaas/contract'
import { isTrustedProxy, peerGroup, proxyList } from './peer.ts'

/** Connections beyond the bounds: more than wait at the listening socket (511), so that all that are taken at once fit. */
const MOST_SPARE = 768
/** Files that the daemon needs beside its connections: databases, endpoints, the signer. */
const OTHER_FILES = 256

export type Bounds = Pick<
  Settings,
  | 'security.max_connections'
  | 'security.max_connections_per_address'
  | 'security.idle_connection_seconds'
  | 'security.trusted_proxies'
>
export type Connections = ReturnType<typeof connections>

/**
 * How many connections there may be, of one peer group and in all. Those beyond that are spare: a stop that comes over one
 * is served, everything else is refused, and one that has asked nothing yet makes room for the next.
 */
export function connections(settings: () => Bounds) {
  const counts = new Map<string, number>()
  /** In the order of their arrival; true for one whose stop has come. */
  const spare = new Map<Socket, boolean>()
  const files = openFiles()
  const room = Math.max(files - OTHER_FILES - MOST_SPARE, Math.floor(files / 2))
  let all = 0

  function hasRoom(socket: Socket, group: string): boolean {
    const now = settings()
    const most = Math.min(now['security.max_connections'], room)
    if (all >= most) return false
    if ((counts.get(group) ?? 0) < now['security.max_connections_per_address']) return true
    return isTrustedProxy(socket.remoteAddress, proxyList(now['security.trusted_proxies']))
  }

  function count(group: string, by: number): void {
    const sum = (counts.get(group) ?? 0) + by
    if (sum === 0) counts.delete(group)
    else counts.set(group, sum)
    all += by
  }

  function keepSpare(socket: Socket): void {
    if (spare.size >= MOST_SPARE) {
      const idle = firstIdle(spare)
      if (!idle) {
        socket.destroy()
        return
      }
      spare.delete(idle)
      idle.destroy()
    }
    spare.set(socket, false)
    socket.once('close', () => spare.delete(socket))
  }

  return {
    opened(socket: Socket): void {
      const group = peerGroup(socket.remoteAddress ?? 'local')
      if (!hasRoom(socket, group)) {
        keepSpare(socket)
        return
      }
      count(group, 1)
      socket.once('close', () => count(group, -1))
    },
    isSpare: (socket: Socket): boolean => spare.has(socket),
    /** A stop has come over it: it makes room for no other. */
    keep(socket: Socket): void {
      if (spare.has(socket)) spare.set(socket, true)
    },
    /** After so long a connection that asks nothing is closed. */
    idleMs: (): number => settings()['security.idle_connection_seconds'] * 1000,
  }
}

function firstIdle(spare: ReadonlyMap<Socket, boolean>): Socket | undefined {
  for (const [socket, hasAsked] of spare) if (!hasAsked) return socket
  return undefined
}

/** Files that this process may have open; where the system does not tell, as many as it likes. */
function openFiles(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
