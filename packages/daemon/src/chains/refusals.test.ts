import { expect, test } from 'vitest'
import { isLearnt, isUnsupported, mostNamed, readRefusal } from './refusals.ts'
import { RpcError } from './rpc.ts'

test.each([
  [-32601, 'the method eth_getBlockReceipts does not exist/is not available'],
  [-32601, 'Method not found'],
  [-32601, ''],
  [-32004, 'Method not supported'],
  [-32000, 'Unsupported method: eth_feeHistory. See available methods at https://docs.example'],
  [-32000, 'rpc method is unsupported'],
  [-32000, 'rpc method is not whitelisted'],
  [-32600, 'eth_getBlockReceipts is not available on the Free tier, please upgrade your plan'],
  [35, 'method is not available on freetier, please upgrade to paid tier'],
  [-32000, 'This method is only available on paid plans'],
  [-32010, 'unknown method'],
  [-32000, 'The method getFirstAvailableBlock has been disabled'],
  [-32000, 'This request requires an archive node, which your plan does not include'],
  [410, 'The RPC call or parameters have been disabled.'],
  [-32602, 'Archive requests require a personal token. Get one at: https://a.example'],
  [-32011, 'Transaction history is not available from this node'],
])('error %i "%s" says that the method is not offered', (code, message) => {
  expect(isUnsupported(new RpcError(code, message))).toBe(true)
})

test.each([
  [3, 'execution reverted: method not found', 'answer'],
  [-32000, 'execution reverted: caller is not whitelisted', 'answer'],
  [-32015, 'VM execution error: upgrade your plan', 'answer'],
  [-32000, 'VM Exception while processing transaction: reverted: rate limit', 'answer'],
  [-32000, 'nonce too low', 'answer'],
  [-32000, 'exceeds block gas limit', 'answer'],
  [-32000, 'account limit exceeded', 'answer'],
  [-32000, 'transaction type not supported', 'answer'],
  [-32602, 'invalid method parameter(s)', 'answer'],
  [-32002, 'Transaction simulation failed: Blockhash not found', 'answer'],
  [429, 'Your app has exceeded its compute units per second capacity. Upgrade your plan', 'limited'],
  [-32000, "You've exceeded the RPS limit available on the current plan", 'limited'],
  [-32007, '50/second request limit reached - reduce calls per second or upgrade your plan', 'limited'],
  [-32005, 'limit exceeded', 'limited'],
  [-32005, 'daily request count exceeded, request rate limited', 'limited'],
  [-32000, 'Too Many Requests', 'limited'],
  [-32090, 'Too many requests, reason: call rate limit exhausted, retry in 10s', 'limited'],
  [-32016, 'over rate limit', 'limited'],
  [-32016, '', 'behind'],
  [-32005, 'Node is behind by 42 slots', 'behind'],
  [-32016, 'Minimum context slot has not been reached', 'behind'],
  [-32403, 'Batch requests are only available for paid plans', 'too-much'],
  [-32003, 'response too large', 'too-much'],
  [-32000, 'Unauthorized: You must authenticate your request with an API key', 'forbidden'],
  [-32000, 'missing trie node 0xab (path )', 'local'],
  [-32004, 'Block not available for slot 7', 'local'],
  [30, 'Request timeout on the free plan, please upgrade', 'local'],
  [-32603, 'Internal error', 'local'],
] as const)('error %i "%s" is no missing method but: %s', (code, message, meaning) => {
  expect(isUnsupported(new RpcError(code, message))).toBe(false)
  expect(readRefusal({ code, message })).toBe(meaning)
})

test('what is learnt of a method does not come from old data, nor from words that a contract may have chosen', () => {
  const words = { code: -32000, message: 'this method is not supported' }
  expect(isLearnt('eth_feeHistory', words)).toBe(true)
  expect(isLearnt('eth_call', words)).toBe(false)
  expect(isLearnt('eth_call', { code: -32601, message: '' })).toBe(true)
  expect(isLearnt('eth_getBalance', { code: -32000, message: 'requires an archive node' })).toBe(false)
})

test.each([
  ['Batch of more than 3 requests are not allowed on free tier', 50, 3],
  ['batch size 50 exceeds the limit of 10', 50, 10],
  ['batch too large, at most 1000', 50, 25],
  ['Batch requests are only available for paid plans', 50, 1],
  ['batch requests are not allowed', 2, 1],
  ['batch too large', 50, 25],
  ['batch too large', 3, 1],
  ['response too large', 4, 2],
  ['Request Entity Too Large', 2, 1],
])('"%s" to %i calls allows %i', (message, count, most) => {
  expect(mostNamed({ code: -32600, message }, count)).toBe(most)
})

test('a number named beside the message counts', () => {
  const error = { code: -32010, message: 'The batch request was too large', data: 'Exceeded max limit of 7' }
  expect(mostNamed(error, 50)).toBe(7)
})
