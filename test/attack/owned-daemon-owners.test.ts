import { createHash, randomBytes } from 'node:crypto'
import { newId } from '@waiaas/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evmOwner as evmForm } from '../../packages/daemon/src/chains/evm/owner.ts'
import { signInText } from '../../packages/daemon/src/chains/owner-form.ts'
import { solanaOwner as solanaForm } from '../../packages/daemon/src/chains/solana/owner.ts'
import {
  type ApprovalProof,
  accountKey,
  type Ceiling,
  ceilingLines,
  feeLine,
  type KeyRow,
  type KeyringRow,
  type Keys,
  type KnownOwners,
  type Payment,
  passkeyAccount,
  paymentLines,
  type Sealed,
  type SignBatch,
  type SignRequest,
  sealingFingerprint,
  signerLine,
  startKeys,
} from '../../packages/daemon/src/keys/service.ts'
import { type Assertion, challengeOf, madePasskey, relyingPartyOf } from '../../packages/daemon/src/owners/webauthn.ts'
import { evmPayment, RECIPIENT, requestOf, solanaPayment } from '../../packages/daemon/test/signing.ts'
import { evmOwner, solanaOwner, type TestOwner } from '../support/owners.ts'
import { madeUpAuthenticator, passkeyPerson, sentBytes } from '../support/passkeys.ts'

// Whoever runs code in the daemon's process speaks to the signer as the daemon does, and asks owners for what it likes. Here
// the signer knows who they are, and takes their own signatures alone.

const password = 'what the operator typed at the start'
const cost = { memoryKib: 19 * 1024, iterations: 2, parallelism: 1 }
const [alice, bob, mallory] = [evmOwner(), solanaOwner(randomBytes(32)), evmOwner()]
const carol = evmOwner()
const OTHER = '0x1111111111111111111111111111111111111111'
let keys: Keys
let keyring: KeyringRow
let fingerprint: string
beforeAll(async () => {
  keys = await startKeys({ passwordCost: cost })
  keyring = await keys.createKeyring(password)
  fingerprint = sealingFingerprint((await keys.sealingKey()).publicKey)
})
afterAll(() => keys.stop())

const PAGE = 'https://wallets.example.org'
const rp = relyingPartyOf(PAGE)!
const device = madeUpAuthenticator(rp)
const dora = passkeyPerson(device)
const made = madePasskey(rp, device.create(challengeOf('made')), challengeOf('made'))
const passkey = passkeyAccount({ rpId: rp.id, ...made })
/** As clients send it. */
const assertedBytes = ({ signature, ...asserted }: Assertion): Uint8Array =>
  Buffer.from(JSON.stringify({ ...sentBytes(asserted), signature: Buffer.from(signature).toString('base64url') }))

const low = { native: { transaction: '10', day: '20' }, fee: '5', tokens: {}, otherTokens: false, contracts: [] }
const LOW: Ceiling = {
  chains: { 'eip155:1': low, solana: { ...low, native: { transaction: '10', day: '20000' }, fee: '6000' } },
  recipients: [],
}
const HIGH: Ceiling = { ...LOW, chains: { 'eip155:1': { ...low, native: { transaction: '1000', day: '2000' } } } }
const one: KnownOwners = { threshold: 1, owners: [[alice.address]] }
const two: KnownOwners = { threshold: 2, owners: [[alice.address], [bob.address, carol.address]] }

type Held = { key: KeyRow; ceiling: Sealed }
async function owned(owners: KnownOwners | undefined, chain: 'ethereum' | 'solana' = 'ethereum'): Promise<Held> {
  const key = await keys.create(newId(), chain)
  const now = await keys.firstCeiling({ address: key.address, next: LOW }, password)
  if (!owners) return { key, ceiling: now }
  return { key, ceiling: await keys.changeCeiling({ address: key.address, now, next: { ...LOW, owners } }, password) }
}

