import { afterAll, beforeAll, expect, test } from 'vitest'
import { challengeOf, madePasskey, relyingPartyOf } from '../../packages/daemon/src/owners/webauthn.ts'
import { evmOwner } from '../support/owners.ts'
import { passkeyHeaders, sentBytes } from '../support/passkeys.ts'
import { until } from '../support/until.ts'
import { createPasskey, signWithPasskey, virtualAuthenticator } from './passkeys.ts'
import { personAt } from './person.ts'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
  await scene.page.open(`${scene.url}/health`)
})
afterAll(() => scene?.close())

test('a passkey of a browser becomes one of the owner, and approves and rejects what waits', async () => {
  const { page, daemon, wallet, owner, asOwner } = scene
  const authenticator = await virtualAuthenticator(page)
  const { challenge } = await daemon.operator.getPasskeyOptions({ id: wallet.id })
  const made = sentBytes(await createPasskey(page, challenge))
  const { message } = await daemon.operator.getPasskeyChallenge({ id: wallet.id, ...made })
  const added = await asOwner(`/v1/wallets/${wallet.id}/owner/passkeys`, await owner.signs(message), made)
  expect(added).toMatchObject({ status: 201, body: { rpId: 'localhost' } })
  const credentialId = String(added.body.credentialId)
  async function decided(decision: 'approve' | 'reject') {
    const { id, status } = await scene.waiting()
    const { message: text } = await daemon.operator.getTransactionChallenge({ id, decision })
    const headers = passkeyHeaders(credentialId, text, await signWithPasskey(page, challengeOf(text), credentialId))
    const first = await asOwner(`/v1/transactions/${id}/${decision}`, headers)
    const again = await asOwner(`/v1/transactions/${id}/${decision}`, headers)
    return { id, status, first, again }
  }
  const approved = await decided('approve')
  expect(approved.first).toMatchObject({ status: 200, body: { id: approved.id } })
  expect(approved.again).toMatchObject({ status: 401, body: { code: 'INVALID_SIGNATURE' } })
  await until('the payment to land', async () => (await approved.status()) === 'CONFIRMED')
  const rejected = await decided('reject')
  expect(rejected.first).toMatchObject({ status: 200, body: { status: 'CANCELLED' } })
  await authenticator.remove()
})

test('somebody who was invited owns a wallet with a passkey of the page, approves with it and takes all out', async () => {
  const { page, daemon, world } = scene
  const at = personAt(page)
  const authenticator = await virtualAuthenticator(page)
  const wallet = await scene.unowned()
  const { link } = await daemon.operator.inviteOwner({ id: wallet.id })
  await page.open(link)
  await at.sees(wallet.address)
  await at.looksRight('invite')
  const withdrawTo = evmOwner().address
  await at.type('#withdraw-to', wallet.address)
  await at.press('Make a passkey')
  await at.sees('expected an address that this daemon does not hold')
  await at.type('#withdraw-to', withdrawTo)
  await at.press('Make a passkey')
  await at.sees(`which takes out to ${withdrawTo}`)
  await at.looksRight('invite-sign')
  await at.press('Sign it')
  await at.sees('Read this code out')
  await at.looksRight('invite-code')
  const code = /^[A-Z]{4}-[A-Z]{4}$/m.exec(await at.text())![0]
  // The link is used up; what came of it is not: nobody owns the wallet yet.
  await page.open(`${scene.url}/health`)
  await page.open(link)
  await at.sees('this invitation is over')
  expect(await daemon.operator.getOwner({ id: wallet.id })).toMatchObject({ ownerState: 'NONE' })
  expect(await daemon.operator.confirmOwner({ id: wallet.id, code })).toMatchObject({ ownerState: 'LOCKED' })
  expect(page.requested.filter((url) => url.includes(link.split('#')[1]!))).toEqual([])

  const payment = await scene.waitingOf(wallet)
  await page.open(`${scene.url}/approve/${payment.id}`)
  await at.press('Use a passkey')
  await at.sees('Approve?')
  await at.press('Approve')
  await at.sees('Approved. The agent goes on by itself')
  await until('the payment to land', async () => (await payment.status()) === 'CONFIRMED')
  await page.open(`${scene.url}/owner`)
  await at.press('Use a passkey')
  await at.press('Take out all that it holds')
  await at.sees(`to ${withdrawTo}`)
  await at.press('Sign it')
  await at.sees('It is on its way to your address')
  await at.sees('These did not answer, and what they hold stays: ')
  await until('all to arrive', async () => (await world.balance(withdrawTo)) > 0n)
  await authenticator.remove()
})

test('a passkey whose user was not verified is refused, whatever the page asks for', async () => {
  const authenticator = await virtualAuthenticator(scene.page, { verifies: false })
  const challenge = challengeOf('add a passkey')
  const made = await createPasskey(scene.page, challenge, 'discouraged')
  expect(() => madePasskey(relyingPartyOf(scene.url)!, made, challenge)).toThrow('no user was verified')
  await authenticator.remove()
})
