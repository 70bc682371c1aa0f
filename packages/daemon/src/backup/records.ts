import type { SqlValue } from '../platform/db/database.ts'
import { corrupted } from './sealing.ts'

/** What the sealed part holds, in this order: config.toml where there is one, tables with their rows, and the end. */
export type Record =
  | { readonly kind: 'config'; readonly text: string }
  | { readonly kind: 'table'; readonly name: string; readonly columns: readonly string[] }
  /** Rows of the table before, each with a value per column. */
  | { readonly kind: 'rows'; readonly rows: readonly (readonly SqlValue[])[] }
  /** How many rows there were; nothing follows. */
  | { readonly kind: 'end'; readonly rows: number }

const HEADER_BYTES = 4
const MOST_BYTES = 64 * 1024 * 1024

/** Four bytes of length, big endian, then the record as JSON. */
export function encodeRecord(record: Record): Buffer {
  const body = Buffer.from(JSON.stringify(record), 'utf8')
  if (body.length > MOST_BYTES)
    throw new RangeError(`a record of the backup is ${body.length} bytes, at most ${MOST_BYTES} are possible`)
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.length)
  return Buffer.concat([header, body])
}

/** Reads records up to the end record. Failure BACKUP_CORRUPTED for anything else than what a backup holds. */
export async function* readRecords(plain: AsyncIterable<Buffer>): AsyncGenerator<Record> {
  let pieces: Buffer[] = []
  let held = 0
  let last: Record | undefined
  for await (const piece of plain) {
    pieces.push(piece)
    held += piece.length
    for (;;) {
      const bytes = neededBytes(pieces, held)
      if (bytes === undefined || held < bytes) break
      const whole = Buffer.concat(pieces)
      if (last?.kind === 'end') throw corrupted('something follows its end')
      last = parseRecord(whole.subarray(HEADER_BYTES, bytes))
      yield last
      const rest = whole.subarray(bytes)
      pieces = rest.length > 0 ? [rest] : []
      held = rest.length
    }
  }
  if (last?.kind !== 'end') throw corrupted('its end is missing')
  if (held > 0) throw corrupted('something follows its end')
}

/** Bytes of the next record with its header; undefined when not even its length is there. */
function neededBytes(pieces: readonly Buffer[], held: number): number | undefined {
  if (held < HEADER_BYTES) return undefined
  const first = pieces[0]!.length >= HEADER_BYTES ? pieces[0]! : Buffer.concat(pieces)
  const length = first.readUInt32BE(0)
  if (length > MOST_BYTES) throw corrupted(`a record of ${length} bytes, at most ${MOST_BYTES} are possible`)
  return HEADER_BYTES + length
}

function parseRecord(body: Buffer): Record {
  const value = parseJson(body)
  if (typeof value !== 'object' || value === null || !('kind' in value)) throw corrupted('a record of no kind')
  // Each case looks at every field that its kind has.
  const record = value as Record
  switch (record.kind) {
    case 'config':
      if (typeof record.text === 'string') return record
      break
    case 'table':
      if (isName(record.name) && Array.isArray(record.columns) && record.columns.every(isName)) return record
      break
    case 'rows':
      if (Array.isArray(record.rows) && record.rows.every((row) => Array.isArray(row) && row.every(isValue)))
        return record
      break
    case 'end':
      if (Number.isSafeInteger(record.rows)) return record
  }
  throw corrupted('a record that no backup holds')
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw corrupted('a record that is not JSON')
  }
}

const isName = (value: unknown): boolean => typeof value === 'string' && /^[a-z][a-z0-9_]{0,62}$/.test(value)
const isValue = (value: unknown): boolean => value === null || typeof value === 'string' || Number.isSafeInteger(value)
