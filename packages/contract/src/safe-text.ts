const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu
const BREAKS = /[\t\n\v\f\r\u2028\u2029]/g
const SPACES = /\p{Zs}+/gu
const MARKS = /(\p{M}{2})\p{M}+/gu

/**
 * What somebody else has written, on one line that a person can trust to be what it looks like: nothing that cannot be
 * seen, turns text around, moves a cursor or piles up, and no longer than so many signs.
 */
export function safeText(text: string, most = 200): string {
  const seen = text
    .toWellFormed()
    .replaceAll(BREAKS, ' ')
    .replaceAll(UNSEEN, '')
    .replaceAll(SPACES, ' ')
    .replaceAll(MARKS, '$1')
    .trim()
  const signs = [...seen]
  return signs.length > most ? `${signs.slice(0, most - 1).join('')}…` : seen
}