type Text = { action?: string; request?: string; minutes?: number; at?: string; statement?: string; twice?: string[] }
/** The text that the daemon gives, with these lines in it. */
function textOf(owner: TestOwner, lines: readonly string[], more: Text = {}): string {
  const { action = 'approve', request = newId(), minutes = 5, at = fingerprint, twice = [] } = more
  const isEvm = owner.address.startsWith('0x')
  const issuedAt = Date.now() + (minutes - 5) * 60_000
  const form = owner.address.startsWith('passkey:') ? { account: 'passkey' } : solanaForm
  return signInText(isEvm ? evmForm : form, {
    ...{ origin: 'http://127.0.0.1:3100', address: owner.address, chainId: isEvm ? '1' : undefined },
    ...{ nonce: randomBytes(32).toString('hex'), issuedAt, expiresAt: issuedAt + 5 * 60_000, requestId: request },
    statement: more.statement ?? 'Approve this transaction: pays 900 wei',
    resources: [`urn:waiaas:action:${action}`, ...twice, `urn:waiaas:daemon:${newId()}`, signerLine(at), ...lines],
  })
}

const bytesOf = (signature: string): Uint8Array =>
  signature.startsWith('0x') ? Buffer.from(signature.slice(2), 'hex') : Buffer.from(signature, 'base64')

async function hear({ key, ceiling }: Held, owner: TestOwner, message: string, by = owner.address) {
  const signature = bytesOf((await owner.word(message)).signature)
  return keys.hear({ address: key.address, ceiling, by, message, signature })
}

const pay = (nonce: number, value: bigint, more = {}) =>
  evmPayment({ chainId: 1, nonce, value, gas: 1n, price: 1n, ...more })
const payment = ({ key }: Held, more: Partial<Payment> = {}): Payment => ({
  ...{ chain: 'eip155:1', sender: key.address, moves: [{ asset: 'native', amount: '900', to: RECIPIENT }] },
  ...{ call: null, codeHash: null, memos: [], fee: '50', ...more },
})
const linesOf = (what: Payment) => [...paymentLines(what), feeLine(what.fee)]
/** As an owner approves it. */
const approves = (held: Held, owner: TestOwner, more: Text = {}, what = payment(held)) =>
  hear(held, owner, textOf(owner, linesOf(what), more))

const proven = (request: SignRequest, voices: readonly Sealed[], type = 'owner'): SignRequest => ({
  ...request,
  authorisation: {
    ...request.authorisation,
    proofs: voices.map(({ text, seal }) => ({ type, text, seal }) as ApprovalProof),
  },
})
async function outcomes({ key, ceiling }: Held, requests: readonly SignRequest[], more: Partial<SignBatch> = {}) {
  const { results, counted } = await keys.sign({ key, ceiling, lane: 'lane', requests, ...more })
  return { counted, codes: results.map((each) => (each.signature ? 'signed' : `${each.code}: ${each.refused}`)) }
}
const restart = async () => {
  await keys.restart()
  await keys.unlock(password, keyring)
}
const above = (why: string) => expect.stringMatching(new RegExp(`^CEILING_EXCEEDED: .*${why}`))
const refused = (why: string) => ({ code: 'SIGN_REFUSED', message: expect.stringMatching(why) })

