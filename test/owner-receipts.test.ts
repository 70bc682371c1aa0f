import type { Receipt } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyReceipt } from '../packages/daemon/src/index.ts'
import { type Assertion, challengeOf, relyingPartyOf } from '../packages/daemon/src/owners/webauthn.ts'
import { approved } from '../packages/daemon/src/transactions/receipts/approved.ts'
import { ownedBy } from './support/consents.ts'
import { startTestDaemon, type TestDaemon } from './support/daemon.ts'
import { evmOwner, type TestOwner } from './support/owners.ts'
import { madeUpAuthenticator, passkeyHeaders, passkeyPerson, sentBytes } from './support/passkeys.ts'
import { altered, evidenceKey, signedBy } from './support/receipts.ts'
import { until } from './support/until.ts'
import type { TestWallet } from './support/wallets.ts'
import { type EvmWorld, evmWorld } from './support/worlds.ts'

const PAGE = 'https://wallets.example.org'
let evm: EvmWorld
let daemon: TestDaemon
let publicKey: string

beforeAll(async () => {
  evm = await evmWorld()
  daemon = await startTestDaemon({ env: { ...evm.env, WAIAAS_SERVER_PUBLIC_URL: PAGE } })
  publicKey = (await daemon.operator.getAuditCheckpoint()).publicKey
})
afterAll(async () => {
  await daemon?.stop()
  await evm?.stop()
})

const pay = async ({ token }: TestWallet): Promise<string> => {
  const payment = { to: evm.newAddress(), amount: String(evm.amount(0)), network: evm.network }
  return (await daemon.agent(token).sendToken(payment)).id
}
const ended = (id: string) =>
  until(`transaction ${id} to end`, async () => {
    if ((await daemon.operator.getTransaction({ id })).status === 'CONFIRMED') return true
    await evm.finalise()
    return false
  })
const whole = (id: string): Promise<Receipt> => daemon.operator.getReceipt({ id })
/** As it is on the other machine: nothing but the text. */
const verified = (receipt: Receipt) => verifyReceipt(JSON.parse(JSON.stringify(receipt)), publicKey)

/** A wallet on which owners decide, and how each of those who have to agree signs for something. */
async function owned(people: readonly TestOwner[], needed = people.length) {
  const { operator } = daemon
  const wallet = await evm.wallet(daemon, { limit: { instant_max_usd: 0, notify_max_usd: 0, delay_max_usd: 0 } })
  await ownedBy(daemon, wallet.id, people, needed)
  const { owners } = await operator.getOwner({ id: wallet.id })
  /** Another way of the first one to sign, who alone has to agree. */
  const addPasskey = async () => {
    const device = madeUpAuthenticator(relyingPartyOf(PAGE)!)
    const { challenge } = await operator.getPasskeyOptions({ id: wallet.id })
    const made = { id: wallet.id, ownerId: owners[0]!.id, ...sentBytes(device.create(challenge)) }
    for (const one of people.slice(0, needed)) {
      const { message } = await operator.getPasskeyChallenge({ ...made, signer: one.address })
      await operator.addPasskey(made, { owner: await one.word(message) }).catch(stillMissing)
    }
    return { device, person: passkeyPerson(device) }
  }
  const approve = async (id: string, by: readonly TestOwner[]) => {
    for (const one of by) {
      const { message } = await operator.getTransactionChallenge({ id, decision: 'approve', signer: one.address })
      await operator.approveTransaction({ id }, { owner: await one.word(message) })
    }
  }
  return { wallet, people, addPasskey, approve }
}
function stillMissing(error: unknown): void {
  if (!(error instanceof WAIaaSError && error.code === 'OWNER_CONSENT_REQUIRED')) throw error
}
const signersOf = ({ approval }: Receipt) => [...(approval!.others ?? []), approval!.consent!]
const good = { whole: true, faults: [], missing: [] }

