import type { Post } from '../outgoing.ts'
import { wholeText } from '../texts.ts'
import type { NoticeChannel } from '../types.ts'
import { fieldOf, jsonOf, posted, toldBy } from './answers.ts'

/** A webhook of Discord: https://discord.com/developers/docs/resources/webhook#execute-webhook. */
export const discordChannel = (post: Post, url: string): NoticeChannel => ({
  name: 'discord',
  tell: (notice, signal) =>
    posted(
      post,
      // Nothing that somebody else wrote calls anybody, or shows as a link with another text.
      jsonOf(url, {
        content: short(plain(wholeText(notice))),
        allowed_mentions: { parse: [] },
        flags: SUPPRESS_EMBEDS,
      }),
      {
        signal,
        read(answer) {
          const seconds = answer.status === 429 ? fieldOf(answer.body, 'retry_after') : undefined
          return toldBy(typeof seconds === 'number' ? { ...answer, retryMs: Math.ceil(seconds * 1_000) } : answer)
        },
      },
    ),
})

const SUPPRESS_EMBEDS = 4
/** https://discord.com/developers/docs/resources/webhook#execute-webhook-jsonform-params */
const MOST = 2_000
const short = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST - 1).toWellFormed()}…` : text)
const plain = (text: string): string => text.replaceAll(/[\\*_~`|>#[\]()<@]/g, '\\$&')