describe('a taken-over daemon, with owners that the signer knows', () => {
  test('gets the payment that the owner signed for, once: on one nonce, up to the fee in the text', async () => {
    const held = await owned(one)
    const voice = await approves(held, alice)
    const bid = (nonce: number, price: bigint) => proven(pay(nonce, 900n, { price }), [voice])
    expect((await outcomes(held, [bid(7, 10n), bid(7, 50n), bid(7, 51n), bid(8, 10n)])).codes).toEqual([
      ...['signed', 'signed', above('or for a lower fee'), above('was used before')],
    ])
    // Another signature of theirs for the same request, and another transaction that does the same: one payment all the same.
    const other = await owned(one)
    const request = newId()
    const voices = [await approves(other, alice, { request }), await approves(other, alice, { request })]
    expect((await outcomes(other, [proven(pay(1, 900n), [voices[0]!])])).codes).toEqual(['signed'])
    expect((await outcomes(other, [proven(pay(2, 900n), [voices[1]!])], { lane: 'another' })).codes).toEqual([
      above('was used before'),
    ])
  })

  test('gets what the signer cannot read where the owner signed for exactly these bytes', async () => {
    const held = await owned(one)
    const dataHash = createHash('sha256').update(Buffer.from('12345678', 'hex')).digest('hex')
    const voice = await approves(held, alice, {}, payment(held, { moves: [], call: { to: OTHER, dataHash } }))
    const call = (data: `0x${string}`) => proven(pay(2, 0n, { to: OTHER, data }), [voice])
    expect((await outcomes(held, [call('0x12345679'), call('0x12345678')])).codes).toEqual([
      ...[above('about something else'), 'signed'],
    ])
  })

  test('gets no other payment out of a signature, of this wallet or another one of the same owner', async () => {
    const [held, other] = [await owned(one), await owned(one)]
    const voice = await approves(held, alice)
    const others = [
      pay(1, 901n),
      pay(1, 900n, { to: OTHER }),
      pay(1, 900n, { chainId: 10 }),
      pay(1, 900n, { data: '0x12345678' }),
      pay(1, 900n, { to: null, data: '0x6000' }),
    ].map((request) => proven(request, [voice]))
    for (const request of others)
      expect((await outcomes(held, [request])).codes).toEqual([above('(about something else|on eip155:10)')])
    expect((await outcomes(other, [proven(pay(1, 900n), [voice])])).codes).toEqual([above('about something else')])
    // The sentence is for people: what it says moves nothing.
    const lines = linesOf(payment(held, { moves: [{ asset: 'native', amount: '901', to: RECIPIENT }] }))
    const lie = await hear(held, alice, textOf(alice, lines, { statement: 'Approve this transaction: pays 900 wei' }))
    expect((await outcomes(held, [proven(pay(1, 900n), [lie])])).codes).toEqual([above('about something else')])
  })

  test('has nothing heard that is of nobody known, old, from ahead, for another daemon, or another action', async () => {
    const held = await owned(one)
    const lines = linesOf(payment(held))
    const texts: [string, string][] = [
      [textOf(alice, lines, { minutes: 0 }), 'the time of what the owner signed is over'],
      [textOf(alice, lines, { minutes: 12 }), 'from ahead'],
      [textOf(alice, lines, { at: sealingFingerprint(Buffer.alloc(32).toString('base64')) }), 'another daemon'],
      [textOf(alice, lines, { action: 'reject' }), 'something else'],
      [textOf(alice, lines, { twice: ['urn:waiaas:action:reject'] }), 'something else'],
      [textOf(alice, lines).replace('Version: 1', 'Version: 2'), 'no text that owners sign'],
      ['f'.repeat(64), 'no text that owners sign'],
      [textOf(bob, lines), 'not one of the owner'],
    ]
    for (const [text, why] of texts) await expect(hear(held, alice, text), why).rejects.toMatchObject(refused(why))
    await expect(approves(held, mallory)).rejects.toMatchObject(refused('knows no such owner'))
    await expect(hear(held, mallory, textOf(alice, lines), alice.address)).rejects.toMatchObject(refused('not one of'))
    await expect(hear(held, mallory, textOf(mallory, lines), alice.address)).rejects.toMatchObject(
      refused('not one of'),
    )
    // A signature of one text is none of another, in either form of it.
    const message = textOf(alice, lines)
    const signature = Buffer.from(bytesOf((await alice.word(message)).signature))
    const word = { address: held.key.address, ceiling: held.ceiling, by: alice.address, message, signature }
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const flipped = Buffer.from(signature)
    flipped.write((order - BigInt(`0x${signature.toString('hex', 32, 64)}`)).toString(16).padStart(64, '0'), 32, 'hex')
    flipped[64] = signature[64] === 27 ? 28 : 27
    for (const bad of [flipped, signature.subarray(0, 64), Buffer.alloc(65), new Uint8Array()])
      await expect(keys.hear({ ...word, signature: bad })).rejects.toMatchObject(refused('not one of the owner'))
    await expect(keys.hear({ ...word, message: `${message}0` })).rejects.toMatchObject({ code: 'SIGN_REFUSED' })
    expect(await keys.hear(word)).toMatchObject({ until: expect.any(Number) })
  })

  test('gets nothing by naming a contract, which the signer cannot ask: whoever signs for it is not heard', async () => {
    const contract: TestOwner = { ...alice, address: OTHER }
    const held = await owned({ threshold: 1, owners: [[OTHER]] })
    const message = textOf(contract, linesOf(payment(held)))
    const signature = bytesOf((await alice.word(message)).signature)
    // As it is, and as ERC-6492 wraps what a contract that is not deployed yet is to make of it.
    const wrapped = Buffer.concat([Buffer.alloc(32), signature, Buffer.from('6492'.repeat(16), 'hex')])
    for (const bytes of [signature, wrapped, Buffer.from('00ff', 'hex'), new Uint8Array()])
      await expect(
        keys.hear({ address: held.key.address, ceiling: held.ceiling, by: OTHER, message, signature: bytes }),
      ).rejects.toMatchObject(refused('not one of the owner'))
    expect((await outcomes(held, [pay(1, 900n)])).codes).toEqual([above('')])
  })

  test('gets nothing below the number of owners that it takes, who count as people and not as accounts', async () => {
    const held = await owned(two)
    const request = newId()
    const [a, b, c] = await Promise.all([alice, bob, carol].map((owner) => approves(held, owner, { request })))
    const codes = async (voices: readonly Sealed[]) => (await outcomes(held, [proven(pay(1, 900n), voices)])).codes
    const few = [above('1 of the 2 owners')]
    for (const voices of [[a!], [a!, a!], [b!, c!], [c!]]) expect(await codes(voices)).toEqual(few)
    // Two who have signed for two different requests have not agreed to one.
    const later = await approves(held, bob)
    expect(await codes([a!, later])).toEqual(few)
    expect(await codes([a!, c!])).toEqual(['signed'])
  })

  test('gets nothing by the password of the operator alone, nor by a voice of its own making', async () => {
    const [held, plain] = [await owned(one), await owned(undefined)]
    const wanted = { address: held.key.address, ceiling: held.ceiling, payment: payment(held) }
    await expect(keys.lift(wanted, password)).rejects.toMatchObject(refused('owners of the wallet approve'))
    // Nor by what the operator let pass before the signer knew the owners.
    const lift = await keys.lift(
      { ...wanted, address: plain.key.address, ceiling: plain.ceiling, payment: payment(plain) },
      password,
    )
    const change = { address: plain.key.address, now: plain.ceiling, next: { ...LOW, owners: one } }
    const known = { key: plain.key, ceiling: await keys.changeCeiling(change, password) }
    expect((await outcomes(known, [proven(pay(1, 900n), [lift], 'password')])).codes).toEqual([
      above('its owners have not approved it'),
    ])
    const voice = await approves(held, alice)
    for (const forged of [{ ...voice, text: voice.text.replace('900', '901') }, lift, held.ceiling])
      expect((await outcomes(held, [proven(pay(1, 900n), [forged])])).codes).toEqual([
        expect.stringMatching(/^KEY_ROW_CORRUPT/),
      ])
    // Where the signer knows no owners, none is heard.
    const bare = await owned(undefined)
    await expect(approves(bare, alice)).rejects.toMatchObject(refused('knows no such owner'))
    expect((await outcomes(bare, [proven(pay(1, 900n), [voice])])).codes).toEqual([
      'SIGN_REFUSED: no such proof of an approval is known',
    ])
  })

  test('gets no second payment after a restart, without the record of the first, or after the next word on the ceiling', async () => {
    const held = await owned(one)
    const voice = await approves(held, alice)
    const before = (await outcomes(held, [pay(1, 1n)])).counted
    await restart()
    const first = await outcomes(held, [proven(pay(2, 900n), [voice])], { counted: before })
    expect(first.codes).toEqual(['signed'])
    await restart()
    const again = (nonce: number, more: Partial<SignBatch>) =>
      outcomes(held, [proven(pay(nonce, 900n, { price: 9n }), [voice])], more)
    expect((await again(3, { counted: first.counted })).codes).toEqual([above('was used before')])
    const heads = [{ chain: 'system', seq: 5, hash: 'a'.repeat(64) }]
    const witnessed = await keys.signCheckpoint({ at: Date.now(), heads, counts: [first.counted!] })
    for (const counted of [undefined, before]) {
      await restart()
      expect((await again(4, { counted, witnessed })).codes).toEqual([above('is missing or older')])
    }
    const next = { ...LOW, owners: one }
    const said = await keys.changeCeiling({ address: held.key.address, now: held.ceiling, next }, password)
    const later = { key: held.key, ceiling: said }
    expect((await outcomes(later, [proven(pay(4, 900n), [voice])])).codes).toEqual([above('changed the ceiling since')])
    expect((await outcomes(later, [proven(pay(4, 900n), [await approves(later, alice)])])).codes).toEqual(['signed'])
  })

  test('hears a passkey that it knows: of exactly the text, on a page of its host, with the user verified', async () => {
    const held = await owned({ threshold: 2, owners: [[passkey], [alice.address]] })
    const request = newId()
    const text = textOf(dora, linesOf(payment(held)), { request })
    const voices = [await hear(held, dora, text, passkey), await approves(held, alice, { request })]
    const codes = async (some: readonly Sealed[]) => (await outcomes(held, [proven(pay(1, 900n), some)])).codes
    expect(await codes([voices[0]!, voices[0]!])).toEqual([above('1 of the 2 owners')])
    expect(await codes(voices)).toEqual(['signed'])
    expect((await outcomes(held, [proven(pay(2, 901n), voices)])).codes).toEqual([above('about something else')])

    const word = { address: held.key.address, ceiling: held.ceiling, by: passkey, message: text }
    const get = (changed: Parameters<typeof device.get>[1], of = text) =>
      assertedBytes(device.get(challengeOf(of), changed))
    const bad = [
      ...[{ origin: 'https://elsewhere.example.org' }, { origin: 'http://wallets.example.org' }].map((client) =>
        get({ client }),
      ),
      ...[{ origin: `${PAGE}/` }, { crossOrigin: true }, { topOrigin: PAGE }].map((client) => get({ client })),
      ...[{ type: 'webauthn.create' }, { challenge: challengeOf('another text') }].map((client) => get({ client })),
      // Nobody there, nobody verified, backed up though it cannot be, and what says more than that somebody was there.
      ...[0x04, 0x01, 0x15, 0x45, 0x85].map((flags) => get({ flags })),
      ...[get({ rpId: 'elsewhere.example.org' }), get({ more: Buffer.alloc(1) }), get({}, `${text}0`)],
      assertedBytes(madeUpAuthenticator(rp).get(challengeOf(text))),
      ...[Buffer.from('{}'), Buffer.from('['), Buffer.alloc(5_000, 0x20), new Uint8Array()],
    ]
    for (const signature of bad)
      await expect(keys.hear({ ...word, signature })).rejects.toMatchObject(refused('not one of the owner'))
    // The key of one owner does not speak by the passkey of another one, nor a passkey for them.
    const ofAlice = textOf(alice, linesOf(payment(held)))
    await expect(hear(held, dora, ofAlice, passkey)).rejects.toMatchObject(refused('not one of the owner'))
    await expect(hear(held, dora, ofAlice, alice.address)).rejects.toMatchObject(refused('not one of the owner'))
    await expect(hear(held, alice, text, passkey)).rejects.toMatchObject(refused('not one of the owner'))
  })

  test('takes a passkey and a key of one owner for one voice, and one key for one owner', async () => {
    const held = await owned({ threshold: 2, owners: [[passkey, alice.address], [carol.address]] })
    const request = newId()
    // It signs the text of its owner's wallet too.
    const byPasskey = await hear(held, dora, textOf(alice, linesOf(payment(held)), { request }), passkey)
    const byKey = await approves(held, alice, { request })
    const codes = async (some: readonly Sealed[]) => (await outcomes(held, [proven(pay(1, 900n), some)])).codes
    expect(await codes([byPasskey, byKey])).toEqual([above('1 of the 2 owners')])
    expect(await codes([byPasskey, await approves(held, carol, { request })])).toEqual(['signed'])
    const twice = { threshold: 2, owners: [[passkey], [passkey.replace(/:[^:]+:([0-9a-f]+)$/, ':another:$1')]] }
    await expect(owned(twice)).rejects.toMatchObject(refused('each of one owner'))
    for (const account of ['passkey:', passkey.slice(0, -1), passkey.toUpperCase(), `${passkey} `])
      await expect(owned({ threshold: 1, owners: [[account]] })).rejects.toMatchObject(refused('an owner signs with'))
  })

  test('one Solana transaction comes out of an approval by an owner on Solana', async () => {
    const held = await owned({ threshold: 1, owners: [[bob.address]] }, 'solana')
    const moves = [{ asset: 'native', amount: '900', to: bob.address }]
    const voice = await approves(held, bob, {}, payment(held, { chain: 'solana', moves, fee: '5000' }))
    const paid = (blockhash: number) =>
      proven(solanaPayment(held.key.address, 900n, Buffer.from(accountKey(bob.address)!, 'hex'), blockhash), [voice])
    expect((await outcomes(held, [paid(1), paid(2), paid(1)])).codes).toEqual([
      ...['signed', above('was used before'), 'signed'],
    ])
    const words = requestOf('solana-text', Buffer.from('hello'))
    expect((await outcomes(held, [proven(words, [voice])])).codes).toEqual(['signed'])
  })
})

