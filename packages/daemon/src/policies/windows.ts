import { add, remaining, toUsd, type Usd, usdNumber, usdText } from '@waiaas/contract'
import type { Window } from './case.ts'

/** With the limit itself as spent, while not all is known that was spent. */
export function filled(window: Window, limit: Usd): Window {
  const { total, final, fullUntil, ...more } = window
  if (fullUntil === undefined) return window
  const known = final.map(({ until, usd }) => ({ until: Math.max(until, fullUntil), usd }))
  if (total >= limit) return { ...more, total, final: known, fullUntil }
  return { ...more, total: limit, final: [...known, { until: fullUntil, usd: remaining(limit, total) }], fullUntil }
}

/** Unix seconds at which so much has left the window that the cost fits; null when that takes more than waiting. */
export function fitsAt(window: Window, limit: Usd, cost: Usd): number | null {
  const wanted = add(window.total, cost)
  let room = limit
  for (const { until, usd } of [...window.final].sort((a, b) => a.until - b.until)) {
    room = add(room, usd)
    if (wanted <= room) return Math.ceil(until / 1000)
  }
  return null
}

/** More micro-dollars than there are: what has no limit counts for more, as long as nobody tells what the wallet has of it. */
const ENDLESS = toUsd(10n ** 24n)
/** Does an allowance without a limit hold all of it? */
export const isEndless = (usd: Usd): boolean => usd >= ENDLESS

/** As a number for whoever asks; null: no number bounds it. */
export const unlessEndless = (usd: Usd): number | null => (isEndless(usd) ? null : usdNumber(usd))

/** What open allowances hold of it, for the end of a sentence. */
export function heldOf({ allowed, total }: Window): string {
  const [spender, ...others] = allowed?.spenders ?? []
  if (!allowed || spender === undefined)
    return isEndless(total)
      ? '; all of it is held by an allowance without a limit that is on its way, until it is final and the balance of its token is known'
      : ''
  const to = others.length === 0 ? spender : `${spender} and ${others.length} more`
  if (isEndless(allowed.usd))
    return `; all of it is held by an open allowance without a limit to ${to}, until a node tells what the wallet has of its token: it then holds so much`
  return `; ${usdText(allowed.usd)} USD of it are held by open allowances to ${to}: one that is used or revoked counts as if it were paid at that moment`
}
