import { expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, solanaOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyHeaders, sentBytes } from '../../../../test/support/passkeys.ts'
import { codeOf, PAGE, peopleOf, failureOf as refused } from '../../test/owners-bed.ts'
import { appliedPolicies } from '../policies/service.ts'
import { checkableOwners } from './service.ts'
import { challengeOf, relyingPartyOf } from './webauthn.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const rp = relyingPartyOf(PAGE)!

/** A wallet with owners who have verified, so many of whom have to agree. */
async function owned(bed: Bed, needed: number, people: readonly TestOwner[], chain = 'ethereum') {
  const { id } = await bed.createWallet({ chain })
  const at = peopleOf(bed, id)
  const [first, ...others] = people
  await at.set(first!)
  for (const one of others) await at.add(one)
  await at.need(needed)
  for (const one of people) await at.verify(one)
  return { id, ...at }
}
const consentIn = (failure: Awaited<ReturnType<typeof refused>>) => String(failure?.details.consent)

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })

  test('a wallet is locked once as many owners have verified as have to agree; until then the operator changes them', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const at = peopleOf(bed, id)
    const [first, second, third] = [evmOwner(), evmOwner(), evmOwner()]
    expect(await codeOf(() => at.need(2))).toBe('OWNER_NOT_CONNECTED')
    await at.set(first)
    expect(await codeOf(() => at.need(2))).toBe('ACTION_VALIDATION_FAILED')
    await at.add(second)
    expect(await codeOf(() => at.add(first))).toBe('OWNER_ALREADY_CONNECTED')
    await at.need(2)
    await at.verify(first)
    expect(await at.state()).toBe('GRACE')
    expect((await bed.owners.read(id)).warning).toContain('1 of the 2 owners')
    await at.add(third)
    await at.drop(second)
    await at.verify(third)
    expect(await at.state()).toBe('LOCKED')
    expect(await bed.owners.read(id)).toMatchObject({ ownerAddress: first.address, needed: 2, warning: null })
    expect((await at.owners()).map(({ address }) => address)).toEqual([first.address, third.address])
    // Nobody makes more of them needed than there are: the operator would be alone again.
    expect(await codeOf(() => at.need(3))).toBe('ACTION_VALIDATION_FAILED')
    expect(await codeOf(() => at.drop(third))).toBe('ACTION_VALIDATION_FAILED')
    expect(await codeOf(() => at.set(second))).toBe('OWNER_ALREADY_CONNECTED')
    await bed.verifyEvidence()
  })

  test.each([
    ['ethereum', evmOwner],
    ['solana', () => solanaOwner(Buffer.from(crypto.getRandomValues(new Uint8Array(32))))],
  ] as const)(
    'who owns a wallet of %s, and how many have to agree, changes with as many as had to until then',
    async (chain, person) => {
      const bed = await start()
      const people = [person(), person(), person()]
      const at = await owned(bed, 2, people, chain)
      const [first, second, third] = people as [TestOwner, TestOwner, TestOwner]
      const stranger = person()
      for (const change of [() => at.need(1), () => at.add(stranger), () => at.drop(third)]) {
        const asked = await refused(change)
        expect(asked).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
        expect(await at.agree(consentIn(asked), first)).toMatchObject({ isAgreed: false })
        // The same owner again is one voice.
        expect(await at.agree(consentIn(asked), first)).toMatchObject({ isAgreed: false })
        expect((await refused(change))?.message).toContain(`1 of 2 owners has agreed; 1 of ${second.address}, `)
        expect(await codeOf(() => at.agree(consentIn(asked), stranger))).not.toBe('done')
      }
      const asked = await refused(() => at.need(1))
      expect(await at.agree(consentIn(asked), third)).toMatchObject({ isAgreed: true })
      // What they agreed to of other changes was said by those who were asked then, of whom two had to agree.
      const late = await refused(() => at.drop(third))
      await at.need(1)
      expect((await bed.consents.read(consentIn(late))).isAgreed).toBe(false)
      const anew = await refused(() => at.drop(third))
      expect(consentIn(anew)).not.toBe(consentIn(late))
      expect(anew!.message).toContain(`${first.address} or ${second.address} or ${third.address} has to agree`)
      await at.agree(consentIn(anew), second)
      await at.drop(third)
      expect((await at.owners()).map(({ address }) => address)).toEqual([first.address, second.address])
      expect(await bed.evidence('OWNERS_NEEDED')).toHaveLength(2)
      await bed.verifyEvidence()
    },
  )

  test('what one owner said is kept until enough have, and ends with a change, an owner or a day', async () => {
    const bed = await start()
    const [first, second, third] = [evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second, third])
    const waits = async (by: TestOwner) => {
      const failure = await refused(() => at.removeAll(by))
      expect(failure).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED', details: { needed: 2, agreed: [by.address] } })
    }
    await waits(first)
    // Another name is another text.
    await bed.wallets.rename(at.id, 'another name', operator)
    await waits(second)
    bed.clock.pass(24 * 3_600 + 1)
    await waits(third)
    // Whose word it was is an owner no more.
    const asked = await refused(() => at.drop(third))
    for (const one of [first, second]) await at.agree(consentIn(asked), one)
    await at.drop(third)
    await waits(first)
    const word = await at.word(second, 'remove')
    expect(await bed.owners.remove(at.id, { by: operator, signed: word })).toMatchObject({ ownerState: 'NONE' })
    expect(await bed.owners.read(at.id)).toMatchObject({ owners: [], needed: 1 })
    const told = (await bed.evidence('OWNER_AGREED')).map(({ details }) => JSON.parse(details) as { action: string })
    expect(told.filter(({ action }) => action === 'remove')).toHaveLength(5)
    // What was used up is nothing to those who come later.
    await at.set(first)
    await at.add(second)
    await at.need(2)
    for (const one of [first, second]) await at.verify(one)
    await waits(first)
    expect(await codeOf(() => bed.owners.remove(at.id, { by: operator, signed: word }))).not.toBe('done')
    expect(await at.state()).toBe('LOCKED')
  })

  test('two credentials of one owner are one voice, and one that is cut off is none', async () => {
    const bed = await start()
    const [first, second] = [evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second])
    const device = madeUpAuthenticator(rp)
    const ownerId = (await at.owners())[0]!.id
    const { challenge } = await bed.owners.passkeyOptions(at.id)
    const made = { id: at.id, ownerId, ...sentBytes(device.create(challenge)) }
    const signed = async (by: TestOwner) => {
      const { message } = await bed.owners.passkeyChallenge({ ...made, signer: by.address }, PAGE)
      return at.proven(await by.signs(message))
    }
    const nameless = { ...made, ownerId: undefined }
    expect(await codeOf(() => bed.owners.passkeyChallenge(nameless, PAGE))).toBe('ACTION_VALIDATION_FAILED')
    const early = await signed(first)
    expect(await codeOf(() => bed.owners.addPasskey(made, early))).toBe('OWNER_CONSENT_REQUIRED')
    const passkey = await bed.owners.addPasskey(made, await signed(second))
    const byPasskey = async (signer: string) => {
      const { message } = await bed.owners.walletChallenge({ id: at.id, action: 'remove', signer }, PAGE)
      return at.proven(passkeyHeaders(device.credentialId, message, device.get(challengeOf(message))))
    }
    const remove = async (word: Awaited<ReturnType<typeof byPasskey>>) =>
      codeOf(() => bed.owners.remove(at.id, { by: operator, signed: word }))
    // It signs the text of its owner's wallet, or its own, and nobody else's.
    expect(await remove(await byPasskey(second.address))).toBe('INVALID_NONCE')
    expect(await remove(await byPasskey(`passkey:${device.credentialId}`))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await remove(await byPasskey(first.address))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await remove(await at.word(first, 'remove'))).toBe('OWNER_CONSENT_REQUIRED')
    bed.clock.pass(24 * 3_600 + 1)
    expect(await remove(await byPasskey(first.address))).toBe('OWNER_CONSENT_REQUIRED')
    await bed.owners.removePasskey({ id: at.id, passkeyId: passkey.id }, operator)
    expect(await remove(await at.word(second, 'remove'))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await remove(await at.word(first, 'remove'))).toBe('done')
  })

  test('an owner adds another wallet, which signs once it has verified, and is nobody else’s', async () => {
    const bed = await start()
    const [first, second, spare, stranger] = [evmOwner(), evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second])
    const ownerId = (await at.owners())[0]!.id
    const add = async (by: TestOwner, wallet: TestOwner, whose = ownerId) => {
      const wanted = { id: at.id, ownerId: whose, ownerAddress: wallet.address, network: undefined }
      const { message } = await bed.owners.walletChallenge(
        { ...wanted, action: 'add-credential', signer: by.address },
        PAGE,
      )
      const signed = await at.proven(await by.signs(message))
      return bed.owners.second.addWallet(wanted, signed)
    }
    expect(await codeOf(() => add(first, second))).toBe('OWNER_ALREADY_CONNECTED')
    expect(await codeOf(() => add(first, spare))).toBe('OWNER_CONSENT_REQUIRED')
    // What the other one agrees to is another wallet.
    expect(await codeOf(() => add(second, stranger))).toBe('OWNER_CONSENT_REQUIRED')
    await add(second, spare)
    expect((await at.owners())[0]!.credentials.map(({ address, verified }) => [address, verified])).toEqual([
      [first.address, true],
      [spare.address, false],
    ])
    expect(await codeOf(() => at.add(spare))).toBe('OWNER_ALREADY_CONNECTED')
    expect(await codeOf(() => at.word(spare, 'remove'))).toBe('OWNER_NOT_CONNECTED')
    await at.verify(spare)
    expect(await codeOf(() => at.removeAll(spare))).toBe('OWNER_CONSENT_REQUIRED')
    // Both are of one owner.
    expect(await codeOf(() => at.removeAll(first))).toBe('OWNER_CONSENT_REQUIRED')
    const drop = async (address: string) => {
      const { credentials } = (await at.owners())[0]!
      const { id } = credentials.find((one) => one.address === address)!
      return bed.owners.second.dropWallet({ id: at.id, credentialId: id }, operator)
    }
    bed.clock.pass(24 * 3_600 + 1)
    // The first wallet is lost, with what it has said.
    const word = await at.word(first, 'remove')
    expect(await codeOf(() => bed.owners.remove(at.id, { by: operator, signed: word }))).toBe('OWNER_CONSENT_REQUIRED')
    const late = await at.word(first, 'remove')
    await drop(first.address)
    expect(await codeOf(() => bed.owners.remove(at.id, { by: operator, signed: late }))).toBe('INVALID_SIGNATURE')
    expect(await codeOf(() => drop(spare.address))).toBe('ACTION_VALIDATION_FAILED')
    expect(await codeOf(() => at.removeAll(second))).toBe('OWNER_CONSENT_REQUIRED')
    expect((await bed.owners.read(at.id)).ownerAddress).toBe(spare.address)
    expect(await at.removeAll(spare)).toMatchObject({ ownerState: 'NONE' })
    await bed.verifyEvidence()
  })

  test('one of several owners is replaced as many as have to agree say, and stays until the new one has verified', async () => {
    const bed = await start()
    const [first, second, third, next, other] = [evmOwner(), evmOwner(), evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second, third])
    const place = await at.idOf(second)
    // Whose place it is has to be said, and is somebody's here.
    expect(await codeOf(() => at.replace(first, next))).toBe('OWNER_ALREADY_CONNECTED')
    expect(await codeOf(() => at.replace(first, next, crypto.randomUUID()))).toBe('OWNER_NOT_CONNECTED')
    expect(await codeOf(() => at.replace(first, third, place))).toBe('OWNER_ALREADY_CONNECTED')
    expect(
      await codeOf(() => bed.owners.set({ ...at.named(next), ownerId: place }, { by: operator, signed: undefined })),
    ).toBe('OWNER_ALREADY_CONNECTED')
    const waiting = await refused(() => at.replace(first, next, place))
    expect(waiting).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED', details: { needed: 2, agreed: [first.address] } })
    // The same owner again is one voice, and neither is another newcomer, or another one's place.
    expect(await codeOf(() => at.replace(first, next, place))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await codeOf(() => at.replace(third, other, place))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await codeOf(async () => at.replace(third, next, await at.idOf(first)))).toBe('OWNER_CONSENT_REQUIRED')
    const text = await at.replaceText(third, next, place)
    expect(text).toContain(
      `Let somebody else be the owner: ${next.address} instead of ${second.address}, of the wallet`,
    )
    const word = await at.proven(await third.signs(text))
    const swapped = { ...at.named(next), ownerId: await at.idOf(first) }
    expect(await codeOf(() => bed.owners.set(swapped, { by: operator, signed: word }))).toBe('INVALID_NONCE')
    const named = await bed.owners.set({ ...at.named(next), ownerId: place }, { by: operator, signed: word })
    expect(named).toMatchObject({ nextOwnerAddress: next.address, needed: 2, ownerState: 'LOCKED' })
    expect(named.owners.map(({ address }) => address)).toEqual([first.address, second.address, third.address])
    // Until then nobody else comes or goes, and the new one says nothing.
    for (const change of [() => at.add(other), () => at.drop(third)])
      expect(await codeOf(change)).toBe('OWNER_ALREADY_CONNECTED')
    expect(await codeOf(() => at.word(next, 'remove'))).toBe('OWNER_NOT_CONNECTED')
    expect(await codeOf(() => at.removeAll(second))).toBe('OWNER_CONSENT_REQUIRED')
    await at.verify(next)
    expect((await at.owners()).map(({ address }) => address)).toEqual([first.address, third.address, next.address])
    expect(await bed.owners.read(at.id)).toMatchObject({ needed: 2, nextOwnerAddress: null })
    expect(await codeOf(() => at.word(second, 'remove'))).toBe('OWNER_NOT_CONNECTED')
    // What was said as those who were owners then counts no more.
    expect(await codeOf(() => at.removeAll(first))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await at.removeAll(next)).toMatchObject({ ownerState: 'NONE' })
    await bed.verifyEvidence()
  })

  test('before as many have verified as have to agree the operator replaces one of several, and no other goes', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const at = peopleOf(bed, id)
    const [first, second, next] = [evmOwner(), evmOwner(), evmOwner()]
    await at.set(first)
    await at.add(second)
    await at.need(2)
    await at.verify(first)
    await bed.owners.set({ ...at.named(next), ownerId: await at.idOf(second) }, { by: operator, signed: undefined })
    expect((await at.owners()).map(({ address }) => address)).toEqual([first.address, next.address])
    await at.verify(next)
    expect(await bed.owners.read(id)).toMatchObject({ ownerState: 'LOCKED', needed: 2 })
  })

  test('a wallet that was added and has not verified says nothing, and replaces nobody', async () => {
    const bed = await start()
    const [owner, added] = [evmOwner(), evmOwner()]
    const at = await owned(bed, 1, [owner])
    const wanted = { id: at.id, ownerAddress: added.address, network: undefined }
    const text = await bed.owners.walletChallenge({ ...wanted, action: 'add-credential' }, PAGE)
    const signed = await at.proven(await owner.signs(text.message))
    await bed.owners.second.addWallet(wanted, signed)
    expect(await codeOf(() => bed.owners.second.addWallet(wanted, signed))).toBe('OWNER_ALREADY_CONNECTED')
    const { message } = await bed.owners.walletChallenge({ id: at.id, action: 'remove' }, PAGE)
    const early = await at.proven(await added.signs(message))
    expect(await codeOf(() => bed.owners.remove(at.id, { by: operator, signed: early }))).toBe('INVALID_SIGNATURE')
    const { credentials } = (await at.owners())[0]!
    // Nothing would be left that signs.
    const only = { id: at.id, credentialId: credentials.find(({ address }) => address === owner.address)!.id }
    expect(await codeOf(() => bed.owners.second.dropWallet(only, operator))).toBe('ACTION_VALIDATION_FAILED')
    const checkable = () => bed.database.read(async (db) => (await checkableOwners(db, [at.id]))(at.id))
    expect(await checkable()).toEqual({ threshold: 1, owners: [[owner.address]] })
    await at.verify(added)
    expect((await bed.evidence('OWNER_VERIFIED')).map(({ actor }) => actor)).toContain(`owner:${added.address}`)
    expect(await checkable()).toEqual({ threshold: 1, owners: [[owner.address, added.address]] })
    await bed.owners.second.dropWallet(only, operator)
    expect(await bed.owners.read(at.id)).toMatchObject({ ownerAddress: added.address, ownerState: 'LOCKED' })
  })

  test('where more have to agree, whom and what fewer had let in and has not verified yet is gone, and is let in anew', async () => {
    const bed = await start()
    const [first, second, ofThief, next, third] = [evmOwner(), evmOwner(), evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 1, [first, second])
    const version = () => bed.database.read((db) => appliedPolicies().version(db, at.id))
    // Whoever has the key of the first one has let in a wallet of the second one, and somebody in the place of that one.
    await at.addWallet(first, { ownerId: await at.idOf(second), wallet: ofThief })
    const added = await refused(() => at.add(third))
    await at.agree(consentIn(added), first)
    await at.add(third)
    await at.replace(first, next, await at.idOf(second))
    const early = await at.word(next, 'verify')
    const before = await version()
    await at.agreedNeed(2, [second])
    expect(await version()).toBeGreaterThan(before)
    expect((await at.owners()).map(({ credentials }) => credentials.map(({ address }) => address))).toEqual([
      [first.address],
      [second.address],
    ])
    const [told] = await bed.evidence('OWNERS_NEEDED')
    const { dropped, ...counts } = JSON.parse(told!.details)
    expect(counts).toEqual({ needed: 2, before: 1, owners: 2 })
    expect(dropped.sort()).toEqual([ofThief, third, next].map(({ address }) => address).sort())
    expect(await codeOf(() => bed.owners.verify(at.id, early))).not.toBe('done')
    for (const one of [ofThief, third, next]) expect(await codeOf(() => at.verify(one))).not.toBe('done')
    expect(await codeOf(() => at.removeAll(first))).toBe('OWNER_CONSENT_REQUIRED')
    await bed.verifyEvidence()
  })

  test('what a key said that was taken away counts no more, also where the same key signs for its owner again', async () => {
    const bed = await start()
    const [first, second, spare] = [evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second])
    const wanted = { ownerId: await at.idOf(first), wallet: spare }
    const add = async () => {
      expect(await codeOf(() => at.addWallet(first, wanted))).toBe('OWNER_CONSENT_REQUIRED')
      await at.addWallet(second, wanted)
      await at.verify(spare)
    }
    await add()
    expect(await codeOf(() => at.removeAll(spare))).toBe('OWNER_CONSENT_REQUIRED')
    await at.dropWallet(spare)
    await add()
    expect(await codeOf(() => at.removeAll(second))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await at.removeAll(spare)).toMatchObject({ ownerState: 'NONE' })
  })

  test('of owners who agree at once as many as have to are enough, once', async () => {
    const bed = await start()
    const people = [evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 2, people)
    const words = await Promise.all(people.map((one) => at.word(one, 'remove')))
    const codes = await Promise.all(
      words.map((signed) => codeOf(() => bed.owners.remove(at.id, { by: operator, signed }))),
    )
    expect(codes.sort()).toEqual(['OWNER_CONSENT_REQUIRED', 'OWNER_NOT_CONNECTED', 'done'])
    expect(await bed.evidence('OWNER_REMOVED')).toHaveLength(1)
  })

  test('any one of several owners stops everything, and as many as have to agree let it run again', async () => {
    const bed = await start()
    const [first, second] = [evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second])
    const wish = async (by: TestOwner, action: 'kill-switch' | 'recover' | 'cancel-recovery') => {
      const { message } = await bed.owners.actionChallenge({ action, walletId: at.id, signer: by.address }, PAGE)
      return bed.owners.wish(action, await at.proven(await by.signs(message)))
    }
    const as = (one: TestOwner) => ({ actor: `owner:${one.address}` }) as const
    bed.clock.pass(60)
    expect(await bed.killSwitch.activate(as(second), await wish(second, 'kill-switch'))).toMatchObject({
      state: 'SUSPENDED',
    })
    await bed.killSwitch.escalate(operator)
    const early = await wish(first, 'recover')
    const failure = await refused(() => bed.killSwitch.recover(operator, early))
    expect(failure).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED', details: { agreed: [first.address] } })
    expect(bed.killSwitch.current()).toBe('LOCKED')
    await bed.killSwitch.startRecovery(operator)
    await bed.killSwitch.cancelRecovery(as(first), await wish(first, 'cancel-recovery'))
    const again = await wish(first, 'recover')
    expect(await codeOf(() => bed.killSwitch.recover(operator, again))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await bed.killSwitch.recover(operator, await wish(second, 'recover'))).toMatchObject({ state: 'ACTIVE' })
  })
})
