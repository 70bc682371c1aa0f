import { randomBytes } from 'node:crypto'
import { parseSiweMessage } from 'viem/siwe'
import { expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, ownerHeaders, solanaOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { codeOf, ownedWallet, signedIn } from '../../test/owners-bed.ts'
import { forgetChallenges, ownerOf } from './service.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const ORIGIN = 'http://127.0.0.1:3100'
const HALF = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

type Challenge = { action: 'verify' | 'replace' | 'remove'; ownerAddress?: string }
const asked = async (bed: Bed, id: string, challenge: Challenge) =>
  (await bed.owners.walletChallenge({ id, ...challenge }, ORIGIN)).message
const agreed = async (bed: Bed, id: string, challenge: Challenge & { by: TestOwner }) => {
  const { by, ...wanted } = challenge
  return signedIn(bed, await by.signs(await asked(bed, id, wanted)))
}
const set = (
  bed: Bed,
  id: string,
  owner: { address: string },
  more: Partial<Parameters<Bed['owners']['set']>[1]> = {},
) =>
  bed.owners.set({ id, ownerAddress: owner.address, network: undefined }, { by: operator, signed: undefined, ...more })
const verify = async (bed: Bed, id: string, by: TestOwner) =>
  bed.owners.verify(id, await agreed(bed, id, { action: 'verify', by }))
const state = (bed: Bed, id: string) => bed.database.read(async (db) => (await ownerOf(db, id)).state)

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })

  test('an owner who is named is nobody’s master until a signature shows that it is theirs', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const [first, second] = [evmOwner(), evmOwner()]
    expect(await set(bed, id, first)).toMatchObject({ ownerState: 'GRACE', ownerVerified: false })
    expect(await set(bed, id, second)).toMatchObject({ ownerState: 'GRACE', ownerAddress: second.address })
    expect(await codeOf(verify(bed, id, first))).toBe('OWNER_NOT_CONNECTED')
    expect(await verify(bed, id, second)).toEqual({
      ...{ ownerState: 'LOCKED', ownerAddress: second.address, ownerVerified: true },
    })
    expect(await bed.wallets.read(id, {})).toMatchObject({
      ...{ ownerState: 'LOCKED', ownerAddress: second.address, ownerVerified: true },
    })
    expect((await bed.wallets.list({}, { limit: 5 })).items).toMatchObject([{ ownerState: 'LOCKED' }])
    const events = ['OWNER_SET', 'OWNER_SET', 'OWNER_VERIFIED']
    expect((await bed.events(id)).filter((event) => event.startsWith('OWNER'))).toEqual(events)
    expect(await bed.evidence('OWNER_VERIFIED')).toMatchObject([{ actor: `owner:${second.address}` }])
  })

  test('what an owner of an EVM wallet signs is EIP-4361 to the letter', async () => {
    const bed = await start()
    const { id, publicKey } = await bed.createWallet({ name: 'Größe "A"' })
    const owner = evmOwner()
    await set(bed, id, owner)
    const message = await asked(bed, id, { action: 'verify' })
    expect(parseSiweMessage(message)).toMatchObject({
      domain: '127.0.0.1:3100',
      address: owner.address,
      uri: ORIGIN,
      version: '1',
      chainId: 11_155_111,
      nonce: expect.stringMatching(/^[0-9a-f]{64}$/),
      issuedAt: new Date(bed.clock.now()),
      expirationTime: new Date(bed.clock.now() + 300_000),
      requestId: id,
      statement: `Verify that you are the owner: the wallet 'Gr??e 'A'', ${publicKey}`,
      resources: [
        'urn:waiaas:action:verify',
        expect.stringMatching(/^urn:waiaas:sha256:[0-9a-f]{64}$/),
        `urn:waiaas:wallet:${id}`,
        expect.stringMatching(/^urn:waiaas:daemon:/),
      ],
    })
  })

  test('an owner of a Solana wallet signs the bare text', async () => {
    const bed = await start()
    const { id } = await bed.createWallet({ chain: 'solana' })
    const owner = solanaOwner(randomBytes(32))
    await set(bed, id, owner)
    const message = await asked(bed, id, { action: 'verify' })
    expect(message).toContain(`wants you to sign in with your Solana account:\n${owner.address}\n\n`)
    const other = (await solanaOwner(randomBytes(32)).signs(message))['x-owner-signature']!
    const forged = signedIn(bed, ownerHeaders(owner.address, message, other))
    expect(await codeOf(forged)).toBe('INVALID_SIGNATURE')
    expect(await verify(bed, id, owner)).toMatchObject({ ownerState: 'LOCKED' })
  })

  test('a verified owner is replaced with their word alone, and stays until the new one has verified', async () => {
    const bed = await start()
    const { id, owner } = await ownedWallet(bed)
    const [next, thief] = [evmOwner(), evmOwner()]
    expect(await codeOf(set(bed, id, thief))).toBe('OWNER_ALREADY_CONNECTED')
    const word = () => agreed(bed, id, { action: 'replace', ownerAddress: next.address, by: owner })
    expect(await codeOf(word().then((one) => set(bed, id, thief, { signed: one })))).toBe('INVALID_NONCE')
    expect(await word().then((one) => set(bed, id, next, { signed: one }))).toMatchObject({
      ...{ ownerState: 'LOCKED', ownerAddress: owner.address, nextOwnerAddress: next.address },
    })
    // The operator does not get past the one who is to come either.
    expect(await codeOf(set(bed, id, thief))).toBe('OWNER_ALREADY_CONNECTED')
    const early = await agreed(bed, id, { action: 'remove', by: next })
    expect(await codeOf(bed.owners.remove(id, { by: operator, signed: early }))).toBe('INVALID_SIGNATURE')
    await verify(bed, id, next)
    expect(await bed.owners.read(id)).toMatchObject({ ownerAddress: next.address, nextOwnerAddress: null })
    expect(await codeOf(agreed(bed, id, { action: 'remove', by: owner }))).toBe('OWNER_NOT_CONNECTED')
    const [last] = await bed.evidence('OWNER_VERIFIED')
    expect(JSON.parse(last!.details!)).toEqual({ address: next.address, replaced: owner.address })
  })

  test('an owner who has not verified is removed by the operator, another one by both together', async () => {
    const bed = await start()
    const { id, owner } = await ownedWallet(bed)
    const remove = (signed?: Awaited<ReturnType<typeof agreed>>) => bed.owners.remove(id, { by: operator, signed })
    expect(await codeOf(remove())).toBe('OWNER_CONSENT_REQUIRED')
    expect(await remove(await agreed(bed, id, { action: 'remove', by: owner }))).toMatchObject({ ownerState: 'NONE' })
    expect(await codeOf(remove())).toBe('OWNER_NOT_CONNECTED')
    await set(bed, id, owner)
    expect(await remove()).toMatchObject({ ownerState: 'NONE', ownerAddress: null, ownerVerified: null })
    expect((await bed.evidence('OWNER_REMOVED')).map(({ details }) => JSON.parse(details!))).toEqual([
      { address: owner.address, agreed: false },
      { address: owner.address, agreed: true, loosens: true },
    ])
  })

  test('whoever lives in this daemon owns nothing here', async () => {
    const bed = await start()
    const { id, publicKey } = await bed.createWallet()
    const other = await bed.createWallet()
    for (const address of [publicKey, other.publicKey])
      expect(await codeOf(set(bed, id, { address }))).toBe('ACTION_VALIDATION_FAILED')
    expect(await codeOf(set(bed, id, { address: 'rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh' }))).toBe('INVALID_ADDRESS')
    expect(await state(bed, id)).toBe('NONE')
  })

  test('a signature is good once, within five minutes, for one wallet, one action and one daemon', async () => {
    const bed = await start()
    const [{ id, owner }, other] = [await ownedWallet(bed), await ownedWallet(bed)]
    const foreign = await start()
    const remove = (signed: Awaited<ReturnType<typeof agreed>>, of = id) =>
      bed.owners.remove(of, { by: operator, signed })
    const word = () => agreed(bed, id, { action: 'remove', by: owner })

    const forVerifying = await agreed(bed, id, { action: 'verify', by: owner })
    expect(await codeOf(remove(forVerifying))).toBe('INVALID_NONCE')
    expect(await codeOf(word().then((one) => remove(one, other.id)))).toBe('INVALID_SIGNATURE')
    const foreigner = await agreed(bed, other.id, { action: 'remove', by: owner })
    expect(await codeOf(remove(foreigner, other.id))).toBe('INVALID_SIGNATURE')

    const there = await foreign.createWallet()
    await set(foreign, there.id, owner)
    const elsewhere = await owner.signs(await asked(foreign, there.id, { action: 'verify' }))
    expect(await codeOf(signedIn(bed, elsewhere))).toBe('INVALID_NONCE')

    const late = await owner.signs(await asked(bed, id, { action: 'remove' }))
    const kept = await word()
    bed.clock.pass(300)
    expect(await codeOf(signedIn(bed, late))).toBe('INVALID_NONCE')
    expect(await codeOf(remove(kept))).toBe('INVALID_NONCE')

    const early = await word()
    await bed.wallets.rename(id, 'another name', operator)
    expect(await codeOf(remove(early))).toBe('INVALID_NONCE')

    const restored = await word()
    await bed.database.work({ exclusive: ['owners'] }, (db) => forgetChallenges(db))
    expect(await codeOf(remove(restored))).toBe('INVALID_NONCE')

    const once = await agreed(bed, id, { action: 'verify', by: owner })
    await bed.owners.verify(id, once)
    expect(await codeOf(bed.owners.verify(id, once))).toBe('INVALID_NONCE')
    expect([await state(bed, id), await state(bed, other.id)]).toEqual(['LOCKED', 'LOCKED'])
  })

  test('a held clock makes no challenge good for longer', async () => {
    const bed = await start()
    const { id, owner } = await ownedWallet(bed)
    const word = await agreed(bed, id, { action: 'remove', by: owner })
    bed.clock.hold(300)
    expect(await codeOf(bed.owners.remove(id, { by: operator, signed: word }))).toBe('INVALID_NONCE')
    const now = await agreed(bed, id, { action: 'remove', by: owner })
    expect(await bed.owners.remove(id, { by: operator, signed: now })).toMatchObject({ ownerState: 'NONE' })
  })

  test('of many that use one signature at once, one gets what it allows', async () => {
    const bed = await start()
    const { id, owner } = await ownedWallet(bed)
    const word = await agreed(bed, id, { action: 'remove', by: owner })
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(bed.owners.remove(id, { by: operator, signed: word }))))
    expect(codes.sort()).toEqual(['OWNER_NOT_CONNECTED', 'OWNER_NOT_CONNECTED', 'done'])
  })

  test('what is no signature of the owner over a text of this daemon is refused', async () => {
    const bed = await start()
    const { id, owner } = await ownedWallet(bed)
    const message = await asked(bed, id, { action: 'remove' })
    const good = (await owner.signs(message))['x-owner-signature']!
    const thief = (await evmOwner().signs(message))['x-owner-signature']!
    const s = BigInt(`0x${good.slice(66, 130)}`)
    expect(s <= HALF).toBe(true)
    const high = `${good.slice(0, 66)}${(ORDER - s).toString(16).padStart(64, '0')}${good.endsWith('1b') ? '1c' : '1b'}`
    const edited = message.replace('Stop being the owner', 'Stop being the owne')
    const nonce = /^Nonce: (\w+)$/m.exec(message)![1]!
    const cases: [string, Record<string, string>][] = [
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, thief)],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, high)],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, `${good.slice(0, -2)}1d`)],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, good.slice(0, -2))],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, `0x${'00'.repeat(65)}`)],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, `0x${'ff'.repeat(65)}`)],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, 'not a signature')],
      ['INVALID_SIGNATURE', ownerHeaders(owner.address, message, `0x${'00'.repeat(5_000)}`)],
      ['INVALID_SIGNATURE', ownerHeaders('nobody', message, good)],
      ['INVALID_SIGNATURE', { ...ownerHeaders(owner.address, message, good), 'x-owner-message': '%' }],
      ['INVALID_SIGNATURE', { 'x-owner-signature': good }],
      ['OWNER_NOT_CONNECTED', ownerHeaders(evmOwner().address, message, good)],
      ['INVALID_NONCE', await owner.signs(edited)],
      ['INVALID_NONCE', await owner.signs('let me in')],
      ['INVALID_NONCE', await owner.signs(message.replace(nonce, nonce.replace(/^.{12}/, 'ffffffffffff')))],
    ]
    for (const [code, headers] of cases)
      expect(await codeOf(signedIn(bed, headers)), JSON.stringify(headers)).toBe(code)
    // A nonce alone shows whose it is, and is good for nothing that a text is asked for.
    const bare = await signedIn(bed, await owner.signs(nonce))
    expect(await codeOf(bed.owners.remove(id, { by: operator, signed: bare }))).toBe('INVALID_NONCE')
    expect(await signedIn(bed, ownerHeaders(owner.address, message, good))).toMatchObject({ address: owner.address })
    expect(await state(bed, id)).toBe('LOCKED')
  })
})
