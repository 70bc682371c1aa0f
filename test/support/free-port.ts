import { once } from 'node:events'
import { createServer } from 'node:net'

/** Test support: a port that nobody listens at now, for what must be found again at the same one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server that listens has an address with a port.
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
