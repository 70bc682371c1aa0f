import { expect, test } from 'vitest'
import { type Answer, each, type Request, startEndpoint } from '../../test/evm-bed.ts'
import { untilCut } from '../platform/cut-off.ts'
import { deliver } from './deliver.ts'
import { classify } from './evm/classify.ts'
import { rpcPool } from './rpc-pool.ts'

const calls = ['0x0a', '0x0b', '0x0c'].map((bytes) => ({ method: 'eth_sendRawTransaction', params: [bytes] }))

async function outcomes(answer: Answer) {
  const { url } = await startEndpoint(answer)
  const rpc = rpcPool({ urls: [url], name: 'test-net', timeoutMs: 2_000 })
  const sent = await deliver(rpc, calls, (said) => ('error' in said ? classify(said.error) : { outcome: 'accepted' }))
  return sent.map((one) => (one.outcome === 'refused' ? one.reason : one.outcome))
}

/** Takes bytes that it has not got; it says nothing about the first request, and refuses batches if it is told to. */
function node({ loses, batches }: { loses: number; batches: boolean }): Answer {
  const taken = new Set<unknown>()
  let asked = 0
  const take = each(({ params: [bytes] }) => {
    if (taken.has(bytes)) return { error: { code: -32000, message: 'nonce too low' } }
    taken.add(bytes)
    return { result: bytes }
  })
  return async (body, response, raw) => {
    if (Array.isArray(body) && !batches)
      return { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no batches' } }
    const answer = await take(body, response, raw)
    return asked++ < loses ? void response.destroy() : answer
  }
}

test('bytes of a lost answer are sent again, and that their own nonce is used is no refusal', async () => {
  for (const loses of [1, 2, 3]) {
    expect(await outcomes(node({ loses, batches: true }))).toEqual(['unclear', 'unclear', 'unclear'])
  }
  // One after the other, the ones behind were not told before.
  expect(await outcomes(node({ loses: 1, batches: false }))).toEqual(['unclear', 'accepted', 'accepted'])
})

test('a nonce that was used before anything was sent is a refusal', async () => {
  const used = each(() => ({ error: { code: -32000, message: 'nonce too low' } }))
  expect(await outcomes(used)).toEqual(['nonce-used', 'nonce-used', 'nonce-used'])
})

test('what was taken before an endpoint fails for good is known, and the rest is unclear', async () => {
  let asked = 0
  const failing: Answer = (body, response) => {
    if (Array.isArray(body)) return { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'no batches' } }
    const { id } = body as Request
    return asked++ === 0 ? { jsonrpc: '2.0', id, result: '0x01' } : void response.destroy()
  }
  expect(await outcomes(failing)).toEqual(['accepted', 'unclear', 'unclear'])
})

test('a stop cuts off sending while an endpoint asks for time, at once, and it counts as sent', async () => {
  const cut = new AbortController()
  let asked = 0
  const busy: Answer = (_body, response) => {
    asked += 1
    setImmediate(() => cut.abort())
    response.writeHead(429, { 'retry-after': '1' }).end()
  }
  const begun = performance.now()
  expect(await untilCut(cut.signal, () => outcomes(busy))).toEqual(['unclear', 'unclear', 'unclear'])
  expect(performance.now() - begun).toBeLessThan(900)
  expect(asked).toBe(1)
})
