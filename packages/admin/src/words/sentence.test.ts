import { expect, test } from 'vitest'
import { cents, sentence } from './sentence.ts'

test.each([
  ['6000.042473 USD with fees does not fit', '6,000.04 USD with fees does not fit.'],
  ['3744.799 USD of 5000 USD is left', '3,744.79 USD of 5,000 USD is left.'],
  ['at most 1.8723754645 ETH (1234567.5 USD) would pass.', 'At most 1.8723754645 ETH (1,234,567.50 USD) would pass.'],
  ['the fee is 0.000021 USD', 'The fee is 0.000021 USD.'],
  ['10 USD of 900 USD', '10 USD of 900 USD.'],
  ['already 6,000.04 USD', 'Already 6,000.04 USD.'],
])('the daemon’s %j is said as %j', (text, said) => expect(sentence(text)).toBe(said))

test('what is less than a cent is not shown as nothing', () => {
  expect(['0.004', '0.000001', '0', '0.5', '12.3456'].map(cents)).toEqual(['0.004', '0.000001', '0', '0.50', '12.34'])
})
