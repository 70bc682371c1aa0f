import type { Post } from '../outgoing.ts'
import { wholeText } from '../texts.ts'
import type { NoticeChannel } from '../types.ts'
import { fieldOf, jsonOf, posted, toldBy } from './answers.ts'

type Bot = { readonly root: string; readonly token: string; readonly chat: string }

/** One chat at Telegram: https://core.telegram.org/bots/api#sendmessage. */
export const telegramChannel = (post: Post, { root, token, chat }: Bot): NoticeChannel => ({
  name: 'telegram',
  tell: (notice, signal) =>
    posted(
      post,
      jsonOf(`${root.replace(/\/$/, '')}/bot${token}/sendMessage`, {
        chat_id: /^-?\d+$/.test(chat) ? Number(chat) : chat,
        text: wholeText(notice),
        link_preview_options: { is_disabled: true },
        disable_notification: notice.severity === 'info',
      }),
      {
        signal,
        read(answer) {
          const seconds = fieldOf(answer.body, 'parameters', 'retry_after')
          return toldBy(typeof seconds === 'number' ? { ...answer, retryMs: seconds * 1_000 } : answer)
        },
      },
    ),
})
