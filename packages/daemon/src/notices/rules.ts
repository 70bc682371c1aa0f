import {
  EVENTS,
  type EventName,
  type NoticeRoute,
  namedIn,
  notices,
  SEVERITIES,
  type Settings,
  type Severity,
} from '@waiaas/contract'
import type { NoticeBody } from './types.ts'

type Wanted = Pick<NoticeBody, 'event' | 'severity' | 'walletId'>
type Entry = { readonly category: string; readonly told?: boolean; readonly shows?: readonly string[] }
const entryOf = (event: EventName): Entry => notices[event]

const isEvent = (name: string): name is EventName => (EVENTS as readonly string[]).includes(name)
/** An event of the table; undefined for one of another release. */
export const eventNamed = (name: string): EventName | undefined => (isEvent(name) ? name : undefined)

const isAtLeast = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)

/** Whether people are told of an event on a channel. What is critical is always told. */
export function isForPeople(settings: Settings, channel: string, event: Wanted): boolean {
  if (event.severity === 'critical') return true
  if (!isChosen(settings, event)) return false
  return isRouted(settings, channel, event)
}

/** Whether the routes of a channel, or of all of its kind, let an event through; without any all goes through. */
export function isRouted(settings: Pick<Settings, 'notifications.routes'>, channel: string, event: Wanted): boolean {
  const routes = settings['notifications.routes'].filter(
    (route) => route.channel === channel || channel.startsWith(`${route.channel}:`),
  )
  return routes.length === 0 || routes.some((route) => fits(route, event))
}

function isChosen(settings: Settings, { event, severity }: Wanted): boolean {
  const events = settings['notifications.notify_events']
  if (events.length > 0) return namedIn(events, event) !== undefined
  const { category, told } = entryOf(event)
  const categories = settings['notifications.notify_categories']
  if (categories.length > 0) return categories.includes(category)
  return told === true || severity !== 'info'
}

const fits = ({ wallets, events, severity }: NoticeRoute, event: Wanted): boolean =>
  (wallets === undefined || (event.walletId !== null && wallets.includes(event.walletId))) &&
  (events === undefined || namedIn(events, event.event) !== undefined) &&
  (severity === undefined || isAtLeast(event.severity, severity))

export const worse = (one: Severity, other: Severity): Severity => (isAtLeast(one, other) ? one : other)

/** What of the details of an event leaves the daemon. */
export function shownDetails(event: EventName, details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown = (entryOf(event).shows ?? []).filter((key) => details[key] !== undefined && details[key] !== null)
  return Object.fromEntries(shown.map((key) => [key, details[key]]))
}

/** Whether people are told now only what is urgent. */
export function isQuiet(
  settings: Pick<Settings, 'notifications.quiet_hours' | 'notifications.quiet_zone'>,
  now: number,
): boolean {
  const [from, to] = settings['notifications.quiet_hours'].split('-').map(minutes)
  if (from === undefined || to === undefined || from === to) return false
  const at = minuteOfDay(now, settings['notifications.quiet_zone'])
  return from < to ? at >= from && at < to : at >= from || at < to
}

/** Whether people are told of an event in quiet hours, too. */
export const isUrgent = (
  settings: Pick<Settings, 'notifications.quiet_except'>,
  { event, severity }: Pick<Wanted, 'event' | 'severity'>,
): boolean => severity === 'critical' || namedIn(settings['notifications.quiet_except'], event) !== undefined

const minutes = (text: string): number => {
  const [hours = '', rest = ''] = text.split(':')
  return Number(hours) * 60 + Number(rest)
}

function minuteOfDay(now: number, timeZone: string): number {
  const form = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return minutes(form.format(now))
}
