import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { addressText } from '../../packages/daemon/src/chains/solana/base58.ts'

/** What 32 secret bytes could look like: raw, and as text in the usual encodings. */
export function formsOf(secret: Uint8Array): Map<string, Buffer> {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  // Without the last characters, which depend on what follows the key in a longer text.
  const base64 = bytes.toString('base64').slice(0, 40)
  const texts = {
    hex,
    'capital hex': hex.toUpperCase(),
    base64,
    base64url: base64.replaceAll('+', '-').replaceAll('/', '_'),
    base58: addressText(bytes),
    list: [...bytes].join(','),
    'spaced list': [...bytes].join(', '),
  }
  return new Map([
    ['raw', bytes],
    ...Object.entries(texts).map(([name, text]): [string, Buffer] => [name, Buffer.from(text)]),
  ])
}

/** The writable memory of a process, region by region. */
export function* readMemory(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      if (!from || !to) continue
      const region = Buffer.alloc(Number(BigInt(`0x${to}`) - BigInt(`0x${from}`)))
      if (readRegion(memory, region, BigInt(`0x${from}`))) yield region
    }
  } finally {
    closeSync(memory)
  }
}

function readRegion(memory: number, region: Buffer, position: bigint): boolean {
  try {
    return readSync(memory, region, 0, region.length, position) > 0
  } catch (error) {
    // Mappings of devices answer EIO; they hold none of our memory.
    if (error instanceof Error && 'code' in error && error.code === 'EIO') return false
    throw error
  }
}
