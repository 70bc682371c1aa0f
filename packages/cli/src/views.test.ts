import { expect, test } from 'vitest'
import { exposureText, views } from './views.ts'

test('rpc status is a line for each endpoint, with what was learnt of it', () => {
  const calm = { failureCount: 0, cooldownRemainingMs: 0 }
  const text = views.getRpcStatus?.({
    networks: {
      'base-mainnet': [
        {
          url: 'https://a.example',
          status: 'cooldown',
          failureCount: 2,
          cooldownRemainingMs: 61_001,
          lastError: 'https://a.example answered HTTP 500',
          lastErrorAt: 1_900_000_000,
          batchMost: 3,
          missingMethods: ['eth_feeHistory', 'eth_getBlockReceipts'],
          callsPerSecond: 17.5,
        },
        { url: 'https://b.example', status: 'available', ...calm, batchMost: 1 },
      ],
      'solana-devnet': [{ url: 'https://c.example', status: 'available', ...calm }],
    },
    builtinUrls: {},
  })
  expect(text?.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['network', 'url', 'status', 'failures', 'batches', 'rate', 'notOffered', 'lastErrorAt', 'lastError'],
    [
      ...['base-mainnet', 'https://a.example', 'cooldown, 62 s', '2', 'up to 3', '17.5/s'],
      ...['eth_feeHistory eth_getBlockReceipts', '2030-03-17T17:46:40Z', 'https://a.example answered HTTP 500'],
    ],
    ['base-mainnet', 'https://b.example', 'available', '0', 'none', '-', '-', '-', '-'],
    ['solana-devnet', 'https://c.example', 'available', '0', '-', '-', '-', '-', '-'],
  ])
})

test('a sweep is shown with what stands in its way and how it is started', () => {
  const at = { network: 'a', assetId: 'x' }
  const text = views.sweepWallet?.({
    ...{ digest: 'abc', walletId: 'w', to: '0xyou' },
    steps: [
      { ...at, symbol: 'USDC', amount: '5', humanAmount: '5', tier: null, obstacles: ['not allowed', 'no gas'] },
      { ...at, symbol: 'ETH', amount: '1', humanAmount: '0.1', tier: 'INSTANT', obstacles: [] },
    ],
    left: [{ ...at, symbol: 'ODD', address: '0x0dd', humanAmount: '9', why: 'it is in no list' }],
    unread: [{ network: 'b', error: 'nobody answered' }],
  })
  expect(text?.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['to 0xyou would go'],
    ['network', 'asset', 'amount', 'goesOn', 'inItsWay'],
    ['a', 'USDC', '5', '-', 'not allowed; no gas'],
    ['a', 'ETH', '0.1', 'INSTANT', '-'],
    ['a: 9 ODD stays: it is in no list'],
    ['b: not known, nobody answered'],
    ['nothing was sent; the same with --digest abc starts it'],
  ])
})

test('what an address holds is a line for each network that has something to tell, and a count of the rest', () => {
  const about = { chainId: 'eip155:1', enabled: true }
  const ether = { address: 'native', assetId: 'a', symbol: 'ETH', listed: true, decimals: 18, usdValue: 1 }
  const odd = { address: '0xabc', assetId: 'b', symbol: 'USDC', listed: false, decimals: 6, usdValue: null }
  const text = views.getWalletHoldings?.({
    ...{ walletId: 'w', chain: 'ethereum', environment: 'mainnet', address: '0xme' },
    networks: [
      {
        ...{ ...about, network: 'a', status: 'READ', more: 3 },
        holdings: [
          { ...ether, balance: '1', balanceFormatted: '0.1' },
          { ...odd, balance: '1', balanceFormatted: '2' },
        ],
      },
      { ...about, network: 'b', status: 'READ', holdings: [], more: 0 },
      { ...about, network: 'c', status: 'UNREAD', error: 'nobody answered' },
      {
        ...{ ...about, network: 'd', enabled: false, status: 'READ', more: 0 },
        holdings: [{ ...ether, balance: '1', balanceFormatted: '7' }],
      },
    ],
  })
  expect(text?.split('\n')).toEqual([
    '0xme holds',
    'a: 0.1 ETH, 2 of 0xabc (in no list, calls itself USDC), and 3 more tokens',
    'c: not known, nobody answered',
    'd*: 7 ETH',
    'nothing on 1 network',
    '* the wallet cannot send from there: docs/holdings.md says what can be done',
  ])
})

test('the worst case says what each of its parts is worth, in dollars', () => {
  const causes = { payments: null, pending: 0, signed: 1.5, allowances: 20, fees: 0.25 }
  const worst = { period: 'day' as const, text: '21.75 USD', usd: null, withoutPrice: [], isEverything: false, causes }
  const text = exposureText({
    text: 'all',
    takenOver: [
      { taken: 'session', sessions: ['an id'], names: ['team:trading'], worst: [worst] },
      { taken: 'daemon', sessions: null, names: null, worst: [worst] },
    ],
    unread: ['a', 'b'].map((network) => ({ network, error: 'nobody answered' })),
  })
  const made = '  21.75 USD (payments without a bound, signed 1.5 USD, allowances 20 USD, fees 0.25 USD)'
  expect(text.split('\n')).toEqual([
    'all',
    'if the session team:trading is taken over',
    made,
    'if the daemon is taken over',
    made,
    'not known is what is on a, b; --json says why',
  ])
})

test('a list of transactions says how much and to whom, and whether it went', () => {
  const about = { id: '01a231ba-4451-7000-a37a-c84a612c8a74', createdAt: 1_796_130_600, walletName: 'shop' }
  const more = {
    network: 'local-evm',
    tier: null,
    txHash: null,
    toAddress: '0x00000000000000000000000000000000000A11cE',
  }
  const rows = [
    { ...about, ...more, status: 'CANCELLED', amount: '900000000', amountFormatted: '900', amountSymbol: 'USDC' },
    { ...about, ...more, status: 'SIGNED', amount: null, amountFormatted: null, amountSymbol: null },
    { ...about, ...more, status: 'CONFIRMED', amount: '5', amountFormatted: '5', amountSymbol: null },
  ]
  // Of an answer only these are looked at.
  const page = { items: rows, total: 3, offset: 0, limit: 20, nextCursor: null } as never
  const [head, ...lines] = views.adminListTransactions!(page).split('\n')
  expect(head!.split(/ {2,}/).slice(0, 6)).toEqual(['id', 'createdAt', 'walletName', 'amount', 'status', 'toAddress'])
  expect(lines.map((line) => line.split(/ {2,}/).slice(2, 5))).toEqual([
    ['shop', '900 USDC', 'CANCELLED'],
    ['shop', '-', 'SIGNED'],
    ['shop', '5', 'CONFIRMED'],
  ])
})
