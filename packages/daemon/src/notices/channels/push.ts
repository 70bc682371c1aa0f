import { createCipheriv, createECDH, type ECDH, hkdfSync, randomBytes } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import type { Post } from '../outgoing.ts'
import type { Notice, NoticeChannel } from '../types.ts'
import { posted, toldBy } from './answers.ts'

/** What a browser gave away to be told: where, and the keys that it alone can read with; base64url. */
export type Subscription = { readonly endpoint: string; readonly p256dh: string; readonly auth: string }
/** The key by which push services know this daemon. */
export type Vapid = { readonly publicKey: string; sign(audience: string, expiresAt: number): Promise<string> }

const CURVE = 'prime256v1'
/** For so long a push service keeps what the browser does not take yet, in seconds. */
const TTL_S = 86_400
const JWT_S = 43_200
/** RFC 8188, 2.1: one record, which is the last. */
const RECORD_SIZE = 4_096
const LAST_RECORD = 2
/** What fits into a record beside the fields around it. */
const MOST_BYTES = 3_000

type Derivation = { readonly salt: Uint8Array; readonly info: string | Buffer; readonly length: number }
const derived = (secret: Uint8Array, { salt, info, length }: Derivation): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length))

type Fresh = { readonly salt: Buffer; readonly sender: ECDH }
const fresh = (): Fresh => {
  const sender = createECDH(CURVE)
  sender.generateKeys()
  return { salt: randomBytes(16), sender }
}

/** One message that this browser alone can read (RFC 8291). What is fresh is used once. */
export function encrypted(
  text: string,
  { p256dh, auth }: Pick<Subscription, 'p256dh' | 'auth'>,
  { salt, sender }: Fresh = fresh(),
): Buffer {
  const reader = Buffer.from(p256dh, 'base64url')
  const own = sender.getPublicKey()
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), reader, own])
  const shared = derived(sender.computeSecret(reader), { salt: Buffer.from(auth, 'base64url'), info, length: 32 })
  const key = derived(shared, { salt, info: 'Content-Encoding: aes128gcm\0', length: 16 })
  const nonce = derived(shared, { salt, info: 'Content-Encoding: nonce\0', length: 12 })
  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  const record = Buffer.concat([cipher.update(text, 'utf8'), cipher.update(Buffer.of(LAST_RECORD)), cipher.final()])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(RECORD_SIZE, 0)
  head.writeUInt8(own.length, 4)
  return Buffer.concat([salt, head, own, record, cipher.getAuthTag()])
}

/** The key of a daemon, the same at each start, from 32 bytes that nobody else has (RFC 8292). */
export function vapidOf(secret: Uint8Array): Vapid {
  const keys = createECDH(CURVE)
  keys.setPrivateKey(derived(secret, { salt: Buffer.alloc(0), info: 'web push', length: 32 }))
  const point = keys.getPublicKey()
  const jwk = {
    ...{ kty: 'EC', crv: 'P-256', d: keys.getPrivateKey().toString('base64url') },
    ...{ x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') },
  }
  return {
    publicKey: point.toString('base64url'),
    sign: async (audience, expiresAt) =>
      new SignJWT({ aud: audience, exp: expiresAt, sub: 'mailto:waiaas@localhost' })
        .setProtectedHeader({ typ: 'JWT', alg: 'ES256' })
        .sign(await importJWK(jwk, 'ES256')),
  }
}

type Browser = Subscription & { readonly id: string; readonly vapid: Vapid; readonly now: () => number }

/** One browser, by its push service (RFC 8030), which cannot read what it carries. */
export const pushChannel = (post: Post, { id, endpoint, vapid, now, ...keys }: Browser): NoticeChannel => ({
  name: `push:${id}`,
  async tell(notice, signal) {
    const token = await vapid.sign(new URL(endpoint).origin, Math.floor(now() / 1_000) + JWT_S)
    const outgoing = {
      url: endpoint,
      headers: {
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(TTL_S),
        urgency: notice.severity === 'info' ? 'normal' : 'high',
        authorization: `vapid t=${token}, k=${vapid.publicKey}`,
      },
      body: encrypted(textOf(notice), keys),
    }
    return posted(post, outgoing, {
      signal,
      // The browser has gone: 404 and 410 say so for good.
      read: (answer) => toldBy(answer.status === 404 ? { ...answer, status: 410 } : answer),
    })
  },
})

/** What the worker of the page `/notices` reads; `page` is where its person goes on. */
function textOf({ id, title, lines, severity, data: { txId } }: Notice): string {
  const page = typeof txId === 'string' ? `/approve/${txId}` : '/notices'
  let shown = [...lines]
  const json = () => JSON.stringify({ id, title, body: shown.join('\n'), severity, page })
  while (Buffer.byteLength(json()) > MOST_BYTES && shown.length > 0) shown = shown.slice(0, -1)
  return json()
}
