import { expect, test } from 'vitest'
import {
  type Bed,
  openBed,
  operator,
  removeFoldersAfterEach,
  sharedKeys,
} from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { evmOwner, solanaOwner } from '../../../../test/support/owners.ts'
import { madeUpAuthenticator, passkeyPerson, sentBytes } from '../../../../test/support/passkeys.ts'
import { codeOf, PAGE, peopleOf, failureOf as refused } from '../../test/owners-bed.ts'
import { checkableOwners, forgetChallenges, ownerOf, withdrawalOf } from './service.ts'
import { challengeOf, relyingPartyOf } from './webauthn.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()
const rp = relyingPartyOf(PAGE)!
const IP = '192.0.2.7'
type Device = ReturnType<typeof madeUpAuthenticator>

/** What people do with one wallet, invited ones too. */
function invitedOf(bed: Bed, id: string) {
  const { owners, consents } = bed
  const { invitations } = owners
  async function offer(code: string, device: Device, withdrawTo: string) {
    const { passkey } = await invitations.show({ code })
    return { code, withdrawTo, network: undefined, ...sentBytes(device.create(passkey.challenge)) }
  }
  async function signed(code: string, device: Device, withdrawTo: string) {
    const input = await offer(code, device, withdrawTo)
    const { message } = await invitations.challenge(input)
    const { signature } = await passkeyPerson(device).word(message)
    return { ...input, message, signature }
  }
  return {
    ...peopleOf(bed, id, IP),
    offer,
    signed,
    invite: async () => (await invitations.invite(id, operator)).link.slice(`${PAGE}/owner/invite#`.length),
    accept: async (code: string, device = madeUpAuthenticator(rp), withdrawTo = evmOwner().address) =>
      (await invitations.accept(await signed(code, device, withdrawTo), IP)).code,
    confirm: (code: string) => consents.asking(operator, () => invitations.confirm({ id, code }, operator)),
    people: () => bed.database.read(async (db) => (await ownerOf(db, id)).owners),
  }
}
async function walletOf(bed: Bed, chain = 'ethereum') {
  const { id, publicKey: address } = await bed.createWallet({ chain })
  return { id, address, ...invitedOf(bed, id) }
}
/** A wallet whose owner has a passkey and nothing else. */
async function owned(bed: Bed) {
  const at = await walletOf(bed)
  const device = madeUpAuthenticator(rp)
  const withdrawTo = evmOwner().address
  await at.confirm(await at.accept(await at.invite(), device, withdrawTo))
  return { ...at, device, person: passkeyPerson(device), withdrawTo }
}

