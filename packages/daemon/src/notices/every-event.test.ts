import { EVENTS, events } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openPrepared } from '../../../../test/support/prepared.ts'
import { startPushService } from '../../../../test/support/push-service.ts'
import { startSmtp } from '../../../../test/support/smtp-server.ts'
import { until } from '../../../../test/support/until.ts'
import { bedOn, hooked, operator, type Recording, receivers, WALLET } from '../../test/notices-bed.ts'
import { shownDetails } from './rules.ts'
import { eventText } from './texts.ts'

const CANARY = 'canary-detail'

type Schema = {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minimum?: number
  format?: string
  pattern?: string
}

/** A value that a schema takes; its texts are canaries where they may be any. */
function sampleOf(schema: Schema): unknown {
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return sampleOf(schema.anyOf.find(({ type }) => type !== 'null') ?? schema.anyOf[0]!)
  switch (schema.type) {
    case 'string':
      return schema.pattern || schema.format ? '1' : CANARY
    case 'integer':
    case 'number':
      return schema.minimum ?? 1
    case 'boolean':
      return true
    case 'array':
      return []
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).flatMap(([name, of]) =>
          (schema.required ?? []).includes(name) ? [[name, sampleOf(of)]] : [],
        ),
      )
    default:
      return CANARY
  }
}
/** With nothing that may be shown, so that a canary anywhere is one that leaked. */
function detailsOf(event: (typeof EVENTS)[number]): Record<string, unknown> {
  const schema = z.toJSONSchema(events[event].details(), { io: 'input', unrepresentable: 'any' }) as Schema
  const details = sampleOf(schema) as Record<string, unknown>
  const isShown = (name: string) => name in shownDetails(event, { [name]: 1 })
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, value === CANARY && isShown(name) ? 'shown' : value]),
  )
}

test('every event arrives once on every kind of channel, in its words, and with nothing that is not for its reader', async () => {
  const database = await openPrepared()
  const to = await receivers()
  const mail = await startSmtp()
  const bed = bedOn(database)
  const push = await startPushService(bed.clock.now)
  bed.set({
    ...to.settings,
    'webhooks.allowed_hosts': [to.host, mail.host, push.host],
    'notifications.notify_events': EVENTS,
    'notifications.rate_limit_rpm': 60,
    'notifications.email_smtp_url': mail.url,
    'notifications.email_from': 'wallet@example.com',
    'notifications.email_to': 'me@example.com',
  })
  const service = await bed.start()
  await hooked(service, to)
  await service.browsers.add({ name: 'phone', ...push.subscription }, operator)
  const ways = ['telegram', 'discord', 'slack', 'ntfy', 'hook']
  const all = EVENTS.filter((event) => event !== 'PUSH_ADDED' && !event.startsWith('WEBHOOK_'))
  for (let from = 0; from < all.length; from += 40) {
    for (const event of all.slice(from, from + 40))
      await bed.happens({ event, details: detailsOf(event) } as Recording, WALLET)
    // On the clock that stands still nothing is more than its rate; of webhook and browser themselves is told, too.
    const count = Math.min(all.length, from + 40) + 2
    for (const way of ways) await until(`${way} to be told`, () => to.by(way).length === count, { withinMs: 120_000 })
    await until('e-mail to be sent', () => mail.mails.length === count, { withinMs: 120_000 })
    await until('push to be shown', () => push.shown.length === count, { withinMs: 120_000 })
    bed.clock.pass(61)
  }
  for (const event of all) {
    for (const way of [...ways, 'push']) {
      const words = way === 'hook' ? event : eventText(event, 'en').slice(0, 60)
      const texts = way === 'push' ? push.shown.map(({ title }) => ({ text: title })) : to.by(way)
      const heard = texts.filter(
        ({ text }) => text.replaceAll('\\', '').includes(words) && (way !== 'hook' || text === event),
      )
      expect({ way, event, times: heard.length }).toEqual({ way, event, times: 1 })
    }
  }
  expect(JSON.stringify([to.heard, mail.mails, push.shown])).not.toContain(CANARY)
  await service.stop()
  await push.stop()
  await mail.stop()
  await database.close()
}, 300_000)
