import { createECDH } from 'node:crypto'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { Outgoing, Post } from '../outgoing.ts'
import { encrypted, pushChannel, vapidOf } from './push.ts'

/** https://www.rfc-editor.org/rfc/rfc8291#appendix-A */
const EXAMPLE = {
  text: 'When I grow up, I want to be a watermelon',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  senderKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  body: 'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
}

test('a message is encrypted as RFC 8291 has it', () => {
  const sender = createECDH('prime256v1')
  sender.setPrivateKey(Buffer.from(EXAMPLE.senderKey, 'base64url'))
  const body = encrypted(EXAMPLE.text, EXAMPLE, { salt: Buffer.from(EXAMPLE.salt, 'base64url'), sender })
  expect(body.toString('base64url')).toBe(EXAMPLE.body)
  expect(encrypted(EXAMPLE.text, EXAMPLE)).not.toEqual(encrypted(EXAMPLE.text, EXAMPLE))
})

test('a push service knows the daemon by a key that is the same at each start, and is sent nothing that it can read', async () => {
  const vapid = vapidOf(new Uint8Array(32).fill(7))
  expect(vapid.publicKey).toBe(vapidOf(new Uint8Array(32).fill(7)).publicKey)
  expect(vapid.publicKey).not.toBe(vapidOf(new Uint8Array(32).fill(8)).publicKey)
  const sent: Outgoing[] = []
  let status = 201
  const post: Post = {
    check: async () => undefined,
    reach: () => Promise.reject(new Error('nothing else is asked')),
    async send(outgoing) {
      sent.push(outgoing)
      return { status, retryMs: undefined, body: '' }
    },
  }
  const browser = { ...EXAMPLE, id: 'an-id', endpoint: 'https://push.example/send/1', vapid, now: Date.now }
  const notice = {
    ...({ id: 'id', event: 'TX_QUEUED', severity: 'critical', at: 0, data: {} } as const),
    ...{ title: '한 세션', lines: Array.from({ length: 12 }, () => '가'.repeat(160)) },
  }
  const tell = () => pushChannel(post, browser).tell(notice, AbortSignal.timeout(1_000))
  expect(await tell()).toMatchObject({ is: 'sent' })
  const { headers, body } = sent[0]!
  expect(Buffer.from(body).length).toBeLessThanOrEqual(4_096)
  expect(Buffer.from(body).includes('한 세션')).toBe(false)
  const [, token = '', key = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(headers.authorization!) ?? []
  const point = Buffer.from(key, 'base64url')
  const part = (from: number, to: number) => point.subarray(from, to).toString('base64url')
  const jwk = await importJWK({ kty: 'EC', crv: 'P-256', x: part(1, 33), y: part(33, 65) }, 'ES256')
  const { payload } = await jwtVerify(token, jwk, { audience: 'https://push.example' })
  expect(payload.exp! - Date.now() / 1_000).toBeLessThanOrEqual(86_400)
  expect(decodeProtectedHeader(token)).toEqual({ typ: 'JWT', alg: 'ES256' })
  for (const [answer, is] of [
    [404, 'refused'],
    [410, 'refused'],
    [429, 'later'],
    [500, 'later'],
  ] as const) {
    status = answer
    expect(await tell()).toMatchObject({ is })
  }
})
