import { type Card, cardText } from '@waiaas/contract'
import { type Api, type Context, GrammyError, InlineKeyboard } from 'grammy'
import type { Actor } from '../../platform/caller.ts'
import type { CardAnswer } from '../channel.ts'
import type { TelegramRole } from './users-store.ts'
import { HELP, linesOf, pieces } from './words.ts'

/** What people on Telegram can have the daemon do; who they are has been looked up. */
export type Deeds = {
  role(chatId: string): Promise<TelegramRole | undefined>
  card(id: string): Promise<Card>
  waiting(): Promise<readonly Card[]>
  answer(answer: CardAnswer): Promise<unknown>
  status(): Promise<string>
  /** Of the kill switch; a question about it holds for this one alone. */
  epoch(): Promise<number>
  stop(actor: Actor): Promise<unknown>
}
/** How the bot speaks, and what it can have done. */
export type Talk = { readonly api: Api; readonly deeds: Deeds }

const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const SHOW = new RegExp(`^s:(${ID})$`)
const ANSWER = new RegExp(`^([ar]):(${ID}):([2-9A-Z]{4}-[2-9A-Z]{4})$`)
const STOP = /^k:(\d{1,15})$/

/** Does what a paired person has written. */
export async function obey(
  talk: Talk,
  ctx: Context,
  { role, command, id }: { role: TelegramRole; command: string; id: string },
): Promise<unknown> {
  switch (command) {
    case '/pending':
      return pending(talk, ctx)
    case '/status':
      return ctx.reply(await talk.deeds.status())
    case '/approve':
    case '/reject':
    case '/card':
      return showCard(talk, ctx.chat!.id, { card: await talk.deeds.card(id.toLowerCase()), role })
    case '/killswitch':
      return askToStop(talk, ctx, role)
    default:
      return ctx.reply(HELP)
  }
}

/** Does what a button of a paired person says: whoever taps may have sent anything. */
export async function tapped(
  talk: Talk,
  ctx: Context,
  { role, data }: { role: TelegramRole; data: string },
): Promise<unknown> {
  const [, shown] = SHOW.exec(data) ?? []
  if (shown !== undefined) {
    await ctx.answerCallbackQuery()
    return showCard(talk, ctx.chat!.id, { card: await talk.deeds.card(shown), role })
  }
  if (role !== 'ADMIN') return ctx.answerCallbackQuery({ text: 'You may look, and not answer.' })
  const [, epoch] = STOP.exec(data) ?? []
  if (epoch !== undefined) return stop(talk, ctx, Number(epoch))
  const [, verb, id, code] = ANSWER.exec(data) ?? []
  if (id === undefined || code === undefined) return ctx.answerCallbackQuery({ text: 'This button is old.' })
  const says = verb === 'a' ? 'approve' : 'reject'
  await talk.deeds.answer({ id, code, says, channel: 'telegram', actor: `telegram:${ctx.from!.id}` })
  await ctx.answerCallbackQuery({ text: says === 'approve' ? `Approved ${code}` : `Rejected ${code}` })
  await withoutButtons(ctx)
  return ctx.reply(
    says === 'approve' ? `Approved ${code}. It goes on by itself.` : `Rejected ${code}. It will not run.`,
  )
}

async function pending({ api, deeds }: Talk, ctx: Context): Promise<unknown> {
  const cards = await deeds.waiting()
  if (cards.length === 0) return ctx.reply('Nothing waits for you.')
  const keyboard = new InlineKeyboard()
  for (const [at, { id, code }] of cards.entries()) keyboard.text(`${at + 1}. Show ${code}`, `s:${id}`).row()
  return send(api, ctx.chat!.id, { text: linesOf(cards), keyboard })
}

async function askToStop({ deeds }: Talk, ctx: Context, role: TelegramRole): Promise<unknown> {
  if (role !== 'ADMIN') return ctx.reply('You may look, and not stop.')
  const keyboard = new InlineKeyboard().text('Yes, stop everything', `k:${await deeds.epoch()}`)
  return ctx.reply('Stop everything? Nothing is signed until the operator lets it go on.', { reply_markup: keyboard })
}

async function stop({ deeds }: Talk, ctx: Context, epoch: number): Promise<unknown> {
  // Asked before another stop: a tap that comes late, or again, stops nothing that was let go on since.
  if (epoch !== (await deeds.epoch())) return ctx.answerCallbackQuery({ text: 'This question is old. Ask again.' })
  await deeds.stop(`telegram:${ctx.from!.id}`)
  await ctx.answerCallbackQuery({ text: 'Stopped' })
  await withoutButtons(ctx)
  return ctx.reply('All is stopped: nothing is signed until the operator lets it go on.')
}

type Shown = { readonly card: Card; readonly role: TelegramRole; readonly lead?: string }

/** All of a card, with what its reader may answer. */
export function showCard({ api }: Talk, chat: number, { card, role, lead = '' }: Shown): Promise<void> {
  const { id, code, status, executeAt } = card
  const keyboard = new InlineKeyboard()
  if (role === 'ADMIN' && status === 'QUEUED') {
    if (executeAt === null) keyboard.text(`Approve ${code}`, `a:${id}:${code}`)
    keyboard.text(`Reject ${code}`, `r:${id}:${code}`)
  }
  return send(api, chat, { text: `${lead}${cardText(card)}`, keyboard })
}

/** In as many messages as it takes: nothing of it is left out. The buttons are under the last. */
async function send(
  api: Api,
  chat: number,
  { text, keyboard }: { text: string; keyboard: InlineKeyboard },
): Promise<void> {
  const all = pieces(text)
  for (const [at, piece] of all.entries())
    await api.sendMessage(chat, piece, {
      link_preview_options: { is_disabled: true },
      ...(at === all.length - 1 && keyboard.inline_keyboard.flat().length > 0 && { reply_markup: keyboard }),
    })
}

/** A message that has none any more, or is gone, is as it should be. */
export async function withoutButtons(ctx: Context): Promise<void> {
  try {
    await ctx.editMessageReplyMarkup()
  } catch (error) {
    if (!(error instanceof GrammyError && error.error_code === 400)) throw error
  }
}
