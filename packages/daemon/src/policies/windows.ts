import { add, remaining, type Usd, usdText } from '@waiaas/contract'
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

/** What open allowances hold of it, for the end of a sentence. */
export function heldOf({ allowed }: Window): string {
  const [spender, ...others] = allowed?.spenders ?? []
  if (!allowed || spender === undefined) return ''
  const to = others.length === 0 ? spender : `${spender} and ${others.length} more`
  return `; ${usdText(allowed.usd)} USD of it are held by open allowances to ${to}: one that is used or revoked counts as if it were paid at that moment`
}
