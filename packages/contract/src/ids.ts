import { z } from 'zod'

/** Every id is a UUID; new ones are version 7, so that they sort by time (RFC 9562). */
export const Id = z.uuid().describe('UUID')
/** To the end of the year 9999: later ones would not fit the database in milliseconds. */
export const UnixSeconds = z.int().min(0).max(253_402_300_799).describe('unix seconds')
const UUID_TEXT = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const cursor = (form: string) =>
  z
    .string()
    .max(200)
    .regex(new RegExp(`^${form}$`), 'expected the cursor that came with the previous page')
    .describe('opaque; from the previous page')
/** A list takes the cursors that it gives, and refuses all others: one for each order that lists have. */
export const cursors = {
  id: cursor(UUID_TEXT),
  /** Of a token: CAIP-19 where the list itself has it, an id where the operator added it. */
  token: cursor(`(?:${UUID_TEXT}|[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}/[-a-z0-9]{3,8}:[-.%a-zA-Z0-9]{1,128})`),
  /** An event: a checkpoint, how many of its rows are passed, and the beginning of its hash. */
  event: cursor('\\d{1,15}-\\d{1,9}-[0-9a-f]{16}'),
  priority: cursor(`-?\\d{1,16}\\.${UUID_TEXT}`),
}
export const Limit = (normal: number, most: number) =>
  z.int().min(1).max(most).default(normal).describe(`rows per page, at most ${most}`)
/** Rows to pass over, for clients that page by number; a cursor does not shift while rows arrive. */
export const Offset = z.int().min(0).max(1_000_000).default(0).describe('rows to pass over')
/** The cursor fields that stand beside the rows of every list. */
export const nextPage = {
  nextCursor: z.string().nullable().describe('cursor of the next page, or null'),
  hasMore: z.boolean(),
}

const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** Random bytes for many ids at once: asking for eight at a time costs more than the rest of an id. */
let pool = new Uint8Array(0)
let taken = 0
const randomByte = (): number => {
  if (taken === pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(2_048))
    taken = 0
  }
  return pool[taken++]!
}
const randomHex = (): string => hexOf[randomByte()]!

const SEQUENCES = 4_096
let lastMs = 0
let sequence = 0
/** A new UUIDv7. Ids made by one process are strictly increasing, also within a millisecond. */
export function newId(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs
    sequence = 0
  } else if (++sequence === SEQUENCES) {
    lastMs += 1
    sequence = 0
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const variant = hexOf[(randomByte() & 0x3f) | 0x80]
  const node = randomHex() + randomHex() + randomHex() + randomHex() + randomHex() + randomHex()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${variant}${randomHex()}-${node}`
}

/** Below every id of `newId` that was made at that time or later; unix milliseconds. */
export const firstIdAt = (ms: number): string => Math.max(0, ms).toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')
