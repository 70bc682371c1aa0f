import { fitted } from './fitting.ts'
import { heading, type Look, lookOf, toned } from './look.ts'

type Row = Readonly<Record<string, unknown>>

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)
const isThere = (value: unknown): boolean => value !== null && value !== undefined

/** How standard output is looked at. */
const present = (): Look => lookOf(process.stdout, process.env)

/** An answer as plain text: a table for a list, with these columns where they are named; a line per field otherwise. */
export function plainText(value: unknown, columns?: readonly string[], look: Look = present()): string {
  if (value === undefined) return 'done'
  if (!isRow(value)) return cell('', value)
  const list = Object.entries(value).find(([, field]) => Array.isArray(field) && field.every(isRow))
  const isPage = list !== undefined && ('nextCursor' in value || 'hasMore' in value || Object.keys(value).length === 1)
  if (!isPage) return fields(flattened(value), look).join('\n')
  const [, rows] = list
  const next = typeof value.nextCursor === 'string' ? `\nmore with --cursor ${value.nextCursor}` : ''
  // Checked above: the field is an array of rows.
  return `${table(rows as Row[], columns, look)}${next}`
}

/**
 * Columns as wide as their widest cell, at a terminal fitted to it. Unless named, nested values are left out, and what is
 * empty in every row.
 */
export function table(rows: readonly Row[], columns?: readonly string[], look: Look = present()): string {
  if (rows.length === 0) return 'none'
  const isShown = (name: string) => rows.some((row) => isThere(row[name]) && typeof row[name] !== 'object')
  const names = columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(isShown)
  const all = [names.map(printable), ...rows.map((row) => names.map((name) => cell(name, row[name])))]
  const { cells, left } = fitted(all, look.width)
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  const lines = cells.map((line, at) =>
    line
      .map((text, column) => (column === line.length - 1 ? text : text.padEnd(widths[column]!)))
      .map((text) => (at === 0 ? heading(text, look) : toned(text, look)))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...(left.length > 0 ? [`not shown: ${left.join(', ')}; --json has all`] : [])].join('\n')
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

/** A line per field; what is nested stands below its name, further in. */
function fields(row: Row, look: Look): string[] {
  const shown = Object.entries(row).filter(([, value]) => isThere(value))
  const plain = shown.filter(([, value]) => !isNested(value))
  const width = Math.max(0, ...plain.map(([name]) => printable(name).length))
  return shown.flatMap(([name, value]) => {
    if (!isNested(value)) return `${printable(name).padEnd(width)}  ${toned(cell(name, value), look)}`.trimEnd()
    return [printable(name), ...nested(value, look).map((line) => `  ${line}`)]
  })
}

/** What takes more than a line. */
function isNested(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => typeof one === 'object' && one !== null)
  return isRow(value) && Object.keys(value).length > 0
}

function nested(value: unknown, look: Look): string[] {
  if (isRow(value)) return fields(value, look)
  return (value as unknown[]).flatMap((one) => {
    const [first = '', ...more] = isNested(one) ? nested(one, look) : [cell('', one)]
    return [`- ${first}`, ...more.map((line) => `  ${line}`)]
  })
}

function cell(name: string, value: unknown): string {
  if (!isThere(value)) return '-'
  if (typeof value === 'number' && isTime(name)) return instant(value)
  if (Array.isArray(value) && value.length === 0) return 'none'
  if (Array.isArray(value) && !isNested(value)) return printable(value.join(', '))
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

/** Numbers of these names are unix seconds. */
const isTime = (name: string): boolean => /(At|^at|^timestamp|^since|^until|^asOf)$/.test(name)

/** A memo, or what a contract says, could hold a terminal's commands or turn the writing round: those show as codes. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`)

/** Unix seconds as ISO 8601; 0 is never. */
export const instant = (seconds: number): string =>
  seconds === 0 ? 'never' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
