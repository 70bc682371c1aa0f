import { describe, expect, test } from 'vitest'
import { tokenBuckets } from './limits.ts'
import { peerAddress, peerGroup, proxyList } from './peer.ts'

describe('a token bucket', () => {
  test('gives its burst at once, then its rate, and says how long to wait', () => {
    let now = 0
    const buckets = tokenBuckets(() => now)
    const take = () => buckets.take('one', { perSecond: 0.5, burst: 2 })
    expect([take(), take(), take()]).toEqual([0, 0, 2])
    now = 1_999
    expect(take()).toBe(1)
    now = 2_000
    expect([take(), take()]).toEqual([0, 2])
    now = 1_000_000
    expect([take(), take(), take()]).toEqual([0, 0, 2])
  })

  test('forgets the callers that were idle longest, not the busy ones', () => {
    const buckets = tokenBuckets(() => 0)
    const rate = { perSecond: 1, burst: 1 }
    expect(buckets.take('busy', rate)).toBe(0)
    for (let index = 0; index < 19_999; index += 1) buckets.take(`other ${index}`, rate)
    expect(buckets.take('busy', rate)).toBe(1)
    for (let index = 0; index < 19_999; index += 1) buckets.take(`another ${index}`, rate)
    expect(buckets.take('busy', rate)).toBe(1)
    expect(buckets.take('other 0', rate)).toBe(0)
  })
})

describe('a peer', () => {
  const proxies = proxyList(['10.0.0.0/8', '::1', 'nonsense'])

  test('is the socket’s address, whatever an untrusted caller claims', () => {
    expect(peerAddress('9.9.9.9', '1.1.1.1', proxies)).toBe('9.9.9.9')
    expect(peerAddress('::ffff:9.9.9.9', undefined, proxies)).toBe('9.9.9.9')
    expect(peerAddress(undefined, '1.1.1.1', proxies)).toBe('local')
  })

  test('is the last address before the trusted proxies', () => {
    expect(peerAddress('10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2', proxies)).toBe('1.1.1.1')
    expect(peerAddress('::1', '1.1.1.1', proxies)).toBe('1.1.1.1')
    expect(peerAddress('10.0.0.1', 'garbage', proxies)).toBe('10.0.0.1')
    expect(peerAddress('10.0.0.1', '1.1.1.1, garbage, 10.0.0.2', proxies)).toBe('10.0.0.2')
  })

  test.each([
    ['this machine', ['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1']],
    ['2001:db8:1', ['2001:db8:1:2:3:4:5:6', '2001:0DB8:0001::1', '2001:db8:1:ffff::', '2001:db8:1::1.2.3.4']],
    ['2001:db8:0', ['2001:db8::1', '2001:db8::']],
    ['fe80:0:0', ['fe80::1%eth0', 'fe80::2']],
    ['1.2.3.4', ['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304', '0:0:0:0:0:ffff:0102:0304']],
    ['local', ['local']],
  ])('counts as %s in each form', (group, addresses) => {
    expect(addresses.map(peerGroup)).toEqual(addresses.map(() => group))
  })
})
