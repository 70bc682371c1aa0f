import type { Setting } from './setting-form.ts'

/** Over what humans are reached. */
export const channelSettings = {
  'server.public_url': {
    type: 'url',
    default: '' as string,
    runtime: true,
    summary:
      'The address at which people reach the daemon, such as https://wallet.example.com. Cards then have a link that shows them and can reject them; its host is answered to. Passkeys are of that host, and need https, or http://localhost.',
  },
  'telegram.bot_token': {
    type: 'string',
    default: '' as string,
    secret: true,
    runtime: true,
    summary: 'The token of your bot at Telegram, from @BotFather. With one, the daemon answers paired people there.',
  },
  'telegram.api_root': {
    type: 'url',
    default: 'https://api.telegram.org' as string,
    runtime: true,
    summary:
      'Where the Bot API of Telegram is: its own, or a server of yours. Whoever is there reads and answers cards.',
  },
} as const satisfies Record<string, Setting>
