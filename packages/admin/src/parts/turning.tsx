import { useState } from 'react'
import { useT } from '../words/language.tsx'
import { pair } from '../words/pair.ts'

const words = pair({
  en: { newer: 'Newer', older: 'Older', total: '{count} in all' },
  ko: { newer: '더 최근', older: '더 이전', total: '모두 {count}건' },
})

/** The pages of a list whose next page is named by a cursor. */
export type Pages<Cursor> = {
  /** Where the page that is shown begins; undefined: at the newest. */
  readonly cursor: Cursor | undefined
  readonly isFirst: boolean
  readonly first: () => void
  readonly newer: () => void
  readonly older: (cursor: Cursor) => void
}

/** Which page of a list is shown. */
export function usePages<Cursor>(): Pages<Cursor> {
  const [cursors, setCursors] = useState<readonly Cursor[]>([])
  return {
    cursor: cursors.at(-1),
    isFirst: cursors.length === 0,
    first: () => setCursors([]),
    newer: () => setCursors(cursors.slice(0, -1)),
    older: (cursor) => setCursors([...cursors, cursor]),
  }
}

type Props<Cursor> = {
  readonly pages: Pages<Cursor>
  readonly next: Cursor | null
  readonly total?: number | undefined
}

/** Turns to the page before or behind. */
export function Turning<Cursor>({ pages, next, total }: Props<Cursor>) {
  const t = useT()
  return (
    <div className="turning">
      <span className="quiet" role="status">
        {total !== undefined && t(words.total, { count: total })}
      </span>
      <button type="button" className="button" disabled={pages.isFirst} onClick={pages.newer}>
        {t(words.newer)}
      </button>
      <button
        type="button"
        className="button"
        disabled={next === null}
        onClick={() => next !== null && pages.older(next)}
      >
        {t(words.older)}
      </button>
    </div>
  )
}