test('what two of three owners signed for a whole plan is in the receipt of each of its steps', async () => {
  const people = [evmOwner(), evmOwner(), evmOwner()] as const
  const { wallet, approve, addPasskey } = await owned(people, 2)
  const { person } = await addPasskey()
  const steps = [1, 2].map(() => ({ to: evm.newAddress(), value: '1000' }))
  const sent = await daemon.agent(wallet.token).sendPlan({ network: evm.network, steps }, { idempotencyKey: 'owned' })
  const plan = await daemon.operator.getPlan({ id: 'id' in sent ? sent.id : '' })
  await approve(plan.steps[0]!.id, [person, people[2]])
  const key = evidenceKey()
  const signed = new Set<string>()
  for (const { id } of plan.steps) {
    await ended(id)
    const receipt = await whole(id)
    const verdict = await verified(receipt)
    expect(verdict).toMatchObject(good)
    expect(verdict.proven).toContain(`the key of ${people[2].address} signed it`)
    expect(verdict.proven).toContain(`${person.address} signed it with a person verified, on the page at ${PAGE}`)
    expect(verdict.proven).toContain('as many owners signed as had to: 2 different owners')
    // The row that says how many had to is that of the step on which they answered; what they signed says it too.
    expect(verdict.word.some((one) => one.startsWith('how many owners had to sign'))).toBe(false)
    expect(receipt.approval).toMatchObject({ by: `owner:${people[2].address}`, needed: 2 })
    signed.add(JSON.stringify(signersOf(receipt).map(({ nonce }) => nonce)))
    const { approval } = receipt
    const changed = async (other: Partial<NonNullable<Receipt['approval']>>) =>
      verifyReceipt(signedBy(key, { ...receipt, approval: { ...approval!, ...other } }), key.publicKey)
    const { others, consent } = approval!
    // Another's word is none of theirs, and one owner is one voice.
    const stranger = await evmOwner().word(consent!.message)
    expect((await changed({ consent: { ...consent!, signature: stranger.signature } })).faults).toContain(
      'the signature is not one of the owner',
    )
    expect((await changed({ others: [] })).faults).toContain('2 different owners had to sign, and 1 did')
    expect((await changed({ needed: 1, others: [] })).faults).toContain(
      'another number of owners had to sign than they signed for',
    )
    const twice = others!.map((one) => ({ ...one, owner: consent!.owner }))
    expect((await changed({ others: twice })).faults).toContain('2 different owners had to sign, and 1 did')
  }
  expect(signed.size).toBe(1)
})

const [alone, ...both] = [evmOwner(), evmOwner(), evmOwner()] as const
test.each<[string, readonly TestOwner[], boolean]>([
  ['one owner', [alone], false],
  ['one owner by a passkey', [alone], true],
  ['two owners', both, false],
  ['two owners, one by a passkey too', both, true],
])(
  'what %s signed for a payment is part of its receipt, and altered or left out it is found',
  async (_, people, has) => {
    const { wallet, approve, addPasskey } = await owned(people)
    const passkey = has ? [(await addPasskey()).person] : []
    const id = await pay(wallet)
    const signers = people.length > 1 ? [...passkey, ...people] : has ? passkey : people
    await approve(id, signers)
    await ended(id)
    const receipt = await whole(id)
    const verdict = await verified(receipt)
    expect(verdict).toMatchObject(good)
    const count = people.length === 1 ? 'one owner' : '2 different owners'
    expect(verdict.proven).toContain(`as many owners signed as had to: ${count}`)
    for (const { address } of signers)
      expect(verdict.proven.some((one) => one.startsWith(address) || one === `the key of ${address} signed it`)).toBe(
        true,
      )
    const key = evidenceKey()
    const passed: string[] = []
    for (const { path, value } of altered(receipt.approval)) {
      const again = signedBy(key, { ...receipt, approval: value as Receipt['approval'] })
      if ((await verifyReceipt(again, key.publicKey)).whole) passed.push(path)
    }
    const without = signedBy(key, { ...receipt, approval: { ...receipt.approval!, consent: null } })
    expect((await verifyReceipt(without, key.publicKey)).whole).toBe(false)
    // A row is written in the same moment as the approval, or a little after it.
    expect(passed.filter((path) => path !== '.at')).toEqual([])
    expect((await daemon.agent(wallet.token).getReceipt({ id })).approval).toMatchObject({ consent: null })
  },
)

