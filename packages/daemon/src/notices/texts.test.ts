import { EVENTS, events, NOTICE_LABELS, notices } from '@waiaas/contract'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { webhookRequest } from './channels/webhook.ts'
import { shownDetails } from './rules.ts'
import { digestText, eventText, textOf, wholeText } from './texts.ts'
import type { NoticeBody } from './types.ts'

type Schema = { properties?: Record<string, unknown>; anyOf?: Schema[] }
const fieldsOf = ({ properties = {}, anyOf = [] }: Schema): string[] => [
  ...Object.keys(properties),
  ...anyOf.flatMap(fieldsOf),
]
const shows = (event: (typeof EVENTS)[number]): readonly string[] => {
  const entry: { readonly category: string; readonly shows?: readonly string[] } = notices[event]
  return entry.shows ?? []
}

test.each(EVENTS)('%s has a text in both languages, and shows details that it has, by a name', (event) => {
  expect(eventText(event, 'en')).toBe(events[event].summary)
  expect(eventText(event, 'ko')).toMatch(/[가-힣].*\.$/)
  const schema = z.toJSONSchema(events[event].details(), { io: 'input', unrepresentable: 'any' }) as Schema
  for (const field of shows(event)) {
    expect(fieldsOf(schema)).toContain(field)
    expect(NOTICE_LABELS[field], field).toHaveLength(2)
  }
})

const CANARY = 'canary-secret'
const about = (event: (typeof EVENTS)[number], details: Record<string, unknown>): NoticeBody => ({
  ...{ event, severity: 'critical', at: 0, walletId: 'w'.repeat(36), transactionId: 't'.repeat(36), sessionId: null },
  ...{ status: null, txHash: null, details: shownDetails(event, details) },
})
const AROUND = { locale: 'en', walletName: undefined, deed: undefined }

test.each(EVENTS)('%s lets out nothing but what it shows', (event) => {
  const schema = z.toJSONSchema(events[event].details(), { io: 'input', unrepresentable: 'any' }) as Schema
  const hidden = [...fieldsOf(schema), 'password', 'token', 'rules', 'changes'].filter(
    (key) => !shows(event).includes(key),
  )
  const details = Object.fromEntries(hidden.map((key) => [key, `${CANARY} ${key}`]))
  const body = about(event, details)
  expect(JSON.stringify(body)).not.toContain(CANARY)
  expect(wholeText(textOf(body, AROUND))).not.toContain(CANARY)
})

test('what others wrote is on one line each, cut, and the whole is short enough for every channel', () => {
  const long = `\u202e@everyone\n<!channel> ${'x'.repeat(5_000)}`
  const reasons = Array.from({ length: 50 }, () => ({ code: 'A', message: long }))
  const body = about('POLICY_DENIED', { type: long, network: long, to: long, tier: long, reasons })
  const text = wholeText(textOf(body, { locale: 'en', walletName: long, deed: long }))
  expect(text.length).toBeLessThan(1_990)
  expect(text).not.toContain('\u202e')
  expect(text.split('\n').length).toBeLessThan(14)
  const counts = Object.fromEntries(EVENTS.map((event) => [event, 1_000_000]))
  const digest = wholeText(digestText({ counts, severity: 'warning', from: 0, until: 1 }, { locale: 'en' }))
  expect(digest.length).toBeLessThan(1_990)
  expect(digest).toContain(`${EVENTS.length * 1_000_000} notices at once`)
  expect(digest).toContain(`and ${EVENTS.length - 9} other kinds`)
})

test('a library that is not ours verifies a webhook by each of its secrets, and nothing that was changed', () => {
  const [current, previous] = ['ab'.repeat(32), 'cd'.repeat(32)]
  const notice = { id: 'msg', event: 'TEST', severity: 'info', at: 0, title: '', lines: [], data: { a: '가' } } as const
  const { body, headers } = webhookRequest(notice, { secrets: { current, previous }, now: Date.now() })
  const verify = (secret: string, text = body, more = {}) =>
    new Webhook(Buffer.from(secret, 'hex').toString('base64')).verify(text, { ...headers, ...more })
  for (const secret of [current, previous]) expect(verify(secret)).toMatchObject({ id: 'msg', data: { a: '가' } })
  expect(() => verify('ef'.repeat(32))).toThrow()
  expect(() => verify(current, `${body} `)).toThrow()
  expect(() => verify(current, body, { 'webhook-id': 'another' })).toThrow()
  expect(() =>
    verify(current, body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }),
  ).toThrow()
})
