import type { Post } from '../outgoing.ts'
import { wholeText } from '../texts.ts'
import type { NoticeChannel } from '../types.ts'
import { jsonOf, posted } from './answers.ts'

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string): string => text.replaceAll(/[&<>]/g, (sign) => SIGNS[sign]!)

/** An incoming webhook of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. */
export const slackChannel = (post: Post, url: string): NoticeChannel => ({
  name: 'slack',
  tell: (notice, signal) =>
    posted(
      post,
      jsonOf(url, { text: escaped(wholeText(notice)), mrkdwn: false, unfurl_links: false, unfurl_media: false }),
      { signal },
    ),
})
