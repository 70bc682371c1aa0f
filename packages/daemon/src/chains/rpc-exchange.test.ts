import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { untilCut } from '../platform/cut-off.ts'
import { parseTarget, post } from './rpc-http.ts'

/** Of a machine that is nobody's, for localhost. */
const TLS = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcy5L6syCKZKoIgYN
6tN4lyUYkK78+kk58EhoFUWwfJShRANCAAQU70F269fveEcV9XDgyPSd0ZJihW3h
9XPXHVHuwTymnoG6VTc5i6rN+sEChLyfb9xQpGzGG8bI9CoHe7AugVzc
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUYFup9DdgXK6U1fBMLXjhWRmmc/8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIxMzIxMVoYDzIxMjYxMTA2
MjEzMjExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQU70F269fveEcV9XDgyPSd0ZJihW3h9XPXHVHuwTymnoG6VTc5i6rN
+sEChLyfb9xQpGzGG8bI9CoHe7AugVzco28wbTAdBgNVHQ4EFgQUfeVNmbEitoF8
aGVhGrsRFqN+520wHwYDVR0jBBgwFoAUfeVNmbEitoF8aGVhGrsRFqN+520wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgWJjx/+g4Qkq8Iixyx7X1PZtFugwb+o88dgoJvketXZsCIACT
HTFScqKNLpdXKB86j91O/K68u0DBcmTMoKqxVTpv
-----END CERTIFICATE-----`,
}
const RESULT = JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'é'.repeat(20_000) })
const PATIENT_MS = 60_000

type Answering = (request: IncomingMessage, response: ServerResponse) => void

/** A server that has read what it is asked before it answers. */
async function serve(answer: Answering, tls?: typeof TLS) {
  const connections = new Set<Socket>()
  const listener: RequestListener = (request, response) =>
    void request.resume().once('end', () => answer(request, response))
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => void connections.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  })
  const url = `http${tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, connections, ask: (ms = PATIENT_MS) => post(parseTarget(url), { id: 1 }, ms) }
}
const answering =
  (body: string | Buffer = RESULT, headers: Record<string, string> = {}): Answering =>
  (_request, response) =>
    void response.writeHead(200, headers).end(body)

test('calls go over one connection, and over another once that is closed', async () => {
  const { ask, connections } = await serve(answering())
  for (let call = 0; call < 5; call++) expect((await ask()).body).toEqual(JSON.parse(RESULT))
  expect(connections.size).toBe(1)
  const [socket] = connections
  const closed = new Promise((resolve) => socket!.once('close', resolve))
  socket!.end()
  await closed
  expect((await ask()).status).toBe(200)
  expect(connections.size).toBe(2)
})

test.each([
  ['gzip', gzipSync(RESULT)],
  ['GZIP', gzipSync(RESULT)],
  ['br', brotliCompressSync(RESULT)],
])('an answer in %s is read', async (encoding, body) => {
  const { ask } = await serve(answering(body, { 'content-encoding': encoding }))
  expect((await ask()).body).toEqual(JSON.parse(RESULT))
})

test('an answer that breaks off, compressed or not, is none', async () => {
  for (const headers of [{}, { 'content-encoding': 'gzip' }]) {
    const { ask } = await serve((_request, response) => {
      response.writeHead(200, { ...headers, 'content-length': '1000' })
      response.write(gzipSync(RESULT).subarray(0, 20), () => response.destroy())
    })
    await expect(ask()).rejects.toMatchObject({ kind: 'failed', message: expect.stringContaining('ECONNRESET') })
  }
})

test('a connection that becomes another protocol, or ends without a word, is no answer', async () => {
  const other = await serve((_request, { socket }) => {
    socket!.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n')
  })
  await expect(other.ask()).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('connection failed'),
  })
  const silent = await serve((_request, response) => void response.destroy())
  await expect(silent.ask()).rejects.toMatchObject({ kind: 'failed' })
})

test('of an answer without an end no more is read than an answer may have', async () => {
  const gone = Promise.withResolvers<void>()
  const zeros = gzipSync(Buffer.alloc(8_000_000))
  const { url, ask } = await serve((_request, response) => {
    response.once('close', gone.resolve)
    response.writeHead(200, { 'content-encoding': 'gzip' })
    // Members of a gzip file follow each other.
    const more = () => {
      while (!response.destroyed && response.write(zeros));
    }
    response.on('drain', more)
    more()
  })
  await expect(ask()).rejects.toMatchObject({ message: `${url} answered more than 128 MB` })
  await gone.promise
})

test('who is too late, also with the rest of an answer, is waited for no more', async () => {
  for (const begin of [() => undefined, (response: ServerResponse) => void response.writeHead(200).write('{')]) {
    const gone = Promise.withResolvers<void>()
    let hasCome = false
    const { url, ask } = await serve((_request, response) => {
      hasCome = true
      response.once('close', gone.resolve)
      begin(response)
    })
    await expect(ask(100)).rejects.toMatchObject({ kind: 'late', message: `${url} did not answer within 100 ms` })
    // On a slow machine it may be over before it has come.
    if (hasCome) await gone.promise
  }
})

test('a stop cuts off what is asked, and what it asks for then is not sent', async () => {
  const stop = new AbortController()
  const gone = Promise.withResolvers<void>()
  const { ask, connections } = await serve((_request, response) => {
    response.once('close', gone.resolve)
    stop.abort()
  })
  await untilCut(stop.signal, async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
    await gone.promise
    await expect(ask()).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  })
  expect(connections.size).toBe(1)
})

test('a certificate is looked at, and a connection over TLS kept', async () => {
  const stranger = await serve(answering(), TLS)
  await expect(stranger.ask()).rejects.toMatchObject({ message: expect.stringContaining('SELF_SIGNED') })
  const known = getCACertificates('default')
  onTestFinished(() => setDefaultCACertificates(known))
  setDefaultCACertificates([...known, TLS.cert])
  const { ask, connections } = await serve(answering(), TLS)
  for (let call = 0; call < 3; call++) expect((await ask()).body).toEqual(JSON.parse(RESULT))
  expect(connections.size).toBe(1)
})
