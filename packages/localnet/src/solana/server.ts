import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Faults } from './faults.ts'
import { parseJson, stringifyJson } from './json.ts'
import type { Params } from './params.ts'
import type { Methods } from './reading.ts'
import { RpcError } from './rpc-error.ts'
import type { Subscriptions } from './subscriptions.ts'

type Parts = { methods: Methods; subscriptions: Subscriptions; faults: Faults }
type Request = { jsonrpc?: unknown; id?: unknown; method?: unknown; params?: unknown }

const failure = (id: unknown, { code, message, data }: { code: number; message: string; data?: unknown }) => ({
  jsonrpc: '2.0',
  id: id ?? null,
  error: { code, message, ...(data === undefined ? {} : { data }) },
})

async function answer({ methods, faults }: Parts, request: Request): Promise<object> {
  const { id, method, params = [] } = request ?? {}
  if (request?.jsonrpc !== '2.0' || typeof method !== 'string') {
    return failure(id, { code: -32600, message: 'Invalid request' })
  }
  const planned = faults.failMethods[method]
  if (planned) return failure(id, planned)
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined
  if (!handler) return failure(id, { code: -32601, message: 'Method not found' })
  if (!Array.isArray(params)) return failure(id, { code: -32602, message: 'Invalid params: expected an array' })
  try {
    return { jsonrpc: '2.0', id, result: await handler(params) }
  } catch (error) {
    return errorAnswer(id, error)
  }
}

function errorAnswer(id: unknown, error: unknown) {
  if (error instanceof RpcError) return failure(id, error)
  return failure(id, { code: -32603, message: `Internal error: ${error instanceof Error ? error.message : error}` })
}

async function handleHttp(parts: Parts, request: IncomingMessage, response: ServerResponse) {
  const { faults } = parts
  if (request.method !== 'POST') {
    const healthy = request.method === 'GET' && request.url === '/health'
    response.writeHead(healthy ? 200 : 405).end(healthy ? 'ok' : '')
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (faults.delayMs) await pause(faults.delayMs, undefined, { ref: false })
  if (faults.httpStatus) {
    response.writeHead(faults.httpStatus, { 'retry-after': '1' }).end()
    return
  }
  const body = readBody(Buffer.concat(chunks).toString('utf8'))
  const answered = await answerBody(parts, body)
  if (faults.loseSendAnswers && [body].flat().some((one) => one?.method === 'sendTransaction')) {
    request.socket.destroy()
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(stringifyJson(answered))
}

// The shape is checked request by request in answer(); null stands for text that is not JSON.
function readBody(text: string): Request | Request[] | null {
  try {
    return parseJson(text) as Request | Request[]
  } catch {
    return null
  }
}

function answerBody(parts: Parts, body: Request | Request[] | null): Promise<object> | object {
  if (body === null) return failure(null, { code: -32700, message: 'Parse error' })
  if (!Array.isArray(body)) return answer(parts, body)
  if (body.length === 0) return failure(null, { code: -32600, message: 'Invalid request' })
  return Promise.all(body.map((one) => answer(parts, one)))
}

function handleSocket(parts: Parts, socket: WebSocket) {
  const { subscriptions } = parts
  const mine = new Set<number>()
  const send = (message: object) => {
    if (socket.readyState === socket.OPEN) socket.send(stringifyJson(message))
  }
  const handle = async (text: string) => {
    const request = readBody(text)
    const known = !request || Array.isArray(request) ? null : subscriptions.kindOf(String(request.method))
    if (!known || !request || Array.isArray(request)) return send(await answerBody(parts, request))
    const { id } = request
    const params: Params = Array.isArray(request.params) ? request.params : []
    const reply = (result: unknown) => send({ jsonrpc: '2.0', id, result })
    if (!known.subscribe) return reply(subscriptions.close(Number(params[0])))
    try {
      mine.add(subscriptions.open(known.kind, params, { send, answer: reply }))
    } catch (error) {
      send(errorAnswer(id, error))
    }
  }
  socket.on('message', (data) => void handle(String(data)))
  socket.on('close', () => {
    for (const id of mine) subscriptions.close(id)
  })
  // A client that vanishes is no fault of the node; ws closes the socket after this.
  socket.on('error', () => socket.terminate())
}

/** Serves HTTP and WebSocket on one loopback port; rejects when the port is taken. */
export async function serve(parts: Parts, port: number) {
  const server = createServer((request, response) => {
    handleHttp(parts, request, response).catch((error) => response.destroy(error))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => handleSocket(parts, socket))
  const listening = Promise.withResolvers<void>()
  // ws repeats the server's errors on its own emitter, where an unheard one would end the process.
  sockets.on('error', listening.reject)
  server.listen(port, '127.0.0.1', listening.resolve)
  await listening.promise
  return {
    // A TCP server that listens has an address of this form.
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}
