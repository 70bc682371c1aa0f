import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { madeUpAuthenticator } from '../../../../test/support/passkeys.ts'
import { assertedCount, challengeOf, hasAdvanced, madePasskey, relyingPartyOf } from './webauthn.ts'

const rp = relyingPartyOf('https://wallets.example.org:8443/path')!
const wanted = challengeOf('Approve this transaction: 5 USDC to 0x…')
const refused = expect.objectContaining({ code: 'INVALID_SIGNATURE' })

test.each([
  ['https://wallets.example.org', { id: 'wallets.example.org', origin: 'https://wallets.example.org' }],
  ['https://wallets.example.org:8443/x', { id: 'wallets.example.org', origin: 'https://wallets.example.org:8443' }],
  ['http://localhost:3100', { id: 'localhost', origin: 'http://localhost:3100' }],
  ['https://localhost', { id: 'localhost', origin: 'https://localhost' }],
  ['http://wallets.example.org', undefined],
  ['http://127.0.0.1:3100', undefined],
  ['https://192.0.2.1', undefined],
  ['https://[2001:db8::1]', undefined],
  ['http://localhost.example.org', undefined],
  ['ftp://localhost', undefined],
  ['', undefined],
])('%s has the relying party %j', (url, party) => expect(relyingPartyOf(url)).toEqual(party))

test('a passkey that was made signs a text, and its count goes up', () => {
  const device = madeUpAuthenticator(rp)
  const { signCount, ...passkey } = madePasskey(rp, device.create(wanted), wanted)
  expect(passkey).toEqual({ credentialId: device.credentialId, publicKey: expect.stringMatching(/^[0-9a-f]{128}$/) })
  const counts = [signCount, ...[1, 2].map(() => assertedCount(rp, { passkey, challenge: wanted }, device.get(wanted)))]
  expect(counts).toEqual([1, 2, 3])
})

test('a count never goes back; a passkey that does not count says 0', () => {
  for (const [before, now, isGood] of [
    [0, 0, true],
    [0, 1, true],
    [1, 2, true],
    [1, 1, false],
    [2, 1, false],
    [1, 0, false],
  ] as const)
    expect([before, now, hasAdvanced(before, now)]).toEqual([before, now, isGood])
})

const about = [
  ['another page', { client: { origin: 'https://evil.example.org' } }],
  ['another port', { client: { origin: 'https://wallets.example.org' } }],
  ['a page within another', { client: { crossOrigin: true } }],
  ['a page at the top of another', { client: { topOrigin: 'https://evil.example.org' } }],
  ['another text', { client: { challenge: challengeOf('Approve this transaction: 5000 USDC') } }],
  ['no text', { client: { challenge: '' } }],
  ['another kind of answer', { client: { type: 'payment.get' } }],
  ['another relying party', { rpId: 'example.org' }],
  ['a user who was not verified', { flags: 0x41 }],
  ['nobody there', { flags: 0x44 }],
  ['a backup of what has none', { flags: 0x55 }],
] as const

describe('what is refused', () => {
  const device = madeUpAuthenticator(rp)
  const { signCount: _, ...passkey } = madePasskey(rp, device.create(wanted), wanted)
  const asserted = (changed: Parameters<typeof device.get>[1]) => () =>
    assertedCount(rp, { passkey, challenge: wanted }, device.get(wanted, changed))
  const made = (changed: Parameters<typeof device.create>[1]) => () =>
    madePasskey(rp, device.create(wanted, changed), wanted)

  test.each(about)('%s', (_what, changed) => {
    expect(made(changed)).toThrow(refused)
    const flags = 'flags' in changed ? { flags: changed.flags & ~0x40 } : {}
    expect(asserted({ ...changed, ...flags })).toThrow(refused)
  })

  test('an assertion in place of what was made, and the other way round', () => {
    expect(() => madePasskey(rp, device.get(wanted), wanted)).toThrow(refused)
    const { signature } = device.get(wanted)
    const created = { ...device.create(wanted), signature }
    expect(() => assertedCount(rp, { passkey, challenge: wanted }, created)).toThrow(refused)
  })

  test('the signature of another passkey', () => {
    const other = madeUpAuthenticator(rp)
    expect(() => assertedCount(rp, { passkey, challenge: wanted }, other.get(wanted))).toThrow(refused)
  })

  test('bytes behind what was signed, extensions, keys that are none and keys of another kind', () => {
    expect(asserted({ more: Buffer.from([0xa0]) })).toThrow(refused)
    expect(asserted({ flags: 0x85, more: Buffer.from([0xa0]) })).toThrow(refused)
    expect(made({ more: Buffer.from([0]) })).toThrow(refused)
    expect(made({ flags: 0xc5, more: Buffer.from([0xa0]) })).toThrow(refused)
    const point = Buffer.concat([
      ...[Buffer.from('a5010203262001215820', 'hex'), Buffer.alloc(32, 1)],
      ...[Buffer.from('225820', 'hex'), Buffer.alloc(32, 1)],
    ])
    for (const cose of [point, Buffer.from('a401010327200621', 'hex'), Buffer.alloc(0)])
      expect(made({ cose })).toThrow(refused)
  })

  test('whatever one byte is changed', () => {
    const good = device.get(wanted)
    assertedCount(rp, { passkey, challenge: wanted }, good)
    const parts = ['authenticatorData', 'clientDataJSON', 'signature'] as const
    fc.assert(
      fc.property(fc.constantFrom(...parts), fc.nat(), fc.integer({ min: 1, max: 255 }), (part, at, by) => {
        const bytes = Buffer.from(good[part])
        bytes[at % bytes.length]! ^= by
        expect(() => assertedCount(rp, { passkey, challenge: wanted }, { ...good, [part]: bytes })).toThrow(refused)
      }),
      { numRuns: 300 },
    )
  })
})
