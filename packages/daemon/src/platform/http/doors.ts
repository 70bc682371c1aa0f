import { join } from 'node:path'
import { STOP_SOCKET } from '@waiaas/contract'
import type { Hono } from 'hono'
import type { Log } from '../log.ts'
import { type Bounds, type Connections, connections } from './connections.ts'
import { type Listening, listen } from './listen.ts'
import { type StopSocket, stopSocket } from './stop-socket.ts'
import type { HttpEnv } from './types.ts'

type Served = {
  readonly app: Hono<HttpEnv>
  readonly connections: Connections
  /** What the socket for stops serves. */
  readonly stopApp: Hono<HttpEnv>
  readonly stopSocket: StopSocket
}
export type Doors = Listening & { readonly closeStops: StopSocket['close'] }

/** What counts the connections of the port, and the socket for stops, which is not open yet. */
export const doorsOf = (folder: string, settings: () => Bounds, log: Log) => ({
  connections: connections(settings),
  stopSocket: stopSocket(join(folder, STOP_SOCKET), log),
})

/** Opens the socket for stops, then the port. Fails when the port is taken. */
export async function openDoors(
  { app, connections, stopApp, stopSocket }: Served,
  where: { port: number; hostname: string },
): Promise<Doors> {
  await stopSocket.open(stopApp)
  try {
    return { ...(await listen(app, { ...where, connections })), closeStops: stopSocket.close }
  } catch (error) {
    await stopSocket.close(0)
    throw error
  }
}
