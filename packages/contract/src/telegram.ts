import { z } from 'zod'
import { UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'

const tag = 'Approvals'
const operator = ['operator'] as const

/** A number of Telegram: of a person, and of the private chat with them, it is the same. */
const ChatId = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, 'expected the number that the bot tells to whoever writes to it, such as 123456789')
  .describe('the number of a person at Telegram; the bot tells it to whoever writes to it')
const Role = z
  .enum(['ADMIN', 'READONLY'])
  .describe('ADMIN: may approve, reject and stop; READONLY: is shown what waits')

/** Who may use the Telegram bot. */
export const telegramOperations = {
  listTelegramUsers: operation({
    method: 'GET',
    path: '/v1/admin/telegram-users',
    access: operator,
    tag,
    summary: 'List who may use the Telegram bot.',
    command: 'telegram list',
    input: z.strictObject({}),
    output: z.object({
      users: z.array(z.object({ chat_id: z.int(), role: Role, approved_at: UnixSeconds })),
      total: z.int(),
    }),
    errors: [],
  }),
  pairTelegramUser: operation({
    method: 'PUT',
    path: '/v1/admin/telegram-users/{chatId}',
    access: operator,
    tag,
    summary: 'Let a person use the Telegram bot, in a private chat with it.',
    command: 'telegram pair',
    example: '123456789 --role ADMIN',
    input: z.strictObject({ chatId: ChatId, role: Role }),
    output: z.object({ success: z.literal(true), chat_id: z.int(), role: Role }),
    errors: ['INVALID_STATE_TRANSITION'],
  }),
  unpairTelegramUser: operation({
    method: 'DELETE',
    path: '/v1/admin/telegram-users/{chatId}',
    access: operator,
    tag,
    summary: 'Let a person use the Telegram bot no more.',
    command: 'telegram unpair',
    input: z.strictObject({ chatId: ChatId }),
    output: z.object({ success: z.literal(true) }),
    errors: ['NOT_FOUND'],
  }),
}
