import { isFailure, safeText } from '@waiaas/contract'
import { Bot, type Context, GrammyError } from 'grammy'
import type { Notice } from '../channel.ts'
import { faultOf } from './faults.ts'
import { nodeFetch } from './fetching.ts'
import { type Deeds, obey, showCard, type Talk, tapped, withoutButtons } from './talking.ts'
import { NOTICES, strangerText } from './words.ts'

export type TelegramBot = ReturnType<typeof telegramBot>

const TIMEOUT_S = 20
const MOST_TOAST = 190

/** Talks to paired people, each in a private chat; to everybody else it says how to be paired, or nothing. */
export function telegramBot(token: string, apiRoot: string, deeds: Deeds) {
  // What the library calls fetch has the type of an older one.
  const client = { apiRoot, timeoutSeconds: TIMEOUT_S, fetch: nodeFetch as never }
  const bot = new Bot(token, { client })
  const talk: Talk = { api: bot.api, deeds }

  bot.on('message:text', async (ctx) => {
    if (!isPrivate(ctx)) return
    const role = await deeds.role(String(ctx.from.id))
    const [command = '', id = ''] = ctx.message.text.trim().split(/\s+/)
    if (role) await told(ctx, () => obey(talk, ctx, { role, command: command.replace(/@.*$/, ''), id }))
    else if (command === '/start' || command === '/help') await ctx.reply(strangerText(ctx.from.id))
  })
  bot.on('callback_query:data', async (ctx) => {
    const role = isPrivate(ctx) ? await deeds.role(String(ctx.from.id)) : undefined
    if (role) await told(ctx, () => tapped(talk, ctx, { role, data: ctx.callbackQuery.data }))
    else await ctx.answerCallbackQuery({ text: 'Only paired people can do this, in a private chat.' })
  })

  return {
    bot,
    faultOf,
    /** False: this person cannot be reached at all. An error says nothing of the token. */
    async tell(address: string, { why, card, others }: Notice): Promise<boolean> {
      const role = await deeds.role(address)
      if (!role) return false
      const chat = Number(address)
      try {
        if (others > 0) await bot.api.sendMessage(chat, `${others + 1} new requests wait for you: /pending shows them.`)
        else await showCard(talk, chat, { card, role, lead: NOTICES[why] })
        return true
      } catch (error) {
        if (error instanceof GrammyError && (error.error_code === 403 || error.error_code === 400)) return false
        throw new Error(faultOf(error).why)
      }
    },
  }
}

/** With one person, by their own account: in a group anybody could be reading, or tapping. */
const isPrivate = ({ chat, from }: Context): boolean =>
  chat?.type === 'private' && from !== undefined && chat.id === from.id && !from.is_bot

/** A refusal is told to whoever asked, and is no fault. */
async function told(ctx: Context, run: () => Promise<unknown>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!isFailure(error)) throw error
    const text = `Not done: ${safeText(error.message, 500)}.`
    if (ctx.callbackQuery) {
      await ctx.answerCallbackQuery({ text: safeText(text, MOST_TOAST) })
      if (error.code === 'TX_ALREADY_PROCESSED') await withoutButtons(ctx)
    }
    await ctx.reply(text)
  }
}
