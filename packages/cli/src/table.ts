type Row = Readonly<Record<string, unknown>>

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/** An answer as plain text: a table for a list, with these columns where they are named; a line per field otherwise. */
export function plainText(value: unknown, columns?: readonly string[]): string {
  if (value === undefined) return 'done'
  if (!isRow(value)) return cell('', value)
  const list = Object.entries(value).find(([, field]) => Array.isArray(field) && field.every(isRow))
  const isPage = list !== undefined && ('nextCursor' in value || 'hasMore' in value || Object.keys(value).length === 1)
  if (!isPage) return fields(flattened(value))
  const [, rows] = list
  const next = typeof value.nextCursor === 'string' ? `\nmore with --cursor ${value.nextCursor}` : ''
  // Checked above: the field is an array of rows.
  return `${table(rows as Row[], columns)}${next}`
}

/** Columns as wide as their widest cell. Unless named, nested values are left out, and what is empty in every row. */
export function table(rows: readonly Row[], columns?: readonly string[]): string {
  if (rows.length === 0) return 'none'
  const isShown = (name: string) =>
    rows.some((row) => row[name] !== null && row[name] !== undefined && typeof row[name] !== 'object')
  const names = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(isShown)
  const cells = [names, ...rows.map((row) => names.map((name) => cell(name, row[name])))]
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  return cells
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** An object of objects, such as settings by section, as one object with dotted names. */
function flattened(row: Row): Row {
  const sections = Object.entries(row)
  if (!sections.every(([, section]) => isRow(section))) return row
  // Checked above: each is an object.
  return Object.fromEntries(
    sections.flatMap(([name, section]) =>
      Object.entries(section as Row).map(([key, field]) => [`${name}.${key}`, field]),
    ),
  )
}

function fields(row: Row): string {
  const names = Object.keys(row).filter((name) => row[name] !== null && row[name] !== undefined)
  const width = Math.max(0, ...names.map((name) => name.length))
  return names.map((name) => `${name.padEnd(width)}  ${cell(name, row[name])}`.trimEnd()).join('\n')
}

function cell(name: string, value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (typeof value === 'number' && /(At|^timestamp)$/.test(name)) return instant(value)
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

/** A memo, or what a contract says, could hold a terminal's commands or turn the writing round: those show as codes. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`)

/** Unix seconds as ISO 8601; 0 is never. */
export const instant = (seconds: number): string =>
  seconds === 0 ? 'never' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
