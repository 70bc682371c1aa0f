import { expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, type TestOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyPerson, sentBytes } from '../../../../test/support/passkeys.ts'
import { codeOf, failureOf, PAGE, peopleOf } from '../../test/owners-bed.ts'
import { appliedPolicies } from '../policies/service.ts'
import { checkableOwners } from './service.ts'
import { relyingPartyOf } from './webauthn.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const rp = relyingPartyOf(PAGE)!

/** A wallet of these owners, who have verified; the first one has a second wallet, which has verified too. */
async function owned(bed: Bed, needed: number, people: readonly TestOwner[]) {
  const { id } = await bed.createWallet()
  return ownedAs(bed, id, { needed, people, spare: evmOwner() })
}
type Who = { needed: number; people: readonly TestOwner[]; spare: TestOwner }
async function ownedAs(bed: Bed, id: string, { needed, people, spare }: Who) {
  const at = peopleOf(bed, id)
  const [first, ...others] = people
  await at.set(first!)
  for (const one of others) await at.add(one)
  for (const one of people) await at.verify(one)
  const ownerId = (await at.owners())[0]!.id
  await at.addWallet(first!, { ownerId, wallet: spare })
  await at.verify(spare)
  if (needed > 1) {
    const asked = await failureOf(() => at.need(needed))
    await at.agree(String(asked!.details.consent), first!)
    await at.need(needed)
  }
  return { id, ...at, spare, ownerId }
}

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })

  test('a stolen key is cut off by itself: it says nothing from then on, and its owner goes on with the other one', async () => {
    const bed = await start()
    const [stolen, friend] = [evmOwner(), evmOwner()]
    const at = await owned(bed, 1, [stolen, friend])
    const early = await at.word(stolen, 'remove')
    const cut = await at.cutOff(stolen, stolen.address.toLowerCase())
    expect(cut).toMatchObject({ credential: stolen.address, wallets: [{ id: at.id, agrees: true }] })
    for (const attempt of [
      () => bed.owners.remove(at.id, { by: operator, signed: early }),
      () => at.removeAll(stolen),
      () => at.stop(stolen),
      () => at.cutOff(stolen, at.spare.address),
    ])
      expect(['INVALID_SIGNATURE', 'OWNER_NOT_CONNECTED']).toContain(await codeOf(attempt))
    expect(bed.killSwitch.current()).toBe('ACTIVE')
    // It neither looks nor is paid, and the signer is told of no such key.
    const { message } = await bed.owners.viewChallenge({ address: stolen.address, network: undefined }, PAGE)
    expect((await bed.owners.startView(await at.proven(await stolen.signs(message)))).wallets).toEqual([])
    const [person] = await at.owners()
    expect(person).toMatchObject({ address: at.spare.address, withdrawTo: at.spare.address, agrees: true })
    expect(person!.credentials.map(({ cutOffAt }) => cutOffAt === null)).toEqual([false, true])
    expect(await bed.database.read(async (db) => (await checkableOwners(db, [at.id]))(at.id))).toEqual({
      threshold: 1,
      owners: [[at.spare.address], [friend.address]],
    })
    expect(await at.removeAll(at.spare)).toMatchObject({ ownerState: 'NONE' })
    expect(await bed.evidence('OWNER_CUT_OFF')).toMatchObject([
      { severity: 'critical', actor: `owner:${stolen.address}` },
    ])
    await bed.verifyEvidence()
  })

  test('where one cuts off another of the same owner neither counts until the operator has taken that one away', async () => {
    const bed = await start()
    const lost = evmOwner()
    const at = await owned(bed, 1, [lost])
    expect(await at.cutOff(at.spare, lost.address)).toMatchObject({ wallets: [{ agrees: false }] })
    expect(await at.state()).toBe('LOCKED')
    for (const by of [lost, at.spare]) expect(await codeOf(() => at.removeAll(by))).not.toBe('done')
    const asked = await failureOf(() => at.add(evmOwner()))
    expect(asked).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    expect(asked!.message).toContain('1 more of the owners has to agree, and nobody can')
    expect(await codeOf(() => at.agree(String(asked!.details.consent), at.spare))).toBe('OWNER_CONSENT_REQUIRED')
    // Whichever of the two was stolen, the owner stops everything with the other one.
    await at.stop(lost)
    expect(bed.killSwitch.current()).toBe('SUSPENDED')
    await bed.killSwitch.recover(operator)
    await at.stop(at.spare)
    await bed.killSwitch.recover(operator)
    expect((await bed.owners.read(at.id)).warning).toContain('agrees to nothing until the operator')
    await at.dropWallet(lost)
    expect(await bed.owners.read(at.id)).toMatchObject({ owners: [{ agrees: true }], ownerAddress: at.spare.address })
    expect(await at.removeAll(at.spare)).toMatchObject({ ownerState: 'NONE' })
  })

  test('a thief who comes first is left with nothing: the owner cuts off what was stolen too, and all of it is silent', async () => {
    const bed = await start()
    const stolen = evmOwner()
    const at = await owned(bed, 1, [stolen])
    expect(await at.cutOff(stolen, at.spare.address)).toMatchObject({ wallets: [{ agrees: false }] })
    expect(await codeOf(() => at.removeAll(stolen))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await at.cutOff(at.spare, stolen.address)).toMatchObject({ wallets: [{ agrees: false }] })
    expect(await at.state()).toBe('LOCKED')
    // The operator is left no way to be rid of the owner, nor to decide for one of them alone.
    for (const one of [stolen, at.spare])
      expect(await codeOf(() => at.dropWallet(one))).toBe('ACTION_VALIDATION_FAILED')
    const next = evmOwner()
    expect(await codeOf(() => at.set(next))).toBe('OWNER_ALREADY_CONNECTED')
    // With the operator, and with nobody else, the owner says who comes instead.
    await at.replace(at.spare, next)
    expect(await at.state()).toBe('LOCKED')
    for (const one of [stolen, at.spare]) expect(await codeOf(() => at.removeAll(one))).not.toBe('done')
    await at.verify(next)
    expect(await at.owners()).toMatchObject([{ address: next.address, agrees: true }])
    expect(await at.removeAll(next)).toMatchObject({ ownerState: 'NONE' })
    await bed.verifyEvidence()
  })

  test('where all have to agree and one is cut off, that one says with the others who comes instead, and nothing else', async () => {
    const bed = await start()
    const { id } = await bed.createWallet()
    const at = peopleOf(bed, id)
    const [first, second, next] = [evmOwner(), evmOwner(), evmOwner()]
    await at.set(first)
    await at.add(second)
    await at.need(2)
    for (const one of [first, second]) await at.verify(one)
    await at.cutOff(first, first.address)
    const ofFirst = await at.idOf(first)
    for (const by of [first, second]) expect(await codeOf(() => at.removeAll(by))).not.toBe('done')
    expect(await codeOf(() => at.replace(first, next, ofFirst))).toBe('OWNER_CONSENT_REQUIRED')
    // Twice the same one is one voice, also now.
    expect(await codeOf(() => at.replace(first, next, ofFirst))).toBe('OWNER_CONSENT_REQUIRED')
    await at.replace(second, next, ofFirst)
    expect(await at.state()).toBe('LOCKED')
    await at.verify(next)
    expect(await codeOf(() => at.removeAll(next))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await at.removeAll(second)).toMatchObject({ ownerState: 'NONE' })
  })

  test('what it had let in and has not verified yet goes with it: another wallet, and who was to come instead', async () => {
    const bed = await start()
    const [stolen, ofThief, next] = [evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 1, [stolen])
    await at.addWallet(stolen, { ownerId: at.ownerId, wallet: ofThief })
    await at.replace(stolen, next, at.ownerId)
    await at.cutOff(stolen, stolen.address)
    for (const one of [ofThief, next]) expect(await codeOf(() => at.verify(one))).not.toBe('done')
    const [person, ...others] = await at.owners()
    expect(others).toEqual([])
    expect(person!.credentials.map(({ address }) => address)).toEqual([stolen.address, at.spare.address])
    const [cut] = await bed.evidence('OWNER_CUT_OFF')
    expect(JSON.parse(cut!.details)).toMatchObject({ dropped: [ofThief.address, next.address] })
    // The owner has them in by what is still theirs.
    await at.replace(at.spare, next, at.ownerId)
    await at.verify(next)
    expect(await at.removeAll(next)).toMatchObject({ ownerState: 'NONE' })
  })

  test('whatever of the owners is taken away, what is signed for their wallet is looked at again', async () => {
    const bed = await start()
    const [first, second] = [evmOwner(), evmOwner()]
    const at = await owned(bed, 1, [first, second])
    const { version } = appliedPolicies()
    const raises = async (change: () => Promise<unknown>) => {
      const before = await bed.database.read((db) => version(db, at.id))
      await change()
      expect(await bed.database.read((db) => version(db, at.id))).toBeGreaterThan(before)
    }
    await raises(() => at.dropWallet(at.spare))
    const asked = await failureOf(() => at.drop(second))
    await at.agree(String(asked!.details.consent), first)
    await raises(() => at.drop(second))
    const next = evmOwner()
    await at.replace(first, next)
    await raises(() => at.verify(next))
    await raises(() => at.removeAll(next))
    await at.set(first)
    await raises(() => at.set(second))
  })

  test('the word of a key about itself ends the doubt about the others', async () => {
    const bed = await start()
    const stolen = evmOwner()
    const at = await owned(bed, 1, [stolen])
    await at.cutOff(at.spare, stolen.address)
    expect(await at.cutOff(stolen, stolen.address)).toMatchObject({ wallets: [{ agrees: true }] })
    expect(await codeOf(() => at.stop(stolen))).not.toBe('done')
    expect(await at.removeAll(at.spare)).toMatchObject({ ownerState: 'NONE' })
  })

  test('of several owners no fewer have to agree than before, and nobody cuts off what is another one’s', async () => {
    const bed = await start()
    const [first, second, third] = [evmOwner(), evmOwner(), evmOwner()]
    const at = await owned(bed, 2, [first, second, third])
    for (const target of [second, third]) expect(await codeOf(() => at.cutOff(first, target.address))).not.toBe('done')
    expect(await codeOf(() => at.removeAll(first))).toBe('OWNER_CONSENT_REQUIRED')
    // What a key has said before it was cut off counts no more, and its owner no more either.
    await at.cutOff(at.spare, first.address)
    expect(await codeOf(() => at.removeAll(second))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await bed.owners.read(at.id)).toMatchObject({ needed: 2, ownerState: 'LOCKED' })
    // So many that nothing could be agreed to any more are not made needed, nor left.
    expect(await codeOf(() => at.need(3))).toBe('ACTION_VALIDATION_FAILED')
    expect(await codeOf(() => at.drop(third))).toBe('ACTION_VALIDATION_FAILED')
    const asked = await failureOf(() => at.drop({ address: at.spare.address }))
    for (const one of [second, third]) await at.agree(String(asked!.details.consent), one)
    await at.drop({ address: at.spare.address })
    expect((await at.owners()).map(({ address }) => address)).toEqual([second.address, third.address])
    await at.cutOff(second, second.address)
    bed.clock.pass(24 * 3_600 + 1)
    expect(await codeOf(() => at.removeAll(third))).toBe('OWNER_CONSENT_REQUIRED')
    expect((await bed.owners.read(at.id)).owners.map(({ agrees, withdrawTo }) => [agrees, withdrawTo])).toEqual([
      [false, null],
      [true, third.address],
    ])
    await bed.verifyEvidence()
  })

  test('somebody with the key of one owner cannot take the stops of another one by adding a key to them', async () => {
    const bed = await start()
    const [owner, robbed] = [evmOwner(), evmOwner()]
    const at = await owned(bed, 1, [owner, robbed])
    const ofThief = evmOwner()
    await at.addWallet(robbed, { ownerId: at.ownerId, wallet: ofThief })
    await at.verify(ofThief)
    for (const one of [owner, at.spare]) await at.cutOff(ofThief, one.address)
    for (const one of [owner, at.spare]) {
      await at.stop(one)
      expect(bed.killSwitch.current()).toBe('SUSPENDED')
      await bed.killSwitch.recover(operator)
    }
    expect(await codeOf(() => at.removeAll(ofThief))).toBe('OWNER_CONSENT_REQUIRED')
    expect(await at.cutOff(owner, ofThief.address)).toMatchObject({ wallets: [{ agrees: false }] })
  })

  test('a passkey is cut off by the wallet of its owner; what is signed names it, and is good once', async () => {
    const bed = await start()
    const owner = evmOwner()
    const at = await owned(bed, 1, [owner])
    const device = madeUpAuthenticator(rp)
    const phone = passkeyPerson(device)
    const { challenge } = await bed.owners.passkeyOptions(at.id)
    const made = { id: at.id, ownerId: at.ownerId, ...sentBytes(device.create(challenge)) }
    const { message } = await bed.owners.passkeyChallenge({ ...made, signer: owner.address }, PAGE)
    await bed.owners.addPasskey(made, await at.proven(await owner.signs(message)))
    const text = await at.cutOffText(owner, phone.address)
    expect(text).toContain(`Cut off a way to sign as the owner: ${phone.address} signs for its owner no more`)
    const signed = await at.proven(await owner.signs(text))
    const wanted = { walletId: at.id, credential: phone.address }
    // What was signed is about this one alone.
    const other = { ...wanted, credential: at.spare.address }
    expect(await codeOf(() => bed.owners.cutOff(other, signed))).toBe('INVALID_NONCE')
    await bed.owners.cutOff(wanted, signed)
    expect(await codeOf(() => bed.owners.cutOff(wanted, signed))).toBe('INVALID_NONCE')
    expect(await codeOf(() => at.removeAll(phone))).not.toBe('done')
    for (const wrong of ['nobody', evmOwner().address])
      expect(await codeOf(() => at.cutOff(owner, wrong))).toMatch(/^(INVALID_ADDRESS|ACTION_VALIDATION_FAILED)$/)
    const passkeyId = (await bed.owners.listPasskeys(at.id)).passkeys[0]!.id
    const version = () => bed.database.read((db) => appliedPolicies().version(db, at.id))
    const before = await version()
    await bed.owners.removePasskey({ id: at.id, passkeyId }, operator)
    expect(await version()).toBeGreaterThan(before)
    expect(await at.removeAll(owner)).toMatchObject({ ownerState: 'NONE' })
  })

  test('it is cut off in each wallet that it owns together with what says so, and in no other', async () => {
    const bed = await start()
    const [lost, spare] = [evmOwner(), evmOwner()]
    const wallets: Awaited<ReturnType<typeof ownedAs>>[] = []
    for (const _ of [1, 2]) {
      const { id } = await bed.createWallet()
      wallets.push(await ownedAs(bed, id, { needed: 1, people: [lost], spare }))
    }
    const [here, there] = wallets as [(typeof wallets)[0], (typeof wallets)[0]]
    const { id } = await bed.createWallet()
    const alone = peopleOf(bed, id)
    await alone.set(lost)
    await alone.verify(lost)
    const { wallets: cut } = await here.cutOff(spare, lost.address)
    expect(cut.map((one) => one.id).sort()).toEqual([here.id, there.id].sort())
    for (const at of [here, there]) expect(await codeOf(() => at.removeAll(lost))).not.toBe('done')
    expect(await codeOf(() => alone.removeAll(lost))).toBe('done')
    // Its own word reaches all of them.
    await here.cutOff(lost, lost.address)
    for (const at of [here, there]) expect(await at.owners()).toMatchObject([{ agrees: true }])
  })
})
