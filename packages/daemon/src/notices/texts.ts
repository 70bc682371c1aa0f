import { events, NOTICE_LABELS, notices, type Severity, safeText } from '@waiaas/contract'
import { eventNamed } from './rules.ts'
import type { DigestBody, Notice, NoticeBody } from './types.ts'

/** What a text says beside what is kept. */
export type Around = {
  readonly locale: string
  readonly walletName: string | undefined
  /** What the transaction does, in whole units. */
  readonly deed: string | undefined
}
type Both = readonly [en: string, ko: string]

const LEADS: Readonly<Record<Severity, Both>> = {
  info: ['', ''],
  warning: ['Warning: ', '주의: '],
  critical: ['CRITICAL: ', '긴급: '],
}
const WALLET: Both = ['Wallet', '지갑']
const DEED: Both = ['What', '내용']
const TRANSACTION: Both = ['Transaction', '거래']
const WHEN: Both = ['When', '때']
const YES: Both = ['yes', '예']
const NO: Both = ['no', '아니요']
/** Signs of one value, and lines of reasons: the whole is short enough for every channel. */
const MOST_VALUE = 160
const MOST_REASONS = 3
const MOST_LINES = 9
/** ntfy takes 4,096 in one message. */
const MOST_BYTES = 3_500

const inLanguage = ([en, ko]: Both, locale: string): string => (locale === 'ko' ? ko : en)
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
const line = (label: Both, value: string, locale: string) =>
  `${inLanguage(label, locale)}: ${safeText(value, MOST_VALUE)}`

/** What happened, in words: the first line says it all. */
export const eventText = (event: string, locale: string): string => {
  const name = eventNamed(event)
  return name === undefined ? event : inLanguage([events[name].summary, notices[name].ko], locale)
}

/** What people are told of one event. */
export function textOf(body: NoticeBody, around: Around): Pick<Notice, 'title' | 'lines'> {
  const { locale } = around
  const { title, lines } = essenceOf(body, around)
  const last = [line(WHEN, time(body.at), locale)]
  if (body.transactionId !== null) last.unshift(line(TRANSACTION, body.transactionId, locale))
  const shown = lines.slice(0, MOST_LINES)
  const whole = () => ({ title, lines: [...shown, ...last] })
  while (shown.length > 0 && Buffer.byteLength(wholeText(whole())) > MOST_BYTES) shown.pop()
  return whole()
}

/** The same in one line, for whoever sees the time beside it. */
export function lineOf(body: NoticeBody, around: Around): string {
  const { title, lines } = essenceOf(body, around)
  return [title, lines.slice(0, MOST_LINES).join(' · ')].filter((text) => text !== '').join(' ')
}

/** What happened, to what, and how. */
function essenceOf(body: NoticeBody, { locale, walletName, deed }: Around): Pick<Notice, 'title' | 'lines'> {
  const lines: string[] = []
  if (body.walletId !== null) lines.push(line(WALLET, walletName ?? body.walletId, locale))
  if (deed !== undefined) lines.push(line(DEED, deed, locale))
  for (const [key, value] of Object.entries(body.details)) {
    const label = NOTICE_LABELS[key]
    if (label) lines.push(...texts(value, locale).map((text) => line(label, text, locale)))
  }
  return { title: inLanguage(LEADS[body.severity], locale) + eventText(body.event, locale), lines }
}

/** A value as people read it: none for what has no short form. */
function texts(value: unknown, locale: string): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number') return [String(value)]
  if (typeof value === 'boolean') return [inLanguage(value ? YES : NO, locale)]
  if (!Array.isArray(value)) return []
  const all = value.flatMap((each: unknown) => (typeof each === 'string' ? [each] : reasonText(each)))
  return value.every((each) => typeof each === 'string') ? [all.join(', ')] : all.slice(0, MOST_REASONS)
}

const reasonText = (each: unknown): string[] =>
  typeof each === 'object' && each !== null && 'message' in each && typeof each.message === 'string'
    ? [each.message]
    : []

/** What people are told of many events at once: how often each happened, the most frequent first. */
export function digestText(
  { counts, from, until }: DigestBody,
  { locale }: Pick<Around, 'locale'>,
): Pick<Notice, 'title' | 'lines'> {
  const all = Object.entries(counts).sort(([, one], [, other]) => other - one)
  const total = all.reduce((sum, [, count]) => sum + count, 0)
  const shown = all.slice(0, MOST_LINES).map(([event, count]) => `${count} × ${eventText(event, locale)}`)
  const left = all.length - shown.length
  const more = left > 0 ? [inLanguage([`and ${left} other kinds`, `그 밖에 ${left}가지`], locale)] : []
  return {
    title: inLanguage([`${total} notices at once`, `알림 ${total}건을 한꺼번에`], locale),
    lines: [...shown, ...more, line(WHEN, `${time(from)} – ${time(until)}`, locale)],
  }
}

/** What the test button says. */
export const testText = (locale: string): Pick<Notice, 'title' | 'lines'> => ({
  title: inLanguage(['This is a test of your notices.', '알림을 시험합니다.'], locale),
  lines: [inLanguage(['If you read this, they arrive here.', '이것을 읽는다면 알림이 여기에 도착합니다.'], locale)],
})

/** As one text. */
export const wholeText = ({ title, lines }: Pick<Notice, 'title' | 'lines'>): string => [title, ...lines].join('\n')
