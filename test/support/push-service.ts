import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

// A stand-in of a push service (RFC 8030, RFC 8292) with one browser behind it, which reads what is for it (RFC 8291).

type Shown = Readonly<Record<'id' | 'title' | 'body' | 'severity' | 'page', string>>

const MOST_BYTES = 4_096
const DAY_S = 86_400

/** Whether the daemon signed for this service, and not for long. */
function isKnown({ headers }: IncomingMessage, url: string, now: number): boolean {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]{87})$/.exec(headers.authorization ?? '') ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(key, 'base64url')
  const part = (from: number, to: number) => point.subarray(from, to).toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: part(1, 33), y: part(33, 65) }
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const left = Number(exp) - now / 1_000
  return (
    verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ) &&
    aud === url &&
    left > 0 &&
    left <= DAY_S &&
    /^(mailto:|https:)/.test(String(sub))
  )
}

/** As the browser reads it. */
function read(message: Buffer, { reader, auth }: { reader: ECDH; auth: Buffer }): string {
  const [salt, sender] = [message.subarray(0, 16), message.subarray(21, 86)]
  if (message.readUInt32BE(16) !== MOST_BYTES || message[20] !== 65) throw new Error('not one record of 4,096 bytes')
  const derive = (secret: Buffer, by: Buffer, info: Buffer | string, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, by, info, length))
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), reader.getPublicKey(), sender])
  const shared = derive(reader.computeSecret(sender), auth, info, 32)
  const cipher = createDecipheriv(
    'aes-128-gcm',
    derive(shared, salt, 'Content-Encoding: aes128gcm\0', 16),
    derive(shared, salt, 'Content-Encoding: nonce\0', 12),
  )
  cipher.setAuthTag(message.subarray(-16))
  const text = Buffer.concat([cipher.update(message.subarray(86, -16)), cipher.final()])
  if (text.at(-1) !== 2) throw new Error('not the last record')
  return text.subarray(0, -1).toString('utf8')
}

export async function startPushService(now: () => number) {
  const reader = createECDH('prime256v1')
  reader.generateKeys()
  const auth = randomBytes(16)
  const shown: Shown[] = []
  let isGone = false
  let isDown = false
  let url = ''

  async function answer(request: IncomingMessage): Promise<number> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const message = Buffer.concat(pieces)
    const { headers } = request
    if (isDown) return 503
    if (isGone) return 410
    if (request.method !== 'POST' || request.url !== '/send/canary-endpoint') return 404
    if (!/^\d+$/.test(headers.ttl as string) || headers['content-encoding'] !== 'aes128gcm') return 400
    if (!['very-low', 'low', 'normal', 'high'].includes(headers.urgency as string)) return 400
    if (message.length > MOST_BYTES) return 413
    if (!isKnown(request, url, now())) return 403
    shown.push(JSON.parse(read(message, { reader, auth })) as Shown)
    return 201
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(400).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host: url.slice('http://'.length),
    /** What the browser gives away. */
    subscription: {
      endpoint: `${url}/send/canary-endpoint`,
      p256dh: reader.getPublicKey().toString('base64url'),
      auth: auth.toString('base64url'),
    },
    shown,
    /** The service fails, or works again. */
    fail(fails: boolean) {
      isDown = fails
    },
    /** The browser has had enough. */
    leave() {
      isGone = true
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
