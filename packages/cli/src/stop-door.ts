import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type AllOperations, type Client, client, type HttpCall, STOP_SOCKET, stopOperations } from '@waiaas/contract'
import { CommandError } from './errors.ts'

export type StopClient = Client<Pick<AllOperations, keyof typeof stopOperations>>

/** The daemon of a data directory, for stops alone and without a credential; undefined where no socket is open to this user. */
export async function stopDoorOf(dataDir: string): Promise<StopClient | undefined> {
  const path = join(dataDir, STOP_SOCKET)
  return (await isOpen(path)) ? client(stopOperations, (call) => send(path, call)) : undefined
}

const isOpen = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })

const MINUTE_MS = 60_000

/** `fetch` knows no sockets of this kind. */
function send(socketPath: string, { method, path, headers, body = '' }: HttpCall): Promise<Response> {
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  const signal = AbortSignal.timeout(MINUTE_MS)
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(new CommandError(`the daemon did not answer at ${socketPath}`, 'repeat the command', cause))
    const asked = request({ socketPath, method, path, headers: { ...headers, ...length }, signal }, async (answer) => {
      try {
        const chunks = await answer.toArray()
        // Node sets the status of an answer that it has read.
        const status = answer.statusCode as number
        resolve(new Response(Buffer.concat(chunks), { status }))
      } catch (error) {
        failed(error)
      }
    })
    asked.once('error', failed)
    asked.end(body)
  })
}
