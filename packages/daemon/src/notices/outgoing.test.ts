import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { isPublicAddress, poster, RefusedAddress, type Resolve } from './outgoing.ts'

const running: { close(): void }[] = []
afterEach(() => {
  for (const each of running.splice(0)) each.close()
})

const nowhere: Resolve = async (host) => {
  throw new Error(`nobody asks for ${host}`)
}
const names =
  (table: Record<string, readonly string[]>): Resolve =>
  async (host) =>
    (table[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
const send = (post: ReturnType<typeof poster>, url: string) =>
  post.send({ url, headers: {}, body: '{}' }, AbortSignal.timeout(5_000))

async function server(answer = 200) {
  const seen: string[] = []
  const made = createServer((request, response) => {
    seen.push(`${request.headers.host}${request.url}`)
    response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end('x'.repeat(100_000))
  })
  made.listen(0, '127.0.0.1')
  await once(made, 'listening')
  running.push({
    close() {
      made.closeAllConnections()
      made.close()
    },
  })
  return { seen, port: (made.address() as AddressInfo).port }
}

test.each([
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...[
    '192.0.0.170',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00:ec2::254',
  ],
  ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', 'ff02::1', '2001:db8::1'],
  'not an address',
])('%s is no address of the internet', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450::1'])(
  '%s is one',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.each([
  ...['https://127.0.0.1/', 'https://[::1]/', 'https://0x7f.1/', 'https://2130706433/', 'https://017700000001/'],
  ...['https://169.254.169.254/latest/meta-data', 'https://[::ffff:10.0.0.1]/', 'https://[fd00:ec2::254]/'],
  ...['https://private.example/', 'https://mixed.example/', 'https://nowhere.example/', 'http://public.example/'],
  ...['https://user:password@public.example/', 'ftp://public.example/', 'file:///etc/passwd', 'not an address'],
])('%s is refused when it is named, and when something is sent there', async (url) => {
  const resolve = names({
    'private.example': ['10.0.0.1'],
    'mixed.example': ['1.1.1.1', '127.0.0.1'],
    'public.example': ['1.1.1.1'],
  })
  const post = poster({ allowedHosts: () => [], resolve })
  await expect(post.check(url)).rejects.toThrow(RefusedAddress)
  await expect(send(post, url)).rejects.toThrow(RefusedAddress)
})

test('an allowed host is sent to, with its port or without, and no other of the same address', async () => {
  const { port, seen } = await server()
  for (const allowed of [`127.0.0.1:${port}`, '127.0.0.1']) {
    const post = poster({ allowedHosts: () => [allowed], resolve: nowhere })
    await expect(send(post, `http://127.0.0.1:${port}/one`)).resolves.toMatchObject({ status: 200 })
    await expect(send(post, `http://[::1]:${port}/`)).rejects.toThrow(RefusedAddress)
  }
  const other = poster({ allowedHosts: () => [`127.0.0.1:${port + 1}`], resolve: nowhere })
  await expect(send(other, `http://127.0.0.1:${port}/`)).rejects.toThrow(RefusedAddress)
  expect(seen).toEqual([`127.0.0.1:${port}/one`, `127.0.0.1:${port}/one`])
})

test('a name that is at another address when it is asked again is refused, and the connection goes where was looked', async () => {
  const { port, seen } = await server()
  let asked = 0
  const rebinding: Resolve = async () => {
    asked += 1
    return [{ address: asked === 1 ? '1.1.1.1' : '127.0.0.1', family: 4 }]
  }
  const post = poster({ allowedHosts: () => [], resolve: rebinding })
  await post.check('https://rebinding.example/')
  await expect(send(post, 'https://rebinding.example/')).rejects.toThrow(RefusedAddress)
  // Resolved once for each request: nothing asks between the look and the connection.
  expect(asked).toBe(2)
  let resolved = 0
  const pinned = poster({
    allowedHosts: () => ['pinned.example'],
    resolve: async () => {
      resolved += 1
      return [{ address: '127.0.0.1', family: 4 }]
    },
  })
  await expect(send(pinned, `http://pinned.example:${port}/`)).resolves.toMatchObject({ status: 200 })
  expect([resolved, seen]).toEqual([1, [`pinned.example:${port}/`]])
})

test('a redirect is not followed, and of a long answer the beginning is read', async () => {
  const moved = await server(302)
  const post = poster({ allowedHosts: () => ['127.0.0.1'], resolve: nowhere })
  const answer = await send(post, `http://127.0.0.1:${moved.port}/`)
  expect(answer.status).toBe(302)
  expect(answer.body.length).toBeLessThanOrEqual(16_384)
  expect(moved.seen).toHaveLength(1)
})

test('a name that nobody resolves in time is not waited for', async () => {
  const post = poster({ allowedHosts: () => [], resolve: () => new Promise(() => undefined) })
  const sent = post.send({ url: 'https://slow.example/', headers: {}, body: '' }, AbortSignal.timeout(50))
  await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' })
})

/** Writes as fast as it is taken, until the other side has had enough. */
const endlessly = (text: string) => (socket: Socket) => {
  const write = () => {
    while (!socket.destroyed && socket.write(text));
  }
  socket.on('drain', write)
  write()
}
const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

/** What a receiver of ill will writes, and what becomes of the request: an answer, or an error. */
const ill: Readonly<Record<string, [(socket: Socket) => unknown, object]>> = {
  'another protocol': [(socket) => socket.write(UPGRADE), { status: 101, body: '' }],
  'another protocol, and the end': [(socket) => socket.end(UPGRADE), { status: 101, body: '' }],
  'the end of the connection': [(socket) => socket.destroy(), { code: 'ECONNRESET' }],
  'half an answer': [(socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'), { code: 'ECONNRESET' }],
  'no HTTP': [(socket) => socket.end('220 mail.example ESMTP\r\n'), { code: 'HPE_INVALID_CONSTANT' }],
  'a body without end': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      endlessly('x'.repeat(4_096))(socket)
    },
    { status: 200 },
  ],
  'headers without end': [
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      endlessly(`X-More: ${'x'.repeat(1_000)}\r\n`)(socket)
    },
    { code: 'HPE_HEADER_OVERFLOW' },
  ],
  'hints without end': [endlessly('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'), { name: 'TimeoutError' }],
  'a part of a body': [(socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nx'), { name: 'TimeoutError' }],
  nothing: [() => undefined, { name: 'TimeoutError' }],
}

test.each(Object.entries(ill))('a receiver that answers %s is done with', async (_what, [answer, outcome]) => {
  const server = createRawServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
    onTestFinished(() => void socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push(server)
  const post = poster({ allowedHosts: () => ['127.0.0.1'], resolve: nowhere })
  const { port } = server.address() as AddressInfo
  // Long where it ends by itself.
  const deadline = AbortSignal.timeout('name' in outcome ? 200 : 60_000)
  const sent = post.send({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}' }, deadline)
  expect(await sent.catch((error: unknown) => error)).toMatchObject(outcome)
})
