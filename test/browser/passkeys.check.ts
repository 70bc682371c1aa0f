import { afterAll, beforeAll, expect, test } from 'vitest'
import { challengeOf, madePasskey, relyingPartyOf } from '../../packages/daemon/src/owners/webauthn.ts'
import { passkeyHeaders, sentBytes } from '../support/passkeys.ts'
import { until } from '../support/until.ts'
import { createPasskey, signWithPasskey, virtualAuthenticator } from './passkeys.ts'
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

test('a passkey whose user was not verified is refused, whatever the page asks for', async () => {
  const authenticator = await virtualAuthenticator(scene.page, { verifies: false })
  const challenge = challengeOf('add a passkey')
  const made = await createPasskey(scene.page, challenge, 'discouraged')
  expect(() => madePasskey(relyingPartyOf(scene.url)!, made, challenge)).toThrow('no user was verified')
  await authenticator.remove()
})
