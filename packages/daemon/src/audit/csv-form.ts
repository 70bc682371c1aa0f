import { csvLine } from '@waiaas/contract'

// The lines of an export as CSV. A row has a cell for each of its fields; of all else the JSON text is in the last cell.

const KIND = 'kind'
const FIELDS = [
  ...['chain', 'seq', 'id', 'at', 'event', 'severity', 'actor'],
  ...['wallet_id', 'session_id', 'tx_id', 'ip', 'details', 'prev_hash', 'hash'],
] as const
const NUMBERS: readonly string[] = ['seq', 'id', 'at']
const NULLABLE: readonly string[] = ['wallet_id', 'session_id', 'tx_id', 'ip']

const HEADER = [KIND, ...FIELDS, 'json']
/** The first line of such a file, without its end. */
export const CSV_HEADER = HEADER.join(',')

/** The lines of an export as CSV, their ends included. */
export async function* csvLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield csvLine(HEADER)
  for await (const line of lines) {
    const parsed = JSON.parse(line) as Record<string, Record<string, unknown>>
    const [kind = ''] = Object.keys(parsed)
    const cells = kind === 'row' ? FIELDS.map((name) => String(parsed.row?.[name] ?? '')) : FIELDS.map(() => '')
    yield csvLine([kind, ...cells, kind === 'row' ? '' : line])
  }
}

/** The JSON text that a line of such a file stands for. What is no such line gives none of an export either. */
export function jsonOf(line: string): string {
  const [kind, ...cells] = cellsOf(line)
  if (cells.length !== FIELDS.length + 1) return ''
  const json = cells[FIELDS.length]!
  if (kind !== 'row') return json
  return JSON.stringify({ row: Object.fromEntries(FIELDS.map((name, at) => [name, fieldOf(name, cells[at]!)])) })
}

function fieldOf(name: string, cell: string): string | number | null {
  if (NULLABLE.includes(name) && cell === '') return null
  return NUMBERS.includes(name) ? Number(cell) : cell
}

/** No field has a line end, so that a line is a record. The apostrophe that keeps spreadsheets from running a cell goes. */
function cellsOf(line: string): string[] {
  const cells: string[] = []
  const cell = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/gy
  for (let match = cell.exec(line); match; match = cell.exec(line)) {
    const [, quoted, plain = ''] = match
    cells.push((quoted?.replaceAll('""', '"') ?? plain).replace(/^'(?=[=+\-@])/, ''))
    if (cell.lastIndex >= line.length) break
  }
  return cells
}
