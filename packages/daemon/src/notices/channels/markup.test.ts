import { NOTICE_LABELS } from '@waiaas/contract'
import { expect, test } from 'vitest'
import type { Outgoing, Post } from '../outgoing.ts'
import { textOf } from '../texts.ts'
import type { Notice } from '../types.ts'
import { discordChannel } from './discord.ts'
import { ntfyChannel } from './ntfy.ts'
import { slackChannel } from './slack.ts'
import { telegramChannel } from './telegram.ts'

/** A name that somebody of ill will gave. */
const NAME =
  '@everyone <!channel> <@U1> <https://a.test|bank> [bank](https://a.test) **b** `c` ||d||\r\nBcc: e@a.test\u202Egnp.exe\u2066\u200B\0'

async function toldBy(
  channel: (post: Post) => { tell(notice: Notice, signal: AbortSignal): Promise<unknown> },
  name = NAME,
) {
  const sent: Outgoing[] = []
  const post: Post = {
    check: async () => undefined,
    reach: () => Promise.reject(new Error('nothing else is asked')),
    async send(outgoing) {
      sent.push(outgoing)
      return { status: 200, retryMs: undefined, body: '' }
    },
  }
  const details = Object.fromEntries(Object.keys(NOTICE_LABELS).map((label) => [label, name]))
  const text = textOf(
    {
      ...({ event: 'PAIRING_APPROVED', severity: 'warning', at: 0, details } as const),
      ...{ walletId: 'an id', transactionId: 'its id', sessionId: null, status: null, txHash: null },
    },
    { locale: 'en', walletName: name, deed: name },
  )
  const notice = { id: 'an-id', event: 'PAIRING_APPROVED', severity: 'warning', at: 0, data: {}, ...text } as const
  await channel(post).tell(notice, AbortSignal.timeout(60_000))
  return JSON.parse(String(sent[0]?.body)) as Record<string, unknown>
}

test('what somebody else wrote calls nobody, hides behind no link, and starts no line', async () => {
  const discord = await toldBy((post) => discordChannel(post, 'https://a.test/'))
  expect(discord).toMatchObject({ allowed_mentions: { parse: [] } })
  // Each sign of its markup stands behind a backslash.
  expect(String(discord.content)).not.toMatch(/(?<!\\)[*_~`|>[\]()<@]/)
  const slack = await toldBy((post) => slackChannel(post, 'https://a.test/'))
  expect(slack).toMatchObject({ mrkdwn: false, unfurl_links: false })
  expect(String(slack.text)).toContain('&lt;!channel&gt;')
  expect(String(slack.text)).not.toMatch(/[<>]/)
  const telegram = await toldBy((post) => telegramChannel(post, { root: 'https://a.test', token: '1:a', chat: '1' }))
  // Without a mode nothing is markup.
  expect(Object.keys(telegram)).toEqual(['chat_id', 'text', 'link_preview_options', 'disable_notification'])
  const ntfy = await toldBy((post) => ntfyChannel(post, { url: 'https://a.test/topic', token: '' }))
  expect(Object.keys(ntfy)).toEqual(['topic', 'title', 'message', 'priority'])
  for (const text of [discord.content, slack.text, telegram.text, ntfy.message].map(String)) {
    expect(text).toContain('everyone')
    expect(text).not.toMatch(/^Bcc/m)
    expect(text).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B\0\r]/)
  }
})

test.each(['*', '&', '😀', '한'])(
  'what is as long as it can be, of %s alone, is taken by each channel',
  async (sign) => {
    const name = sign.repeat(1_000)
    const discord = String((await toldBy((post) => discordChannel(post, 'https://a.test/'), name)).content)
    expect(discord.length).toBeLessThanOrEqual(2_000)
    expect(discord.isWellFormed()).toBe(true)
    const bot = { root: 'https://a.test', token: '1:a', chat: '1' }
    const telegram = String((await toldBy((post) => telegramChannel(post, bot), name)).text)
    expect(telegram.length).toBeLessThanOrEqual(4_096)
    const topic = { url: 'https://a.test/topic', token: '' }
    const ntfy = String((await toldBy((post) => ntfyChannel(post, topic), name)).message)
    expect(Buffer.byteLength(ntfy)).toBeLessThanOrEqual(4_096)
    for (const text of [telegram, ntfy]) expect(text).toContain('Transaction: its id')
  },
)
