import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { lookers, OwnerChallenge, Signer } from './owners.ts'

const tag = 'Owners'
/** What X-Owner-Address begins with where a passkey signed; its id follows, base64url. */
export const PASSKEY_PREFIX = 'passkey:'
/** Passkeys that one owner may have. */
export const MOST_PASSKEYS = 10

const Bytes = z.string().regex(/^[A-Za-z0-9_-]{1,4000}$/, 'expected base64url')
const named = z.strictObject({ id: WalletName })
/** What a browser gives for a passkey that it has made. */
export const MadePasskey = {
  authenticatorData: Bytes.describe('what getAuthenticatorData() of the browser’s answer gives, base64url'),
  clientDataJSON: Bytes.describe('clientDataJSON of the same answer, base64url'),
}
/** What a page makes a passkey with. */
export const PasskeyOptions = z.object({
  rpId: z.string(),
  origin: z.string().describe('the page has to be there'),
  challenge: z.string().describe('base64url'),
  algorithms: z.array(z.literal(-7)).describe('for pubKeyCredParams: ES256'),
})
const made = z.strictObject({
  id: Id,
  ownerId: Id.optional().describe('whose it is to be, where a wallet has several owners'),
  ...MadePasskey,
})
const Passkey = z.object({
  id: Id,
  credentialId: z.string().describe('base64url'),
  rpId: z.string().describe('the host that it is of'),
  createdAt: UnixSeconds,
})
const refusals = ['WALLET_NOT_FOUND', 'OWNER_NOT_CONNECTED', 'PASSKEYS_UNAVAILABLE'] as const

/** Passkeys (WebAuthn): a second way for the owner of a wallet to sign, which needs no wallet program. */
export const passkeyOperations = {
  getPasskeyOptions: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/owner/passkeys/options',
    access: lookers,
    tag,
    summary: 'Get what a page needs to make a passkey for the owner of a wallet.',
    input: named,
    output: PasskeyOptions,
    errors: refusals,
  }),
  getPasskeyChallenge: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owner/passkeys/challenge',
    access: lookers,
    tag,
    summary: 'Get the text that the owner of a wallet signs to add a passkey that a page has made.',
    input: made.extend({ id: WalletName, signer: Signer }),
    output: OwnerChallenge,
    errors: [...refusals, 'INVALID_SIGNATURE', 'CHAIN_NOT_SUPPORTED'],
  }),
  addPasskey: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owner/passkeys',
    access: ['owner'],
    tag,
    summary:
      'Add a passkey for the owner of a wallet, as the signed text says. From then on it signs for that wallet as the owner does.',
    status: 201,
    input: made,
    output: Passkey,
    errors: [...refusals, 'OWNER_CONSENT_REQUIRED', 'PASSKEY_EXISTS', 'PASSKEY_LIMIT_REACHED'],
  }),
  listPasskeys: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/owner/passkeys',
    access: ['operator'],
    tag,
    summary: 'List the passkeys of the owners of a wallet.',
    command: 'wallet passkey list',
    input: named,
    output: z.object({ passkeys: z.array(Passkey) }),
    errors: ['WALLET_NOT_FOUND'],
  }),
  removePasskey: operation({
    method: 'DELETE',
    path: '/v1/wallets/{id}/owner/passkeys/{passkeyId}',
    access: ['operator'],
    tag,
    summary:
      'Remove a passkey of the owner of a wallet, such as a lost one. What the owner can do otherwise stays, and the last thing that an owner signs with is not removed.',
    command: 'wallet passkey remove',
    input: z.strictObject({ id: WalletName, passkeyId: Id }),
    output: Passkey,
    errors: ['WALLET_NOT_FOUND', 'PASSKEY_NOT_FOUND'],
  }),
}
