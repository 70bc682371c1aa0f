import { expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, ownerHeaders, type TestOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyHeaders, sentBytes } from '../../../../test/support/passkeys.ts'
import { codeOf, ownedWallet, signedIn } from '../../test/owners-bed.ts'
import { challengeOf, relyingPartyOf } from './webauthn.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const PAGE = 'https://wallets.example.org'
const rp = relyingPartyOf(PAGE)!
type Device = ReturnType<typeof madeUpAuthenticator>

const asked = async (bed: Bed, id: string, action: 'verify' | 'remove' = 'remove') =>
  (await bed.owners.walletChallenge({ id, action }, PAGE)).message

async function made(bed: Bed, id: string, device: Device) {
  const { challenge } = await bed.owners.passkeyOptions(id)
  return { id, ...sentBytes(device.create(challenge)) }
}
async function add(bed: Bed, { id, owner }: { id: string; owner: TestOwner }, device = madeUpAuthenticator(rp)) {
  const input = await made(bed, id, device)
  const { message } = await bed.owners.passkeyChallenge(input, PAGE)
  const word = await signedIn(bed, await owner.signs(message))
  return { input, message, device, word, passkey: await bed.owners.addPasskey(input, word) }
}
const bySigning = (bed: Bed, device: Device, message: string) =>
  signedIn(bed, passkeyHeaders(device.credentialId, message, device.get(challengeOf(message))))

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })

  test('an owner adds a passkey by signing its very key, and signs with it from then on', async () => {
    const bed = await start()
    const wallet = await ownedWallet(bed)
    expect(await bed.owners.passkeyOptions(wallet.id)).toMatchObject({ rpId: rp.id, origin: PAGE, algorithms: [-7] })
    const { device, message, passkey } = await add(bed, wallet)
    expect(message).toContain('Add another way to sign as the owner: a passkey of wallets.example.org with the key ')
    expect(passkey).toMatchObject({ credentialId: device.credentialId, rpId: rp.id })
    expect((await bed.owners.listPasskeys(wallet.id)).passkeys).toEqual([passkey])
    const [event] = await bed.evidence('OWNER_PASSKEY_ADDED')
    expect(event).toMatchObject({ actor: `owner:${wallet.owner.address}`, wallet_id: wallet.id })
    const word = await bySigning(bed, device, await asked(bed, wallet.id))
    expect(word).toMatchObject({ address: `passkey:${device.credentialId}`, network: null })
    expect(await bed.owners.remove(wallet.id, { by: operator, signed: word })).toMatchObject({ ownerState: 'NONE' })
    // With the owner its passkeys are gone.
    expect(await codeOf(bySigning(bed, device, message))).toBe('OWNER_NOT_CONNECTED')
    await bed.verifyEvidence()
  })

  test('a passkey adds the next one, and the first can be removed', async () => {
    const bed = await start()
    const wallet = await ownedWallet(bed)
    const first = await add(bed, wallet)
    const second = madeUpAuthenticator(rp)
    const input = await made(bed, wallet.id, second)
    const { message } = await bed.owners.passkeyChallenge(input, PAGE)
    await bed.owners.addPasskey(input, await bySigning(bed, first.device, message))
    await bed.owners.removePasskey({ id: wallet.id, passkeyId: first.passkey.id }, operator)
    expect(await bed.evidence('OWNER_PASSKEY_REMOVED')).toHaveLength(1)
    const again = bed.owners.removePasskey({ id: wallet.id, passkeyId: first.passkey.id }, operator)
    expect(await codeOf(again)).toBe('PASSKEY_NOT_FOUND')
    const text = await asked(bed, wallet.id)
    expect(await codeOf(bySigning(bed, first.device, text))).toBe('OWNER_NOT_CONNECTED')
    await bySigning(bed, second, text)
  })

  test('what was signed for one passkey adds no other, and each signature is good once', async () => {
    const bed = await start()
    const wallet = await ownedWallet(bed)
    const { input, word } = await add(bed, wallet)
    expect(await codeOf(bed.owners.addPasskey(input, word))).toBe('INVALID_NONCE')
    const [mine, theirs] = [madeUpAuthenticator(rp), madeUpAuthenticator(rp)]
    const { message } = await bed.owners.passkeyChallenge(await made(bed, wallet.id, mine), PAGE)
    const agreed = await signedIn(bed, await wallet.owner.signs(message))
    const swapped = bed.owners.addPasskey(await made(bed, wallet.id, theirs), agreed)
    expect(await codeOf(swapped)).toBe('INVALID_NONCE')
    const removal = await signedIn(bed, await wallet.owner.signs(await asked(bed, wallet.id)))
    expect(await codeOf(made(bed, wallet.id, theirs).then((one) => bed.owners.addPasskey(one, removal)))).toBe(
      'INVALID_NONCE',
    )
    expect((await bed.owners.listPasskeys(wallet.id)).passkeys).toHaveLength(1)
  })

  test('nobody but a verified owner of the wallet adds one', async () => {
    const bed = await start()
    const mine = await ownedWallet(bed)
    const other = await ownedWallet(bed)
    const input = await made(bed, mine.id, madeUpAuthenticator(rp))
    const { message } = await bed.owners.passkeyChallenge(input, PAGE)
    const theirs = await signedIn(bed, await other.owner.signs(message))
    expect(await codeOf(bed.owners.addPasskey(input, theirs))).toBe('INVALID_SIGNATURE')
    const { id } = await bed.createWallet()
    expect(await codeOf(bed.owners.passkeyOptions(id))).toBe('OWNER_NOT_CONNECTED')
    const named = evmOwner()
    await bed.owners.set({ id, ownerAddress: named.address, network: undefined }, { by: operator, signed: undefined })
    expect(await codeOf(add(bed, { id, owner: named }))).toBe('OWNER_CONSENT_REQUIRED')
  })

  test('a passkey signs for its own wallet alone, also where one person owns several', async () => {
    const bed = await start()
    const first = await ownedWallet(bed)
    const second = await ownedWallet(bed, first.owner)
    const { device, input } = await add(bed, first)
    expect(await codeOf(bySigning(bed, device, await asked(bed, second.id)))).toBe('INVALID_SIGNATURE')
    await bySigning(bed, device, await asked(bed, first.id))
    // What was made for one wallet is made for no other, and is nobody else's.
    const moved = bed.owners.passkeyChallenge({ ...input, id: second.id }, PAGE)
    expect(await codeOf(moved)).toBe('INVALID_SIGNATURE')
    expect(await codeOf(add(bed, second, device))).toBe('PASSKEY_EXISTS')
  })

  test('a count that goes back, or stands still, is a copy', async () => {
    const bed = await start()
    const wallet = await ownedWallet(bed)
    const { device } = await add(bed, wallet)
    const message = await asked(bed, wallet.id)
    const counting = (signCount: number) =>
      codeOf(
        signedIn(bed, passkeyHeaders(device.credentialId, message, device.get(challengeOf(message), { signCount }))),
      )
    const outcomes: string[] = []
    for (const count of [5, 5, 4, 0, 6]) outcomes.push(await counting(count))
    expect(outcomes).toEqual(['done', 'INVALID_SIGNATURE', 'INVALID_SIGNATURE', 'INVALID_SIGNATURE', 'done'])
  })

  test('what a passkey signs is the whole text of this daemon, on its page', async () => {
    const page = { url: PAGE }
    const bed = await openBed(open, { keys: keys(), page })
    const wallet = await ownedWallet(bed)
    const { device } = await add(bed, wallet)
    const message = await asked(bed, wallet.id)
    const other = await asked(bed, wallet.id, 'verify')
    const good = () => passkeyHeaders(device.credentialId, message, device.get(challengeOf(message)))
    const body = (headers: Record<string, string>) => headers['x-owner-signature']!
    const nonce = /^Nonce: (\w+)$/m.exec(message)![1]!
    for (const [code, headers] of [
      ['INVALID_SIGNATURE', { ...good(), ...ownerHeaders(good()['x-owner-address']!, other, body(good())) }],
      ['INVALID_SIGNATURE', passkeyHeaders(device.credentialId, nonce, device.get(challengeOf(nonce)))],
      ['INVALID_NONCE', passkeyHeaders(device.credentialId, `${message} `, device.get(challengeOf(`${message} `)))],
      ['INVALID_SIGNATURE', ownerHeaders(good()['x-owner-address']!, message, Buffer.from('{}').toString('base64'))],
      ['INVALID_SIGNATURE', ownerHeaders(wallet.owner.address, message, body(good()))],
      ['OWNER_NOT_CONNECTED', passkeyHeaders('unknown', message, device.get(challengeOf(message)))],
    ] as const)
      expect(await codeOf(signedIn(bed, headers))).toBe(code)
    page.url = 'https://other.example.org'
    expect(await codeOf(signedIn(bed, good()))).toBe('INVALID_SIGNATURE')
    page.url = 'http://192.168.0.7:3100'
    expect(await codeOf(signedIn(bed, good()))).toBe('INVALID_SIGNATURE')
    expect(await codeOf(bed.owners.passkeyOptions(wallet.id))).toBe('PASSKEYS_UNAVAILABLE')
    page.url = PAGE
    await signedIn(bed, good())
  })

  test('an owner has ten passkeys at most', async () => {
    const bed = await start()
    const wallet = await ownedWallet(bed)
    for (let count = 0; count < 10; count++) await add(bed, wallet)
    expect(await codeOf(add(bed, wallet))).toBe('PASSKEY_LIMIT_REACHED')
  })
})
