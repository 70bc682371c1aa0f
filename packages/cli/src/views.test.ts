import { expect, test } from 'vitest'
import { views } from './views.ts'

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
