import { expect, test } from 'vitest'
import { withoutNames } from './families.ts'

test.each([
  ['an EVM address', `0x${'aB'.repeat(20)}`],
  ['an EVM hash', `0x${'0f'.repeat(32)}`],
  ['calldata', `0x${'0f'.repeat(100)}`],
  ['a Solana address', '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T'],
  ['a Solana signature', '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW'],
  ['an XRPL address', 'rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh'],
  ['the shortest XRPL address', 'rrrrrrrrrrrrrrrrrrrrBZbvji'],
])('%s is not left in a text for everybody', (_, name) => {
  expect(withoutNames(`network/${name}: no node took "${name}".`)).toBe('network/…: no node took "…".')
})

test('words, ids and host names are left', () => {
  const text =
    'ethereum-mainnet at https://ethereum-rpc.example: TransactionNotYetIncludedInBlock 0x5 019a0000-0000-7000-8000'
  expect(withoutNames(text)).toBe(text)
})
