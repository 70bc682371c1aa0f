import type { Card } from '@waiaas/contract'
import type { NoticeReason } from '../../transactions/types.ts'

/** What a message may have at most: https://core.telegram.org/bots/api#sendmessage */
const MOST = 4_096

export const HELP = [
  '/pending: what waits for you',
  '/card <id>: one of them',
  '/status: how the wallet is',
  '/killswitch: stop everything',
].join('\n')

export const strangerText = (id: number): string =>
  `Your number is ${id}. Whoever runs this wallet lets you in with: waiaas telegram pair ${id} --role ADMIN`

export const NOTICES: Readonly<Record<NoticeReason, string>> = {
  waits: '',
  half: 'Half of the time to answer is over.\n',
  last: 'Little time is left to answer.\n',
  expired: 'Nobody answered in time.\n',
}

/** A line for each. */
export const linesOf = (cards: readonly Card[]): string =>
  cards.map(({ title, walletName, code }, at) => `${at + 1}. ${title} (${walletName}, code ${code})`).join('\n')

/** A text in messages that are short enough, broken between lines where it can be, else within one. */
export function pieces(text: string): string[] {
  const all: string[] = []
  let piece = ''
  for (const line of text.split('\n').flatMap(short)) {
    if (piece !== '' && piece.length + 1 + line.length > MOST) {
      all.push(piece)
      piece = ''
    }
    piece = piece === '' ? line : `${piece}\n${line}`
  }
  return [...all, piece]
}

const short = (line: string): string[] => {
  const parts: string[] = []
  let part = ''
  // By whole signs: half of one is nothing.
  for (const sign of line) {
    if (part.length + sign.length > MOST) {
      parts.push(part)
      part = ''
    }
    part += sign
  }
  return [...parts, part]
}