describe('a taken-over daemon that wants other owners, or a higher ceiling', () => {
  type Wish = { held: Held; version: number; next: Ceiling; owners?: KnownOwners }
  const agrees = ({ held, version, next, owners = one }: Wish, owner: TestOwner, more: Text = {}) => {
    const lines = ceilingLines({ address: held.key.address, version, now: { ...LOW, owners }, next })
    return hear(held, owner, textOf(owner, lines, { action: 'loosen', ...more }))
  }
  const change = (
    { key, ceiling }: Held,
    next: Ceiling,
    voices?: readonly Sealed[],
    shown: string | undefined = password,
  ) => keys.changeCeiling({ address: key.address, now: ceiling, next, voices }, shown)

  test('names none by itself, nor any but with those who are there', async () => {
    const noPassword = { code: 'INVALID_MASTER_PASSWORD' }
    const bare = await owned(undefined)
    const mine: KnownOwners = { threshold: 1, owners: [[mallory.address]] }
    await expect(
      keys.changeCeiling({ address: bare.key.address, now: bare.ceiling, next: { ...LOW, owners: mine } }),
    ).rejects.toMatchObject(noPassword)
    const fresh = await keys.create(newId(), 'ethereum')
    const first = { address: fresh.address, next: { chains: {}, recipients: [], owners: mine } }
    await expect(keys.firstCeiling(first)).rejects.toMatchObject(noPassword)

    const held = await owned(one)
    const wishes = [
      { ...LOW, owners: mine },
      { ...LOW, owners: { threshold: 1, owners: [[alice.address], [mallory.address]] } },
      { ...LOW, owners: { threshold: 1, owners: [[alice.address, mallory.address]] } },
      LOW,
    ]
    for (const next of wishes) {
      await expect(keys.changeCeiling({ address: held.key.address, now: held.ceiling, next })).rejects.toMatchObject(
        noPassword,
      )
      await expect(change(held, next)).rejects.toMatchObject(refused('takes the owners of the wallet too'))
    }
    await expect(agrees({ held, version: 2, next: wishes[0]! }, mallory)).rejects.toMatchObject(
      refused('no such owner'),
    )
    // With both it does, and the one who went is heard no more.
    const next = wishes[0]!
    const voice = await agrees({ held, version: 2, next }, alice)
    await expect(
      keys.changeCeiling({ address: held.key.address, now: held.ceiling, next, voices: [voice] }),
    ).rejects.toMatchObject(noPassword)
    const approval = await approves(held, alice)
    const changed = { key: held.key, ceiling: await change(held, next, [voice]) }
    await expect(approves(changed, alice)).rejects.toMatchObject(refused('no such owner'))
    expect((await outcomes(changed, [proven(pay(1, 900n), [approval])])).codes).toEqual([above('changed the ceiling')])
    // Nor does an older ceiling bring them back.
    expect((await outcomes(held, [proven(pay(1, 900n), [approval])])).codes).toEqual([above('changed the ceiling')])
    expect((await outcomes(changed, [proven(pay(1, 900n), [await approves(changed, mallory)])])).codes).toEqual([
      'signed',
    ])
  })

  test('gets a higher ceiling by the password and enough owners together, for exactly that, once', async () => {
    const held = await owned(two)
    const wish = { held, version: 2, owners: two, next: { ...HIGH, owners: two } }
    const [a, c] = [await agrees(wish, alice), await agrees(wish, carol)]
    const needs = refused('takes the owners of the wallet too')
    const other: Ceiling = { ...wish.next, recipients: [], chains: { ...HIGH.chains, 'eip155:10': low } }
    for (const [next, voices] of [
      [wish.next, []],
      [wish.next, [a]],
      [wish.next, [a, a]],
      [other, [a, c]],
      [wish.next, [a, await agrees({ ...wish, version: 3 }, carol)]],
      [wish.next, [a, await agrees(wish, carol, { action: 'approve' })]],
      [wish.next, [a, await approves(held, carol)]],
    ] as const)
      await expect(change(held, next, voices)).rejects.toMatchObject(needs)
    await expect(change(held, wish.next, [a, c], 'a guess')).rejects.toMatchObject({ code: 'INVALID_MASTER_PASSWORD' })
    const raised = { key: held.key, ceiling: await change(held, wish.next, [a, c]) }
    expect((await outcomes(raised, [pay(1, 900n)])).codes).toEqual(['signed'])
    // Tightening takes nobody, and what was agreed to does not take it back.
    const lower: Ceiling = { chains: { 'eip155:1': low }, recipients: [], owners: two }
    const tight = {
      key: held.key,
      ceiling: await keys.changeCeiling({ address: held.key.address, now: raised.ceiling, next: lower }),
    }
    await expect(change(tight, wish.next, [a, c])).rejects.toMatchObject(needs)
    // What is no higher than now is the operator's alone: that all is known of the day, for one.
    expect(await change(tight, lower)).toMatchObject({ text: expect.any(String) })
  })

  test('no record of owners is taken that is odd: nobody, too many, one account twice, or a number that nobody reaches', async () => {
    const held = await owned(undefined)
    for (const owners of [
      { threshold: 1, owners: [] },
      { threshold: 0, owners: [[alice.address]] },
      { threshold: 2, owners: [[alice.address]] },
      { threshold: 1.5, owners: [[alice.address], [bob.address]] },
      { threshold: 1, owners: [[alice.address], [alice.address.toLowerCase()]] },
      { threshold: 1, owners: [[]] },
      { threshold: 1, owners: [['0x12']] },
      { threshold: 1, owners: Array.from({ length: 21 }, () => [evmOwner().address]) },
    ])
      await expect(change(held, { ...LOW, owners }), JSON.stringify(owners)).rejects.toMatchObject({
        code: 'SIGN_REFUSED',
      })
  })
})
