/** Cells that fit, and the columns that had no room. */
type Fitted = { readonly cells: readonly (readonly string[])[]; readonly left: readonly string[] }

const GAP = 2
/** A text is cut no shorter than that. */
const SHORTEST = 16

/**
 * Cells, the first row of which are names, within a width: ids, addresses and times are shortened, then long texts cut, and
 * at last columns left out from the right. Without a width they stay as they are.
 */
export function fitted(cells: readonly (readonly string[])[], width: number | undefined): Fitted {
  if (width === undefined || widthOf(cells) <= width) return { cells, left: [] }
  const short = cells.map((line, at) => (at === 0 ? line : line.map(shortened)))
  for (let count = cells[0]!.length; ; count--) {
    const tight = cut(
      short.map((line) => line.slice(0, count)),
      width,
    )
    if (count <= 1 || widthOf(tight) <= width) return { cells: tight, left: cells[0]!.slice(count) }
  }
}

const widths = (cells: readonly (readonly string[])[]): number[] =>
  cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
const widthOf = (cells: readonly (readonly string[])[]): number =>
  widths(cells).reduce((sum, width) => sum + width + GAP, -GAP)

/** The widest texts lose what is too much, as far as that can still be read. */
function cut(cells: readonly (readonly string[])[], width: number): readonly (readonly string[])[] {
  const most = widths(cells)
  const total = () => most.reduce((sum, one) => sum + one + GAP, -GAP)
  while (total() > width) {
    const widest = most.indexOf(Math.max(...most))
    if (most[widest]! <= SHORTEST) break
    most[widest] = Math.max(SHORTEST, most[widest]! - (total() - width))
  }
  return cells.map((line) =>
    line.map((text, column) => (text.length > most[column]! ? `${text.slice(0, most[column]! - 1)}…` : text)),
  )
}

/** An id by its last part, which differs most; an address or hash by both ends; a time without seconds. */
function shortened(text: string): string {
  const [, id] = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})$/.exec(text) ?? []
  if (id !== undefined) return id
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(text) ?? []
  if (day !== undefined) return `${day} ${minute}`
  if (/^0x[0-9a-fA-F]{40,}$/.test(text) || /^[1-9A-HJ-NP-Za-km-z]{32,88}$/.test(text))
    return `${text.slice(0, 8)}…${text.slice(-6)}`
  return text
}
