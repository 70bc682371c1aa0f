import { expect, test } from 'vitest'
import type { Effect } from './effects.ts'
import { assetUnits, summaryOf } from './summary.ts'

const ETH = 'eip155:1/slip44:60'
const USDC = 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
const OTHER = 'eip155:1/erc20:0x00000000000000000000000000000000000000ee'
const units = assetUnits([
  { asset: ETH, symbol: 'ETH', decimals: 18 },
  { asset: USDC.replace('0xa0b8', '0xA0B8'), symbol: 'USDC', decimals: 6 },
])
const of = (...effects: Effect[]) =>
  summaryOf({ network: 'ethereum-mainnet', sender: '0xme', effects, fee: { asset: ETH, max: '1' } }, units)

const approval = (amount: string, unlimited = false): Effect => ({
  ...{ kind: 'approval', asset: USDC, amount, spender: '0xs', unlimited },
})
const NOBODY = 'lets nobody spend more'

test.each<[string, Effect[]]>([
  [`pays 2 USDC to 0xa; ${NOBODY}`, [{ kind: 'outflow', asset: USDC, amount: '2000000', to: '0xa' }]],
  [
    `pays 0.000000000000000001 ETH to 0xa; pays 0.5 USDC to 0xb; ${NOBODY}`,
    [
      { kind: 'outflow', asset: ETH, amount: '1', to: '0xa' },
      { kind: 'outflow', asset: USDC, amount: '500000', to: '0xb' },
    ],
  ],
  [`pays 7 base units of ${OTHER} to 0xa; ${NOBODY}`, [{ kind: 'outflow', asset: OTHER, amount: '7', to: '0xa' }]],
  [`moves nothing; ${NOBODY}`, [{ kind: 'outflow', asset: USDC, amount: '0', to: '0xme' }]],
  ['lets 0xs spend 5 USDC', [approval('5000000')]],
  ['lets 0xs spend any amount of USDC', [approval(String(2n ** 256n - 1n), true)]],
  [`lets 0xs spend no USDC any more; ${NOBODY}`, [approval('0')]],
  [
    `deposits 0.002 ETH for a new account of 0xa; ${NOBODY}`,
    [{ kind: 'account-creation', owner: '0xa', asset: USDC, rent: '2000000000000000' }],
  ],
  [`gives NFT 7 of 0xc to 0xa; ${NOBODY}`, [{ kind: 'nft', contract: '0xc', tokenId: '7', amount: '1', to: '0xa' }]],
  ['lets 0xo take everything in 0xc', [{ kind: 'operator', contract: '0xc', operator: '0xo', isGranted: true }]],
  ['moves nothing', [{ kind: 'operator', contract: '0xc', operator: '0xo', isGranted: false }]],
  ['calls 0xc', [{ kind: 'call', contract: '0xc', selector: '0x12345678', value: '0' }]],
  [
    'pays 1 ETH to 0xc; calls 0xc with that',
    [{ kind: 'call', contract: '0xc', selector: '0x12345678', value: String(10n ** 18n) }],
  ],
  ['creates a contract', [{ kind: 'deploy', codeHash: '0x1', value: '0' }]],
  ['signs a text', [{ kind: 'message', form: 'text', domain: null }]],
  ['signs in at app.example', [{ kind: 'message', form: 'sign-in', domain: 'app.example' }]],
  [
    'signs Order for 0xc',
    [{ kind: 'message', form: 'typed-data', domain: null, contract: '0xc', primaryType: 'Order' }],
  ],
  [
    'does what nobody can read: a program without a reader',
    [{ kind: 'unknown', description: 'a program without a reader' }],
  ],
  [`takes the place of another transaction; ${NOBODY}`, [{ kind: 'lane', purpose: 'cancel' }]],
  [`moves nothing; ${NOBODY}`, [{ kind: 'memo', text: 'hello' }]],
  // Stored by a newer version.
  ['does what this version cannot read: teleport', [{ kind: 'teleport' } as unknown as Effect]],
])('%s', (sentence, effects) => {
  expect(of(...effects)).toBe(sentence)
})

test('nobody is said to spend nothing more beside a call, an unread part or an allowance', () => {
  const payment: Effect = { kind: 'outflow', asset: USDC, amount: '1', to: '0xa' }
  const more: Effect[] = [
    { kind: 'call', contract: '0xc', selector: null, value: '0' },
    { kind: 'unknown', description: 'x' },
    { kind: 'simulated', description: 'x' },
    { kind: 'deploy', codeHash: '0x1', value: '0' },
    { kind: 'message', form: 'text', domain: null },
    { kind: 'operator', contract: '0xc', operator: '0xo', isGranted: false },
    approval('1'),
  ]
  for (const effect of more) expect(of(payment, effect)).not.toContain(NOBODY)
  expect(of(payment, approval('0'))).toContain(NOBODY)
})
