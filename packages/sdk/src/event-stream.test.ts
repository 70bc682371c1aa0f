import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DaemonEvent } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { type EventOptions, WAIaaSClient, WAIaaSError } from './index.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

type Turn = (response: ServerResponse, request: IncomingMessage) => void

/** A daemon whose connections a test writes by hand, one after the other; what each was asked behind. */
async function scripted(...turns: Turn[]) {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers['last-event-id'])
    const turn = turns[asked.length - 1]
    if (turn) turn(response, request)
    else request.socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, api: new WAIaaSClient({ baseUrl, sessionToken: 'wai_sess_x' }) }
}

const told = (id: string) => `id: ${id}\nevent: E\ndata: ${JSON.stringify({ id, event: 'é' })}\n\n`
/** Writes what it is given, in as many pieces as bytes, and breaks off. */
const breaking =
  (text: string): Turn =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const byte of Buffer.from(text)) response.write(Buffer.of(byte))
    setTimeout(() => response.destroy(), 50)
  }

/** So many events, then no more. */
async function take(api: WAIaaSClient, count: number, options: EventOptions = {}): Promise<DaemonEvent[]> {
  const all: DaemonEvent[] = []
  for await (const event of api.events(options)) {
    all.push(event)
    if (all.length === count) break
  }
  return all
}

test('each event comes once, whole, and behind the last one where a connection breaks', async () => {
  const { asked, api } = await scripted(
    // The last one broke in its middle, and is told again.
    breaking(`id: 1\n\n${told('2')}${told('3').slice(0, -5)}`),
    // Where a page ends is where to go on, although nothing of it was for this client.
    breaking(`${told('3')}id: 9\n\n`),
    breaking(told('10')),
  )
  expect((await take(api, 3)).map(({ id, event }) => `${id} ${event}`)).toEqual(['2 é', '3 é', '10 é'])
  expect(asked).toEqual([undefined, '2', '9'])
})

test('it begins where it is told to, and shows its credential in a header alone', async () => {
  let request: IncomingMessage | undefined
  const { asked, api } = await scripted((response, given) => {
    request = given
    breaking(told('8'))(response, given)
  })
  await take(api, 1, { lastEventId: '7' })
  expect(asked).toEqual(['7'])
  expect(request?.url).toBe('/v1/events')
  expect(request?.headers).toMatchObject({ accept: 'text/event-stream', authorization: 'Bearer wai_sess_x' })
})

test('what a repeat does not help ends it with its error; a daemon that is away does not', async () => {
  const refuse =
    (status: number, code: string, retryable: boolean): Turn =>
    (response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code, message: code, retryable }))
    }
  const { asked, api } = await scripted(
    (_response, request) => request.socket.destroy(),
    refuse(503, 'SHUTTING_DOWN', true),
    refuse(401, 'SESSION_REVOKED', false),
  )
  const ended = await take(api, 1).catch((error: unknown) => error)
  expect(ended).toBeInstanceOf(WAIaaSError)
  expect(ended).toMatchObject({ status: 401, code: 'SESSION_REVOKED' })
  expect(asked).toHaveLength(3)
})

test('its signal ends it, also while it waits', async () => {
  const ending = new AbortController()
  const { api } = await scripted((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('id: 1\n\n')
    setTimeout(() => ending.abort(new Error('enough')), 50)
  })
  await expect(take(api, 1, { signal: ending.signal })).rejects.toThrow('enough')
})
