import { HUMAN_CHANNELS, type HumanChannel, type Settings } from '@waiaas/contract'
import { discordChannel } from './channels/discord.ts'
import { emailChannel } from './channels/email.ts'
import { ntfyChannel } from './channels/ntfy.ts'
import { slackChannel } from './channels/slack.ts'
import { telegramChannel } from './channels/telegram.ts'
import type { Post } from './outgoing.ts'
import { isForPeople } from './rules.ts'
import type { NoticeChannel, Target } from './types.ts'

/** A channel of the settings, where they set it up. */
type Made = (settings: Settings, post: Post) => NoticeChannel | undefined

const channels: Readonly<Record<HumanChannel, Made>> = {
  telegram(settings, post) {
    const token = settings['notifications.telegram_bot_token'] || settings['telegram.bot_token']
    const chat = settings['notifications.telegram_chat_id']
    const root = settings['telegram.api_root']
    return token === '' || chat === '' ? undefined : telegramChannel(post, { root, token, chat })
  },
  discord: ({ 'notifications.discord_webhook_url': url }, post) => (url === '' ? undefined : discordChannel(post, url)),
  slack: ({ 'notifications.slack_webhook_url': url }, post) => (url === '' ? undefined : slackChannel(post, url)),
  ntfy: ({ 'notifications.ntfy_url': url, 'notifications.ntfy_token': token }, post) =>
    url === '' ? undefined : ntfyChannel(post, { url, token }),
  email(settings, post) {
    const server = settings['notifications.email_smtp_url']
    const from = settings['notifications.email_from']
    const to = settings['notifications.email_to']
    return server && from && to ? emailChannel(post, { server, from, to }) : undefined
  },
}

/** The channels that reach people, as the settings have them now. */
export function peopleTargets(settings: Settings, post: Post): readonly Target[] {
  return HUMAN_CHANNELS.flatMap((name): Target[] => {
    const channel = channels[name](settings, post)
    return channel
      ? [{ channel, isForPeople: true, keepsCheckpoints: false, wants: (event) => isForPeople(settings, name, event) }]
      : []
  })
}
