import { z } from 'zod'
import { EVENTS, SEVERITIES } from './events.ts'
import { FORMER_NAMES } from './former-events.ts'
import { Id } from './ids.ts'
import { NOTICE_CATEGORIES } from './notice-texts.ts'
import type { Setting } from './setting-form.ts'
import { Host, SmtpUrl } from './setting-values.ts'

const live = { runtime: true } as const
const secret = { type: 'string', default: '' as string, secret: true, ...live } as const
const secretUrl = { type: 'url', default: '' as string, secret: true, ...live } as const
const text = { type: 'string', default: '' as string, ...live } as const

export const HUMAN_CHANNELS = ['telegram', 'discord', 'slack', 'ntfy', 'email'] as const
export type HumanChannel = (typeof HUMAN_CHANNELS)[number]

/** By its name of 2.x, too. */
const AnyEvent = z.enum([...EVENTS, ...FORMER_NAMES])

const ID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const NAMES = new RegExp(`^(${HUMAN_CHANNELS.join('|')}|(push|webhook)(:${ID})?)$`)
/** A channel, or with `push` or `webhook` all of a kind. */
export const RoutedChannel = z
  .string()
  .regex(NAMES, { error: `expected ${HUMAN_CHANNELS.join(', ')}, push, webhook, push:<id> or webhook:<id>` })
  .describe(`${HUMAN_CHANNELS.join(', ')}, push, webhook, push:<id>, or webhook:<id>`)
/** What a route says beside the channel and the wallets. */
export const routeFields = {
  events: z.array(AnyEvent).min(1).optional().describe('these alone; left out: all'),
  severity: z.enum(SEVERITIES).optional().describe('those that are as bad or worse; left out: all'),
}
const Route = z.strictObject({
  channel: RoutedChannel,
  wallets: z.array(Id).min(1).max(1_000).optional(),
  ...routeFields,
})
export const MOST_ROUTES = 100
const Routes = z.array(Route).max(MOST_ROUTES)
export type NoticeRoute = z.output<typeof Route>

const Address = z
  .string()
  .max(320)
  .regex(/^$|^[^@\s<>,;]+@[^@\s<>,;]+$/, { error: 'expected an e-mail address' })
const HOURS = /^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/
const QuietHours = z.string().regex(HOURS, { error: 'expected hours such as 22:00-07:00' })
const Zone = z.string().refine(isZone, { error: 'expected a time zone such as Europe/Berlin' })

/** Of whom is told what happens, and how. */
export const noticeSettings = {
  'notifications.enabled': {
    type: 'boolean',
    default: true as boolean,
    ...live,
    summary: 'Tell what happens on the channels that are set up. Webhooks are told in either case.',
  },
  'notifications.telegram_bot_token': {
    ...secret,
    summary: 'The bot that tells what happens. Empty means that of `telegram.bot_token`.',
  },
  'notifications.telegram_chat_id': {
    ...text,
    summary: 'The chat at Telegram that is told what happens.',
  },
  'notifications.discord_webhook_url': { ...secretUrl, summary: 'The address of a webhook of a channel at Discord.' },
  'notifications.slack_webhook_url': { ...secretUrl, summary: 'The address of an incoming webhook of Slack.' },
  'notifications.ntfy_url': {
    ...secretUrl,
    summary:
      'The address of a topic of ntfy, such as https://ntfy.sh/some-long-random-name. Whoever knows it can read it.',
  },
  'notifications.ntfy_token': { ...secret, summary: 'The access token for the topic of ntfy, where it needs one.' },
  'notifications.email_smtp_url': {
    ...secretUrl,
    of: SmtpUrl,
    summary: 'The server that sends e-mail: smtps://user:password@mail.example.com, or smtp:// with STARTTLS.',
  },
  'notifications.email_from': { ...text, of: Address, summary: 'The address that e-mail is sent from.' },
  'notifications.email_to': { ...text, of: Address, summary: 'The address that e-mail is sent to.' },
  'notifications.locale': {
    type: 'enum',
    default: 'en' as string,
    values: ['en', 'ko'],
    ...live,
    summary: 'The language of what is told: English or Korean.',
  },
  'notifications.rate_limit_rpm': {
    type: 'number',
    default: 20 as number,
    min: 1,
    max: 60,
    ...live,
    summary:
      'Messages a minute on one channel; what comes beyond them is told in one digest. Critical events are always told.',
  },
  'notifications.notify_categories': {
    type: 'list',
    of: z.enum(NOTICE_CATEGORIES),
    default: [] as readonly string[],
    ...live,
    summary: 'The categories of events that are told; empty means all. Critical events are always told.',
  },
  'notifications.notify_events': {
    type: 'list',
    of: AnyEvent,
    default: [] as readonly string[],
    ...live,
    summary:
      'The events that are told, by their names. Empty means those that people should hear of: docs/notifications.md lists them. Critical events are always told.',
  },
  'notifications.routes': {
    type: 'json',
    of: Routes,
    default: [] as z.output<typeof Routes>,
    ...live,
    summary:
      'What a channel is told in place of all: [{ channel, wallets?, events?, severity? }]. A channel with routes is told what fits one of them; people also what is critical. waiaas notice route add takes wallets by their names.',
  },
  'notifications.quiet_hours': {
    type: 'string',
    of: QuietHours,
    default: '' as string,
    ...live,
    summary:
      'Hours such as 22:00-07:00 in which only critical events are told, and those of `notifications.quiet_except`; the others come in a digest at their end.',
  },
  'notifications.quiet_except': {
    type: 'list',
    of: AnyEvent,
    default: [] as readonly string[],
    ...live,
    summary: 'Events that are told in quiet hours too, by their names, such as TX_QUEUED. Critical ones always are.',
  },
  'notifications.quiet_zone': {
    type: 'string',
    of: Zone,
    default: 'UTC' as string,
    ...live,
    summary: 'The time zone of the quiet hours, such as Europe/Berlin.',
  },
  'notifications.log_retention_days': {
    type: 'number',
    default: 30 as number,
    min: 7,
    max: 365,
    ...live,
    summary: 'Days for which it is kept what was told, and what could not be.',
  },
  'webhooks.allowed_hosts': {
    type: 'list',
    of: Host,
    default: [] as readonly string[],
    ...live,
    loosens: (from: readonly string[], to: readonly string[]) => to.some((host) => !from.includes(host)),
    summary:
      'Hosts that webhooks and channels may be at although their addresses are private: this machine, the local network. All other private addresses are refused.',
  },
} as const satisfies Record<string, Setting>

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