forEachEngine((_engine, open) => {
  const start = () => openBed(open, { keys: keys() })

  test('somebody with a passkey alone is invited, names where all goes, and owns the wallet once the operator has confirmed it', async () => {
    const bed = await start()
    const at = await walletOf(bed)
    const device = madeUpAuthenticator(rp)
    const person = passkeyPerson(device)
    const withdrawTo = evmOwner().address
    const code = await at.invite()
    expect(await bed.owners.invitations.show({ code })).toMatchObject({
      wallet: { id: at.id, name: 'one', chain: 'ethereum', address: at.address },
      passkey: { rpId: rp.id, origin: PAGE },
    })
    const { message } = await at.signed(code, device, withdrawTo)
    expect(message).toContain(`in with your passkey account:\n${person.address}\n`)
    expect(message).toMatch(
      new RegExp(
        `\nVerify that you are the owner: by a passkey of ${rp.id} with the key \\w{16}, which takes out to ${withdrawTo}, of the wallet 'one', ${at.address}\n`,
      ),
    )
    const shown = await at.accept(code, device, withdrawTo)
    expect(shown).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
    expect(await bed.owners.read(at.id)).toMatchObject({ ownerState: 'NONE', owners: [] })
    const confirmed = await at.confirm(` ${shown.toLowerCase().replace('-', ' ')} `)
    expect(confirmed).toMatchObject({
      ...{ ownerState: 'LOCKED', ownerVerified: true, ownerAddress: person.address, warning: null },
      owners: [{ address: person.address, withdrawTo, withdrawNetwork: null, credentials: [{ kind: 'passkey' }] }],
    })
    expect(await at.people()).toMatchObject([{ place: { address: withdrawTo, network: null } }])
    // The signer asks a passkey by its key.
    expect(await bed.database.read(async (db) => (await checkableOwners(db, [at.id]))(at.id))).toEqual({
      threshold: 1,
      owners: [[expect.stringMatching(new RegExp(`^passkey:${rp.id}:${device.credentialId}:[0-9a-f]{128}$`))]],
    })
    expect(await codeOf(() => at.confirm(shown))).toBe('OWNER_CANDIDATE_NOT_FOUND')
    for (const event of ['OWNER_INVITED', 'OWNER_ADDED', 'OWNER_VERIFIED'])
      expect(await bed.evidence(event), event).toHaveLength(1)
    const [verified] = await bed.evidence('OWNER_VERIFIED')
    expect(verified).toMatchObject({ actor: `owner:${person.address}`, ip: IP })
    const gone = await bed.owners.remove(at.id, { by: operator, signed: await at.word(person, 'remove') })
    expect(gone).toMatchObject({ ownerState: 'NONE' })
    await bed.verifyEvidence()
  })

  test('a link is good for whoever accepts it first, of ten who do so at once too, and for nobody after that', async () => {
    const bed = await start()
    const at = await walletOf(bed)
    const code = await at.invite()
    const devices = Array.from({ length: 10 }, () => madeUpAuthenticator(rp))
    const answers = await Promise.all(devices.map((device) => at.signed(code, device, evmOwner().address)))
    const outcomes = await Promise.all(
      answers.map(async (answer) => {
        const taken: string[] = []
        const outcome = await codeOf(async () => taken.push((await bed.owners.invitations.accept(answer, IP)).code))
        return { outcome, taken }
      }),
    )
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      ...Array(9).fill('OWNER_INVITATION_NOT_FOUND'),
      'done',
    ])
    for (const again of [
      () => bed.owners.invitations.show({ code }),
      () => at.accept(code),
      () => bed.owners.invitations.accept(answers[0]!, IP),
    ])
      expect(await codeOf(again)).toBe('OWNER_INVITATION_NOT_FOUND')
    const first = outcomes.findIndex(({ outcome }) => outcome === 'done')
    await at.confirm(outcomes[first]!.taken[0]!)
    expect((await at.people()).map(({ address }) => address)).toEqual([passkeyPerson(devices[first]!).address])
  })

  test('a link ends after 15 minutes and a code after a day, and neither outlives a restore or its wallet', async () => {
    const bed = await start()
    const at = await walletOf(bed)
    const [code, late] = [await at.invite(), await at.invite()]
    bed.clock.pass(15 * 60 - 1)
    const shown = await at.accept(code)
    const answer = await at.signed(late, madeUpAuthenticator(rp), evmOwner().address)
    bed.clock.pass(1)
    expect(await codeOf(() => at.accept(late))).toBe('OWNER_INVITATION_NOT_FOUND')
    expect(await codeOf(() => bed.owners.invitations.accept(answer, IP))).toBe('OWNER_INVITATION_NOT_FOUND')
    bed.clock.pass(24 * 3_600 - 1)
    expect(await codeOf(() => at.confirm(shown))).toBe('OWNER_CANDIDATE_NOT_FOUND')
    const [open, second] = [await at.invite(), await at.accept(await at.invite())]
    await bed.database.work({ exclusive: ['owners'] }, forgetChallenges)
    expect(await codeOf(() => bed.owners.invitations.show({ code: open }))).toBe('OWNER_INVITATION_NOT_FOUND')
    expect(await codeOf(() => at.confirm(second))).toBe('OWNER_CANDIDATE_NOT_FOUND')
    const [left, third] = [await at.invite(), await at.accept(await at.invite())]
    await bed.wallets.terminate(at.id, operator)
    expect(await codeOf(() => bed.owners.invitations.show({ code: left }))).toBe('WALLET_TERMINATED')
    expect(await codeOf(() => at.confirm(third))).toBe('WALLET_TERMINATED')
  })

  test('nobody is confirmed by a code of another wallet, one that is guessed, or one of an earlier link', async () => {
    const bed = await start()
    const [mine, other] = [await walletOf(bed), await walletOf(bed)]
    const device = madeUpAuthenticator(rp)
    const withdrawTo = evmOwner().address
    const shown = await mine.accept(await mine.invite(), device, withdrawTo)
    const again = await mine.accept(await mine.invite(), device, withdrawTo)
    expect(again).not.toBe(shown)
    expect(await codeOf(() => other.confirm(shown))).toBe('OWNER_CANDIDATE_NOT_FOUND')
    const guessed = `${shown.startsWith('B') ? 'C' : 'B'}${shown.slice(1)}`
    for (const code of [guessed, 'BBBB-BBBB', '%', shown.slice(0, 8)])
      expect(await codeOf(() => mine.confirm(code))).toBe('OWNER_CANDIDATE_NOT_FOUND')
    expect(await codeOf(() => bed.owners.invitations.show({ code: 'B'.repeat(43) }))).toBe('OWNER_INVITATION_NOT_FOUND')
    await mine.confirm(again)
    // One passkey is of one owner.
    expect(await codeOf(() => mine.confirm(shown))).toBe('PASSKEY_EXISTS')
    expect(await codeOf(async () => other.accept(await other.invite(), device))).toBe('PASSKEY_EXISTS')
    expect([await mine.people(), await other.people()]).toMatchObject([[{}], []])
  })

  test('what was signed is this passkey, this address, this wallet and this link', async () => {
    const bed = await start()
    const [at, other] = [await walletOf(bed), await walletOf(bed)]
    const { accept } = bed.owners.invitations
    const device = madeUpAuthenticator(rp)
    const good = await at.signed(await at.invite(), device, evmOwner().address)
    const theirs = await other.signed(await other.invite(), madeUpAuthenticator(rp), evmOwner().address)
    const { message, signature } = theirs
    for (const [code, answer] of [
      ['INVALID_NONCE', { ...good, withdrawTo: evmOwner().address }],
      ['INVALID_NONCE', { ...good, message: `${good.message} ` }],
      ['INVALID_NONCE', { ...good, message, signature }],
      ['INVALID_SIGNATURE', { ...good, signature }],
      ['INVALID_SIGNATURE', { ...good, signature: Buffer.from('{}').toString('base64') }],
      ['INVALID_SIGNATURE', { ...theirs, code: good.code }],
      ['INVALID_SIGNATURE', { ...good, code: theirs.code }],
    ] as const)
      expect(await codeOf(() => accept(answer, IP)), code).toBe(code)
    // A copy of the passkey that has signed less.
    const word = device.get(challengeOf(good.message), { signCount: 0 })
    const copied = JSON.stringify({ ...sentBytes(word), signature: Buffer.from(word.signature).toString('base64url') })
    const copy = { ...good, signature: Buffer.from(copied).toString('base64') }
    expect((await refused(() => accept(copy, IP)))?.message).toContain('more often than it says')
    bed.clock.pass(5 * 60)
    expect(await codeOf(() => accept(good, IP))).toBe('INVALID_NONCE')
    // It says nothing else either: whoever has signed it is no owner by that.
    expect(await codeOf(() => at.word(passkeyPerson(device), 'verify'))).toBe('OWNER_NOT_CONNECTED')
  })

  test('what is taken out goes to an address of the wallet’s chain that this daemon does not hold', async () => {
    const bed = await start()
    const [at, sun] = [await walletOf(bed), await walletOf(bed, 'solana')]
    const solana = solanaOwner(Buffer.from(crypto.getRandomValues(new Uint8Array(32)))).address
    const code = await at.invite()
    const device = madeUpAuthenticator(rp)
    const held = await refused(() => at.signed(code, device, at.address))
    expect(held).toMatchObject({ code: 'ACTION_VALIDATION_FAILED', message: expect.stringContaining('withdrawTo') })
    expect(await codeOf(() => at.signed(code, device, solana))).toBe('INVALID_ADDRESS')
    const link = await sun.invite()
    expect(await codeOf(() => sun.signed(link, device, evmOwner().address))).toBe('INVALID_ADDRESS')
    await sun.confirm(await sun.accept(link, device, solana))
    expect(await sun.people()).toMatchObject([{ place: { address: solana } }])
    // Of a contract its network is said, and bound.
    const contract = evmOwner().address
    const named = { ...(await at.offer(code, madeUpAuthenticator(rp), contract)), network: 'ethereum-sepolia' }
    expect((await bed.owners.invitations.challenge(named)).message).toContain(
      `takes out to ${contract}, a contract on ethereum-sepolia, of the wallet`,
    )
  })

  test('once a wallet has an owner who has verified, the operator alone makes nobody another one', async () => {
    const bed = await start()
    const at = await owned(bed)
    const stranger = madeUpAuthenticator(rp)
    const to = evmOwner().address
    const shown = await at.accept(await at.invite(), stranger, to)
    const asked = await refused(() => at.confirm(shown))
    expect(asked).toMatchObject({ code: 'OWNER_CONSENT_REQUIRED' })
    expect(await at.people()).toHaveLength(1)
    const consent = String(asked!.details.consent)
    expect((await bed.consents.read(consent)).words).toMatch(
      new RegExp(`a passkey of ${rp.id} with the key \\w{16}, which takes out to ${to}, becomes one of the owners of`),
    )
    // Who is to be one agrees to nothing yet.
    expect(await codeOf(() => at.agree(consent, passkeyPerson(stranger)))).toBe('OWNER_NOT_CONNECTED')
    await at.agree(consent, at.person)
    // What was agreed to is that one, and nobody else.
    const another = await at.accept(await at.invite())
    expect(await codeOf(() => at.confirm(another))).toBe('OWNER_CONSENT_REQUIRED')
    await at.confirm(shown)
    expect((await at.people()).map(({ address }) => address)).toEqual([
      at.person.address,
      passkeyPerson(stranger).address,
    ])
  })

  test('the operator is not rid of an owner by taking away all that they sign with', async () => {
    const bed = await start()
    const at = await owned(bed)
    const { passkeys } = await bed.owners.listPasskeys(at.id)
    const remove = (passkeyId: string) => bed.owners.removePasskey({ id: at.id, passkeyId }, operator)
    expect(await codeOf(() => remove(passkeys[0]!.id))).toBe('ACTION_VALIDATION_FAILED')
    for (const change of [
      () => bed.owners.remove(at.id, { by: operator, signed: undefined }),
      () =>
        bed.owners.set(
          { id: at.id, ownerAddress: evmOwner().address, network: undefined },
          { by: operator, signed: undefined },
        ),
    ])
      expect(['OWNER_CONSENT_REQUIRED', 'OWNER_ALREADY_CONNECTED']).toContain(await codeOf(change))
    const spare = madeUpAuthenticator(rp)
    const { challenge } = await bed.owners.passkeyOptions(at.id)
    const made = { id: at.id, ...sentBytes(spare.create(challenge)) }
    const { message } = await bed.owners.passkeyChallenge(made, PAGE)
    await bed.owners.addPasskey(made, await at.proven(await at.person.signs(message)))
    await remove(passkeys[0]!.id)
    expect((await at.people()).map(({ address }) => address)).toEqual([passkeyPerson(spare).address])
    const [left] = (await bed.owners.listPasskeys(at.id)).passkeys
    expect(await codeOf(() => remove(left!.id))).toBe('ACTION_VALIDATION_FAILED')
    await at.word(passkeyPerson(spare), 'remove')
  })

  test('a wallet that such an owner adds signs for them, and moves nothing of where all goes', async () => {
    const bed = await start()
    const at = await owned(bed)
    const wallet = evmOwner()
    const adding = { id: at.id, ownerAddress: wallet.address }
    const { message } = await bed.owners.walletChallenge({ ...adding, action: 'add-credential' }, PAGE)
    const given = { ...adding, ownerId: undefined, network: undefined }
    const view = await bed.owners.second.addWallet(given, await at.proven(await at.person.signs(message)))
    await bed.owners.verify(at.id, await at.word(wallet, 'verify'))
    const [person] = await at.people()
    expect(person).toMatchObject({ address: wallet.address, verifiedAt: expect.any(Number) })
    expect(withdrawalOf(person!)).toEqual({ address: at.withdrawTo, network: null })
    const credentialId = view.owners[0]!.credentials.find(({ kind }) => kind === 'key')!.id
    await bed.owners.second.dropWallet({ id: at.id, credentialId }, operator)
    expect((await at.people()).map(({ address }) => address)).toEqual([at.person.address])
  })

  test('nobody is invited where browsers make no passkeys, or confirmed where theirs are not of the page any more', async () => {
    const page = { url: 'http://192.168.0.7:3100' }
    const bed = await openBed(open, { keys: keys(), page })
    const at = await walletOf(bed)
    expect(await codeOf(() => at.invite())).toBe('PASSKEYS_UNAVAILABLE')
    page.url = PAGE
    const shown = await at.accept(await at.invite())
    page.url = 'https://other.example.org'
    expect(await codeOf(() => at.confirm(shown))).toBe('PASSKEYS_UNAVAILABLE')
    page.url = PAGE
    expect(await at.confirm(shown)).toMatchObject({ ownerState: 'LOCKED' })
  })
})
