import { expect, test } from 'vitest'
import { RpcError } from '../rpc.ts'
import { classify } from './classify.ts'
import { revertOf } from './revert.ts'

// The texts are those of Geth 1.14 to 1.16, Erigon 3, Nethermind 1.30, Besu 25, Reth 1.3, Nitro 3.5 and Anvil 1.7.
test.each([
  ['known', 'already known'],
  ['known', 'AlreadyKnown'],
  ['known', 'Known transaction'],
  ['known', 'transaction already imported'],
  ['nonce-used', 'nonce too low: next nonce 5, tx nonce 3'],
  ['nonce-used', 'OldNonce'],
  ['nonce-used', 'Nonce too low'],
  ['nonce-used', 'nonce too low: address 0x12, tx: 1 state: 2'],
  ['nonce-gap', 'nonce too high: address 0x12, tx: 9 state: 2'],
  ['nonce-gap', 'NonceGap, Future nonce. Expected nonce: 4'],
  ['nonce-gap', 'Transaction nonce is too distant from current sender nonce'],
  ['underpriced', 'replacement transaction underpriced'],
  ['underpriced', 'transaction underpriced: gas tip cap 1, minimum needed 1000000'],
  ['underpriced', 'ReplacementNotAllowed, fee too low'],
  ['underpriced', 'FeeTooLow, MaxFeePerGas too low'],
  ['underpriced', 'max fee per gas less than block base fee: address 0x12, maxFeePerGas: 1, baseFee: 7'],
  ['underpriced', 'Gas price below configured minimum gas price'],
  ['insufficient-funds', 'insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1'],
  ['insufficient-funds', 'InsufficientFunds, Account balance: 0, cumulative cost: 1'],
  ['insufficient-funds', 'Upfront cost exceeds account balance'],
  ['pool-full', 'txpool is full'],
  ['pool-full', 'in-flight transaction limit reached for delegated accounts'],
  ['pool-full', 'account limit exceeded'],
  ['invalid', 'invalid sender'],
  ['invalid', 'intrinsic gas too low: gas 20000, minimum needed 21000'],
  ['invalid', 'exceeds block gas limit'],
  ['invalid', 'tx fee (1.20 ether) exceeds the configured cap (1.00 ether)'],
  ['invalid', 'rlp: expected input list for types.LegacyTx'],
  ['invalid', 'invalid chain id for signer: have 1 want 5'],
  ['invalid', 'transaction type not supported'],
  ['unclear', 'something went wrong'],
  ['unclear', 'internal error'],
])('%s: %s', (expected, message) => {
  const sent = classify(new RpcError(-32000, message))
  expect(sent.outcome === 'refused' ? sent.reason : sent.outcome).toBe(expected)
})

const text = Buffer.from('TKN: paused')
const reason = `0x08c379a0${'20'.padStart(64, '0')}${text.length.toString(16).padStart(64, '0')}${text.toString('hex').padEnd(64, '0')}`

test.each([
  [3, 'execution reverted: TKN: paused', reason, 'INVALID_TRANSACTION', /TKN: paused/],
  [-32000, 'VM execution error.', `Reverted ${reason}`, 'INVALID_TRANSACTION', /TKN: paused/],
  [-32015, 'Execution reverted', { data: reason }, 'INVALID_TRANSACTION', /TKN: paused/],
  [3, 'execution reverted', '0x4e487b71'.padEnd(72, '0').concat('11'), 'INVALID_TRANSACTION', /Panic\(0x11\)/],
  [3, 'execution reverted', '0xdeadbeef', 'INVALID_TRANSACTION', /custom error 0xdeadbeef/],
  [3, 'execution reverted', `0xe450d38c${'0'.repeat(192)}`, 'INSUFFICIENT_BALANCE', /balance is too low/],
  [
    3,
    'execution reverted: ERC20: transfer amount exceeds balance',
    undefined,
    'INSUFFICIENT_BALANCE',
    /exceeds balance/,
  ],
  [-32000, 'insufficient funds for transfer', undefined, 'INSUFFICIENT_BALANCE', /does not cover/],
  [-32000, 'gas required exceeds allowance (0)', undefined, 'INSUFFICIENT_BALANCE', /does not cover/],
])('a dry run that failed with %i %s is put into our words', (code, message, data, expected, words) => {
  const found = revertOf(new RpcError(code, message, data))
  expect(found).toMatchObject({ code: expected, message: expect.stringMatching(words) })
})

test('an error of the node is no fault of the transaction', () => {
  expect(revertOf(new RpcError(-32603, 'Internal error'))).toBeUndefined()
})
