import { expect, test } from 'vitest'
import {
  type Bed,
  handClock,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyHeaders, sentBytes } from '../../../../test/support/passkeys.ts'
import { codeOf, signedIn } from '../../test/owners-bed.ts'
import { forgetChallenges } from './service.ts'
import { challengeOf, relyingPartyOf } from './webauthn.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const PAGE = 'https://wallets.example.org'
const MINUTE = 60

const asked = async (bed: Bed, address: string) => (await bed.owners.viewChallenge({ address }, PAGE)).message
const named = async (bed: Bed, owner: TestOwner) => {
  const { id } = await bed.createWallet()
  await bed.owners.set({ id, ownerAddress: owner.address, network: undefined }, { by: operator, signed: undefined })
  return id
}
const word = async (bed: Bed, id: string, { action, by }: { action: 'verify' | 'remove'; by: TestOwner }) =>
  signedIn(bed, await by.signs((await bed.owners.walletChallenge({ id, action }, PAGE)).message))
const looks = async (bed: Bed, owner: TestOwner) =>
  (await bed.owners.startView(await signedIn(bed, await owner.signs(await asked(bed, owner.address))))).token

forEachEngine((_engine, open) => {
  const start = (clock = handClock()) => openBed(open, { keys: keys(), clock })

  test('an owner who signs for it looks at their wallets, for ten minutes and as long as they own them', async () => {
    const clock = handClock()
    const bed = await start(clock)
    const owner = evmOwner()
    const [mine, also, other] = [await named(bed, owner), await named(bed, owner), await named(bed, evmOwner())]
    const token = await looks(bed, owner)
    const seen = await bed.owners.viewer(token)
    expect([...seen.sees].sort()).toEqual([mine, also].sort())
    expect(seen.sees).not.toContain(other)
    await bed.owners.verify(mine, await word(bed, mine, { action: 'verify', by: owner }))
    const leaving = await word(bed, mine, { action: 'remove', by: owner })
    await bed.owners.remove(mine, { by: operator, signed: leaving })
    expect((await bed.owners.viewer(token)).sees).toEqual([also])
    await bed.owners.remove(also, { by: operator, signed: undefined })
    expect(await codeOf(bed.owners.viewer(token))).toBe('INVALID_TOKEN')
    const third = await named(bed, owner)
    expect((await bed.owners.viewer(token)).sees).toEqual([third])
    clock.pass(10 * MINUTE - 1)
    expect(await codeOf(bed.owners.viewer(token))).toBe('done')
    clock.pass(1)
    expect(await codeOf(bed.owners.viewer(token))).toBe('TOKEN_EXPIRED')
  })

  test('whoever has yet to become the owner reads what they verify by, and nothing that waits', async () => {
    const bed = await start()
    const [owner, next] = [evmOwner(), evmOwner()]
    const id = await named(bed, owner)
    await bed.owners.verify(id, await word(bed, id, { action: 'verify', by: owner }))
    const replace = { id, action: 'replace', ownerAddress: next.address } as const
    const agreed = await signedIn(bed, await owner.signs((await bed.owners.walletChallenge(replace, PAGE)).message))
    await bed.owners.set({ id, ownerAddress: next.address, network: undefined }, { by: operator, signed: agreed })
    expect(await bed.owners.viewer(await looks(bed, next))).toMatchObject({ sees: [], named: [id] })
    const old = await looks(bed, owner)
    expect(await bed.owners.viewer(old)).toMatchObject({ sees: [id], named: [id] })
    await bed.owners.verify(id, await word(bed, id, { action: 'verify', by: next }))
    expect(await codeOf(bed.owners.viewer(old))).toBe('INVALID_TOKEN')
  })

  test('a second wallet of an owner reads what it verifies by, and is told that it has not verified', async () => {
    const bed = await start()
    const [owner, second] = [evmOwner(), evmOwner()]
    const id = await named(bed, owner)
    await bed.owners.verify(id, await word(bed, id, { action: 'verify', by: owner }))
    const given = { id, ownerAddress: second.address, ownerId: undefined, network: undefined }
    const { message } = await bed.owners.walletChallenge({ ...given, action: 'add-credential' }, PAGE)
    await bed.owners.second.addWallet(given, await signedIn(bed, await owner.signs(message)))
    const told = async (by: TestOwner) => {
      const { token, wallets } = await bed.owners.startView(
        await signedIn(bed, await by.signs(await asked(bed, by.address))),
      )
      return [(await bed.owners.viewer(token)).sees, wallets.map(({ isVerified }) => isVerified)]
    }
    expect(await told(second)).toEqual([[], [false]])
    expect(await told(owner)).toEqual([[id], [true]])
    const verifying = await bed.owners.walletChallenge({ id, action: 'verify', signer: second.address }, PAGE)
    await bed.owners.verify(id, await signedIn(bed, await second.signs(verifying.message)))
    expect(await told(second)).toEqual([[id], [true]])
  })

  test('no other signature looks, the one that looks agrees to nothing, and no token can be made up', async () => {
    const clock = handClock()
    const bed = await start(clock)
    const [owner, other] = [evmOwner(), evmOwner()]
    const id = await named(bed, owner)
    await named(bed, other)
    const verifying = await word(bed, id, { action: 'verify', by: owner })
    expect(await codeOf(bed.owners.startView(verifying))).toBe('INVALID_NONCE')
    const seeing = await signedIn(bed, await owner.signs(await asked(bed, owner.address)))
    expect(await codeOf(bed.owners.verify(id, seeing))).toBe('INVALID_NONCE')
    // The text of one owner, signed by another.
    const crossed = await signedIn(bed, await other.signs(await asked(bed, owner.address)))
    expect(await codeOf(bed.owners.startView(crossed))).toBe('INVALID_NONCE')
    const nobody = evmOwner()
    const stranger = await nobody.signs(await asked(bed, nobody.address))
    expect(await codeOf(bed.owners.authenticate(new Headers(stranger)))).toBe('OWNER_NOT_CONNECTED')

    const { token } = await bed.owners.startView(seeing)
    const [claims = '', mac = ''] = token.slice('wai_view_'.length).split('.')
    const told = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as object
    const altered = (more: object) =>
      `wai_view_${Buffer.from(JSON.stringify({ ...told, ...more })).toString('base64url')}.${mac}`
    expect(altered({})).toBe(token)
    const wrong = [
      altered({ who: other.address }),
      altered({ until: Number.MAX_SAFE_INTEGER }),
      `wai_view_${claims}.${'A'.repeat(43)}`,
      `wai_view_${claims}`,
      'wai_view_',
    ]
    for (const made of wrong) expect([made, await codeOf(bed.owners.viewer(made))]).toEqual([made, 'INVALID_TOKEN'])
    clock.pass(5 * MINUTE)
    expect(await codeOf(signedIn(bed, await owner.signs(seeing.message)))).toBe('INVALID_NONCE')
    await bed.database.work({ exclusive: ['owners'] }, (db) => forgetChallenges(db))
    expect(await codeOf(bed.owners.viewer(token))).toBe('INVALID_TOKEN')
  })

  test('a passkey looks at the wallet that it is of, as often as it signs', async () => {
    const bed = await start()
    const owner = evmOwner()
    const [id, second] = [await named(bed, owner), await named(bed, owner)]
    await bed.owners.verify(id, await word(bed, id, { action: 'verify', by: owner }))
    const device = madeUpAuthenticator(relyingPartyOf(PAGE)!)
    const { challenge } = await bed.owners.passkeyOptions(id)
    const made = { id, ...sentBytes(device.create(challenge)) }
    const { message } = await bed.owners.passkeyChallenge(made, PAGE)
    const added = await bed.owners.addPasskey(made, await signedIn(bed, await owner.signs(message)))
    const text = await asked(bed, 'passkey:')
    const headers = passkeyHeaders(device.credentialId, text, device.get(challengeOf(text)))
    const { token } = await bed.owners.startView(await signedIn(bed, headers))
    expect(await bed.owners.viewer(token)).toMatchObject({ address: `passkey:${device.credentialId}`, sees: [id] })
    expect((await bed.owners.viewer(token)).named).not.toContain(second)
    expect(await codeOf(signedIn(bed, headers))).toBe('INVALID_SIGNATURE')
    await bed.owners.removePasskey({ id, passkeyId: added.id }, operator)
    expect(await codeOf(bed.owners.viewer(token))).toBe('INVALID_TOKEN')
  })

  test('a text to look by says nothing that its asker did not say, and is refused of what is no address', async () => {
    const bed = await start()
    const stranger = evmOwner()
    const message = await asked(bed, stranger.address)
    expect(message).toContain('Show me what waits for me: for ten minutes, without agreeing to anything')
    expect(message).not.toContain('urn:waiaas:wallet:')
    for (const address of ['0x12', 'passkey:a', 'passkey:a b', `passkey:a\n- urn:waiaas:action:approve`])
      expect([address, await codeOf(asked(bed, address))]).toEqual([address, 'INVALID_ADDRESS'])
  })
})
