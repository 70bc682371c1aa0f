import { Failure } from '@waiaas/contract'

/** Takes a message apart from its beginning. Failure INVALID_TRANSACTION where it has fewer bytes than it says. */
export type Reader = ReturnType<typeof reader>

export function reader(source: Uint8Array) {
  // A Buffer's slices would share memory where a plain array's do not.
  const bytes = new Uint8Array(source)
  let at = 0
  function take(length: number): Uint8Array {
    if (at + length > bytes.length) throw refused('fewer bytes than it says')
    at += length
    return bytes.subarray(at - length, at)
  }
  const byte = (): number => take(1)[0]!
  /** Compact u16: seven bits a byte, lowest first, at most three bytes, and no superfluous one. */
  function count(): number {
    let value = 0
    for (let index = 0; index < 3; index++) {
      const next = byte()
      if (index > 0 && next === 0) throw refused('a length that is not in its shortest form')
      value += (next & 0x7f) * 128 ** index
      if (next < 0x80) {
        if (value > 0xffff) break
        return value
      }
    }
    throw refused('a length beyond 65535')
  }
  return {
    take,
    byte,
    count,
    requireEnd(): void {
      if (at !== bytes.length) throw refused(`${bytes.length - at} bytes after its end`)
    },
  }
}

/** One after the other, as many as were announced. */
export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/** What is wrong with a message, of which the sentence goes on to tell. */
export const refused = (what: string): Failure => new Failure('INVALID_TRANSACTION', `the Solana message has ${what}`)
