import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { PASSKEY_PREFIX } from '@waiaas/contract'
import { type Assertion, challengeOf, type RelyingParty } from '../../packages/daemon/src/owners/webauthn.ts'
import type { TestDaemon } from './daemon.ts'
import { ownerHeaders, type TestOwner } from './owners.ts'

type Changed = {
  readonly flags?: number
  readonly signCount?: number
  readonly rpId?: string
  readonly client?: Record<string, unknown>
  readonly cose?: Buffer
  readonly more?: Buffer
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const clientBytes = (client: Record<string, unknown>) => Buffer.from(JSON.stringify(client))
const counted = (count: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(count)
  return bytes
}

/** An authenticator of a test, which says whatever it is told to. */
export function madeUpAuthenticator({ id, origin }: RelyingParty) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  const credential = randomBytes(32)
  const cose = Buffer.concat([
    ...[Buffer.from('a5010203262001215820', 'hex'), Buffer.from(x!, 'base64url')],
    ...[Buffer.from('225820', 'hex'), Buffer.from(y!, 'base64url')],
  ])
  let count = 0
  const head = ({ rpId = id, flags, signCount }: Changed, usual: number) =>
    Buffer.concat([sha256(rpId), Buffer.from([flags ?? usual]), counted(signCount ?? ++count)])
  const clientOf = (type: string, challenge: string, { client }: Changed) =>
    clientBytes({ type, challenge, origin, crossOrigin: false, ...client })
  return {
    credentialId: credential.toString('base64url'),
    create(challenge: string, changed: Changed = {}): Omit<Assertion, 'signature'> {
      const key = changed.cose ?? cose
      const about = [Buffer.alloc(16), Buffer.from([0, credential.length]), credential, key]
      return {
        authenticatorData: Buffer.concat([head(changed, 0x45), ...about, changed.more ?? Buffer.alloc(0)]),
        clientDataJSON: clientOf('webauthn.create', challenge, changed),
      }
    },
    get(challenge: string, changed: Changed = {}): Assertion {
      const authenticatorData = Buffer.concat([head(changed, 0x05), changed.more ?? Buffer.alloc(0)])
      const clientDataJSON = clientOf('webauthn.get', challenge, changed)
      const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)])
      return { authenticatorData, clientDataJSON, signature: sign('sha256', signed, privateKey) }
    },
  }
}

/** What the browser gives, as clients send it. */
export const sentBytes = ({ authenticatorData, clientDataJSON }: Omit<Assertion, 'signature'>) => ({
  authenticatorData: Buffer.from(authenticatorData).toString('base64url'),
  clientDataJSON: Buffer.from(clientDataJSON).toString('base64url'),
})

/** The three headers of a passkey that has signed. */
export const passkeyHeaders = (credentialId: string, message: string, signed: Assertion): Record<string, string> => {
  const signature = { ...sentBytes(signed), signature: Buffer.from(signed.signature).toString('base64url') }
  return ownerHeaders(
    `${PASSKEY_PREFIX}${credentialId}`,
    message,
    Buffer.from(JSON.stringify(signature)).toString('base64'),
  )
}

/** Somebody who signs with a passkey. */
export function passkeyPerson(device: ReturnType<typeof madeUpAuthenticator>): TestOwner {
  const address = `${PASSKEY_PREFIX}${device.credentialId}`
  const signs = async (message: string) =>
    passkeyHeaders(device.credentialId, message, device.get(challengeOf(message)))
  return {
    address,
    signs,
    word: async (message) => ({ address, message, signature: (await signs(message))['x-owner-signature']! }),
  }
}

type Inviting = Pick<
  TestDaemon['operator'],
  'inviteOwner' | 'showInvitation' | 'getInvitationChallenge' | 'acceptInvitation'
>
/** Somebody who was invited accepts with a new passkey, whom the operator has not confirmed yet. */
export async function acceptedInvitation(
  operator: Inviting,
  { id, party, withdrawTo }: { id: string; party: RelyingParty; withdrawTo: string },
) {
  const device = madeUpAuthenticator(party)
  const person = passkeyPerson(device)
  const code = (await operator.inviteOwner({ id })).link.split('#')[1]!
  const { passkey } = await operator.showInvitation({ code })
  const answer = { code, withdrawTo, ...sentBytes(device.create(passkey.challenge)) }
  const { message } = await operator.getInvitationChallenge(answer)
  const { signature } = await person.word(message)
  const accepted = await operator.acceptInvitation({ ...answer, message, signature })
  return { person, device, code: accepted.code, command: accepted.command }
}
