import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { STOP_SOCKET } from '@waiaas/contract'
import type { Method } from './daemon.ts'

type Answer = { status: number; body: Record<string, unknown> }

/** One call through the socket in a data directory, without any credential. */
export async function throughSocket(dataDir: string, method: Method, path: string, body?: object): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = { 'content-length': Buffer.byteLength(text), 'content-type': 'application/json', connection: 'close' }
  const asked = request({ socketPath: join(dataDir, STOP_SOCKET), method, path, headers })
  asked.end(text)
  const [answer] = await once(asked, 'response')
  const answered = Buffer.concat(await answer.toArray()).toString()
  return { status: answer.statusCode, body: answered.startsWith('{') ? JSON.parse(answered) : {} }
}
