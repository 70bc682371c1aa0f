import { z } from 'zod'

/** Every id is a UUID; new ones are version 7, so that they sort by time (RFC 9562). */
export const Id = z.uuid().describe('UUID')
/** To the end of the year 9999: later ones would not fit the database in milliseconds. */
export const UnixSeconds = z.int().min(0).max(253_402_300_799).describe('unix seconds')
export const Cursor = z.string().min(1).max(200).describe('opaque; from the previous page')
export const Limit = (normal: number, most: number) =>
  z.int().min(1).max(most).default(normal).describe(`rows per page, at most ${most}`)
/** Rows to pass over, for clients that page by number; a cursor does not shift while rows arrive. */
export const Offset = z.int().min(0).max(1_000_000).default(0).describe('rows to pass over')
/** The cursor fields that stand beside the rows of every list. */
export const nextPage = {
  nextCursor: z.string().nullable().describe('cursor of the next page, or null'),
  hasMore: z.boolean(),
}

let last = 0n
/** Random bytes for many ids at once: asking for eight at a time costs more than the rest of an id. */
let pool = new Uint8Array(0)
const randomBytes = (): Uint8Array => {
  if (pool.length < 8) pool = crypto.getRandomValues(new Uint8Array(2_048))
  const taken = pool.subarray(0, 8)
  pool = pool.subarray(8)
  return taken
}
/** A new UUIDv7. Ids made by one process are strictly increasing, also within a millisecond. */
export function newId(nowMs: number = Date.now()): string {
  const random = randomBytes()
  let stamp = BigInt(nowMs) << 12n
  if (stamp <= last) stamp = last + 1n
  last = stamp
  const time = (stamp >> 12n).toString(16).padStart(12, '0')
  const sequence = (stamp & 0xfffn).toString(16).padStart(3, '0')
  random[0] = (random[0]! & 0x3f) | 0x80
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${tail.slice(0, 4)}-${tail.slice(4)}`
}