test('what a passkey did not sign for exactly this, on its page and with a person verified, proves no approval', async () => {
  const { wallet, approve, addPasskey } = await owned([evmOwner()])
  const { device, person } = await addPasskey()
  const id = await pay(wallet)
  await approve(id, [person])
  await ended(id)
  // With the passkey gone, what it signed is proven all the same.
  const [passkey] = (await daemon.operator.listPasskeys({ id: wallet.id })).passkeys
  await daemon.operator.removePasskey({ id: wallet.id, passkeyId: passkey!.id })
  const receipt = await whole(id)
  expect(await verified(receipt)).toMatchObject(good)
  const key = evidenceKey()
  const { consent } = receipt.approval!
  const wordOf = (signed: Assertion) =>
    passkeyHeaders(device.credentialId, consent!.message, signed)['x-owner-signature']!
  const faultsOf = async (signed: Assertion) => {
    const again = {
      ...receipt,
      approval: { ...receipt.approval!, consent: { ...consent!, signature: wordOf(signed) } },
    }
    return (await verifyReceipt(signedBy(key, again), key.publicKey)).faults
  }
  const challenge = challengeOf(consent!.message)
  expect(await faultsOf(device.get(challenge))).toEqual([])
  const stranger = madeUpAuthenticator(relyingPartyOf(PAGE)!)
  const wrong: Record<string, Assertion> = {
    'another text': device.get(challengeOf(`${consent!.message} `)),
    'another key': stranger.get(challenge),
    'nobody verified': device.get(challenge, { flags: 0x01 }),
    'another host': device.get(challenge, { rpId: 'wallets.example.com' }),
    'a page elsewhere': device.get(challenge, { client: { origin: 'https://wallets.example.com' } }),
    'a page below it': device.get(challenge, { client: { origin: 'https://a.wallets.example.org' } }),
    'a page over http': device.get(challenge, { client: { origin: 'http://wallets.example.org' } }),
    'more than an origin': device.get(challenge, { client: { origin: `${PAGE}/approve` } }),
    'within another page': device.get(challenge, { client: { crossOrigin: true } }),
    'the making of a passkey': device.get(challenge, { client: { type: 'webauthn.create' } }),
    'something behind it': device.get(challenge, { more: Buffer.from([0]) }),
  }
  const found: Record<string, boolean> = {}
  for (const [name, signed] of Object.entries(wrong))
    found[name] = (await faultsOf(signed)).some((one) => one.startsWith('the signature is not one of the passkey: '))
  expect(found).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, true])))
})

test('a receipt of before keys and owners were kept says what it does not prove', async () => {
  const { wallet, approve, addPasskey } = await owned([evmOwner()])
  const { person } = await addPasskey()
  const id = await pay(wallet)
  await approve(id, [person])
  await ended(id)
  const receipt = await whole(id)
  const { needed: _, ...approval } = receipt.approval!
  const { owner: __, passkey: ___, ...consent } = approval.consent!
  const row = receipt.evidence.rows.find(({ event }) => event === 'TX_APPROVED')
  if (!row || !('details' in row)) throw new Error('its approval is not told')
  const { needed: ____, signers: _____, ...details } = JSON.parse(row.details) as Record<string, unknown>
  const { actor, at: toldAt } = row
  const old = { ...receipt, approval: { ...approval, consent } }
  const signing = { isSigned: () => expect.fail(), passkeyPage: () => expect.fail() }
  const told = (more: object) =>
    approved(old, [{ event: 'TX_APPROVED', actor, at: toldAt, details: { ...details, ...more } }], signing)
  const found = told({})
  expect(found).toMatchObject({ faults: [], missing: [] })
  expect(found.word).toEqual([
    'how many owners had to sign: it was approved before that was kept',
    `that it is the passkey ${person.address} that signed: it was approved before its key was kept`,
  ])
  expect(told({ consents: [consent.nonce] }).faults).toEqual([])
  expect(told({ consents: [consent.nonce, 'another'] }).faults).toHaveLength(1)
  // Nobody takes away what the evidence has.
  const key = evidenceKey()
  expect((await verifyReceipt(signedBy(key, old), key.publicKey)).faults).toHaveLength(1)
})
