import { describe, expect, test } from 'vitest'
import { addedEvmNetwork } from './networks.ts'
import { AddedNetworks } from './setting-values.ts'
import { hideCredentials, parseSetting, readSetting, shownSetting } from './settings.ts'

describe('a setting', () => {
  test('is read by its type', () => {
    expect(parseSetting('daemon.port', ' 4000 ')).toBe(4000)
    expect(parseSetting('policy.default_deny_tokens', 'false')).toBe(false)
    expect(parseSetting('security.allowed_hosts', 'daemon, other:3100')).toEqual(['daemon', 'other:3100'])
    expect(parseSetting('security.cors_origins', '["https://a.example"]')).toEqual(['https://a.example'])
    expect(parseSetting('oracle.fixed_prices', '{"native:ethereum-sepolia":"2000","eip155:1/erc20:0xAB":"1"}')).toEqual(
      {
        'native:ethereum-sepolia': '2000',
        'eip155:1/erc20:0xAB': '1',
      },
    )
  })

  test('is read from TOML values as from text', () => {
    expect(readSetting('daemon.port', 4000)).toBe(4000)
    expect(readSetting('security.cors_origins', ['https://a.example'])).toEqual(['https://a.example'])
    expect(readSetting('networks.evm', [])).toEqual([])
  })

  test('says what was expected when it is wrong', () => {
    const wrong: [string, string, string][] = [
      ['daemon.port', '70000', 'daemon.port: expected a whole number from 0 to 65535, got "70000"'],
      ['daemon.port', '1e3', 'whole number'],
      ['daemon.log_level', 'loud', 'one of trace, debug, info, warn, error'],
      ['policy.default_deny_tokens', 'yes', 'true or false'],
      ['security.cors_origins', '["https://a.example/path"]', 'an origin such as'],
      ['security.trusted_proxies', 'everybody', 'an IP address or a CIDR range'],
      ['security.trusted_proxies', '10.0.0.0/99', 'an IP address or a CIDR range'],
      ['security.trusted_proxies', '1.2.3', 'an IP address or a CIDR range'],
      ['security.trusted_proxies', '::1/129', 'an IP address or a CIDR range'],
      ['oracle.fixed_prices', '{"native:x":"0"}', 'US dollars above zero'],
      ['oracle.fixed_prices', '{', 'JSON'],
      ['security.max_sesions', '5', 'no such setting; known are security.allowed_hosts'],
      ['nonsense', '5', 'no such setting'],
      ['constructor', '5', 'no such setting'],
      ['__proto__', '5', 'no such setting'],
    ]
    for (const [key, text, message] of wrong) expect(() => parseSetting(key, text), key).toThrow(message)
  })

  test('never shows an endpoint’s credentials, nor a secret, nor either in an error', () => {
    expect(shownSetting('rpc.evm_ethereum_mainnet', 'https://eth.example/v2/KEY')).toBe('https://eth.example/…')
    expect(shownSetting('rpc_pool.base-mainnet', ['https://u:p@a.example', 'http://127.0.0.1:8545'])).toBe(
      '["https://a.example/…","http://127.0.0.1:8545"]',
    )
    expect(shownSetting('networks.evm', [{ id: 'my-chain', rpc: ['https://eth.example/v2/KEY'] }])).toBe(
      '[{"id":"my-chain","rpc":["https://eth.example/…"]}]',
    )
    expect(shownSetting('database.url', 'postgres://u:p@h/d')).toBe(true)
    expect(shownSetting('database.url', '')).toBe(false)
    expect(hideCredentials('not a url with KEY')).toBe('…')
    for (const [key, text] of [
      ['rpc.evm_ethereum_mainnet', 'ftp://KEY'],
      ['database.url', 'mysql://u:KEY@h'],
      ['rpc_pool.base-mainnet', '["KEY"]'],
      ['networks.evm', '[{"rpc":["https://a.example/KEY"]}]'],
    ] as const) {
      expect(() => parseSetting(key, text), key).toThrow('expected')
      expect(() => parseSetting(key, text), key).not.toThrow('KEY')
    }
  })
})

describe('networks that the operator adds', () => {
  const added = { id: 'my-chain', chainId: 4_242, environment: 'testnet', rpc: ['http://127.0.0.1:1'], symbol: 'MY' }

  test('become networks like the others', () => {
    const [one] = AddedNetworks.parse([added])
    expect(addedEvmNetwork(one!)).toMatchObject({
      id: 'my-chain',
      chain: 'ethereum',
      caip2: 'eip155:4242',
      environment: 'testnet',
      setting: 'evm_my_chain',
      native: { symbol: 'MY', decimals: 18 },
      rpc: ['http://127.0.0.1:1'],
    })
    const [rollup] = AddedNetworks.parse([{ ...added, l1Fee: 'op-stack' }])
    expect(addedEvmNetwork(rollup!)).toMatchObject({ l1Fee: 'op-stack' })
  })

  test('share neither id nor chain id with another network', () => {
    for (const wrong of [{ id: 'base-mainnet' }, { chainId: 1 }, { rpc: [] }, { id: 'My Chain' }, { colour: 1 }])
      expect(AddedNetworks.safeParse([{ ...added, ...wrong }]).success, JSON.stringify(wrong)).toBe(false)
    expect(AddedNetworks.safeParse([added, { ...added, id: 'other' }]).success).toBe(false)
  })
})
