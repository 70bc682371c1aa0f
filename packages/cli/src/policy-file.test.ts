import { policyText } from '@waiaas/contract/policy-text'
import { describe, expect, test } from 'vitest'
import { policyChangesText } from './policy-changes.ts'
import { parsePolicyFile } from './policy-file.ts'

const USDC = '0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238'

describe('a file of policies', () => {
  test('reads back what was written, addresses as text, in YAML and in JSON', () => {
    const policies = [
      { wallet: 'shop', type: 'WHITELIST', rules: { allowed_addresses: [USDC] } },
      { type: 'SPENDING_LIMIT', rules: { instant_max: '1000000000000000000', daily_limit_usd: 0.5 }, enabled: false },
    ]
    expect(parsePolicyFile('f', policyText(policies)).policies).toEqual(policies)
    expect(parsePolicyFile('f', JSON.stringify({ policies })).policies).toEqual(policies)
    const plain = `policies:\n  - type: WHITELIST\n    rules: { allowed_addresses: [${USDC}] }\n`
    expect(parsePolicyFile('f', plain).policies).toEqual([{ ...policies[0], wallet: undefined }])
  })

  test('knows the line of what stands at a place, or of the nearest that is there', () => {
    const { lineOf } = parsePolicyFile(
      'f',
      'policies:\n  - type: RATE_LIMIT\n    rules:\n      max_requests: 0\n  - type: X\n',
    )
    expect(lineOf('policies.0.rules.max_requests')).toBe(4)
    expect(lineOf('policies.0.rules.window_seconds')).toBe(4)
    expect(lineOf('policies.1.rules')).toBe(5)
    expect(lineOf('policies.7')).toBe(2)
  })

  test.each([
    ['policies: [', 'f:'],
    ['policies:\n  - a: 1\n    a: 2\n', 'f:3: map keys must be unique'],
    ['- 1\n', 'f:1: expected policies: and a list'],
    ['policies: 5\n', 'f:1: expected policies: and a list'],
    ['policies: []\n\nwallets: []\n', 'f:3: expected policies: alone, got wallets:'],
    ['', 'f:1: expected policies: and a list'],
  ])('%j is refused by its line', (text, message) => {
    expect(() => parsePolicyFile('f', text)).toThrow(message)
  })

  test('that grows when it is read is refused', () => {
    const rows = Array.from(
      { length: 9 },
      (_, index) => `  - &a${index + 1} [${Array(9).fill(`*a${index}`).join(', ')}]`,
    )
    expect(() => parsePolicyFile('f', `policies:\n  - &a0 [1]\n${rows.join('\n')}\n`)).toThrow('excessive alias count')
  })
})

test('changes are told with what was, what is, and whether more may leave', () => {
  const side = (max: number) => ({ rules: { instant_max_usd: max, delay_seconds: 900 }, priority: 0, enabled: true })
  const of = { policyId: null, name: null, wallet: 'shop', network: null, sessionLabel: null, type: 'SPENDING_LIMIT' }
  const text = policyChangesText({
    ...{ dryRun: true, version: null, effect: 'different', unchanged: 1 },
    changes: [
      { ...of, change: 'CHANGED', effect: 'looser', before: side(1), after: side(2) },
      { ...of, name: 'a', wallet: null, change: 'REMOVED', effect: 'different', before: side(1), after: null },
    ],
  })
  expect(text.split('\n')).toEqual([
    'a dry run: nothing was changed',
    '~ SPENDING_LIMIT of shop: LOOSER',
    '    was instant_max_usd: 1',
    '    is  instant_max_usd: 2',
    '- SPENDING_LIMIT "a" of each wallet: may be LOOSER',
    '    was instant_max_usd: 1',
    '    was delay_seconds: 900',
    '1 policy stays as it is',
  ])
})
