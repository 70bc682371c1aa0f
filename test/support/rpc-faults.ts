import { createHash } from 'node:crypto'
import type { HttpAnswer } from './providers/wire.ts'

/** What may befall a request to a node. Behind `answered` the node has got it. */
export type Fault =
  | { readonly kind: 'cut' | 'late' | 'twice' | 'answer lost' }
  | { readonly kind: 'answered'; readonly answer: NonNullable<HttpAnswer> }

const html = { 'content-type': 'text/html' }
const json = { 'content-type': 'application/json' }
const answered = (status: number, headers: Record<string, string>, text: string): Fault => ({
  kind: 'answered',
  answer: { status, headers, text },
})
const FAULTS: readonly Fault[] = [
  { kind: 'cut' },
  { kind: 'late' },
  { kind: 'twice' },
  { kind: 'answer lost' },
  answered(
    429,
    { ...json, 'retry-after': '1' },
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"rate limit"}}',
  ),
  answered(503, html, '<html><body>Service Unavailable</body></html>'),
  answered(200, html, '<!doctype html><title>Please log in</title>'),
  answered(200, json, '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"Internal error"}}'),
  answered(200, json, '{"jsonrpc":"2.0","id":1,"resu'),
  answered(502, json, ''),
]

/** Gives a share of requests a fault each, the same for the same seed and number of the request. */
export function randomFaults(share: number, seed: string): () => Fault | undefined {
  let count = 0
  return () => {
    const [chance, which] = new Uint32Array(
      createHash('sha256').update(`${seed} ${++count}`).digest().buffer.slice(0, 8),
    )
    return chance! < share * 2 ** 32 ? FAULTS[which! % FAULTS.length] : undefined
  }
}
