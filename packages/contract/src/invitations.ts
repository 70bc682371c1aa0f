import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { OwnerChallenge, OwnerNetwork, WalletOwner } from './owners.ts'
import { MadePasskey, PasskeyOptions } from './passkeys.ts'
import { Address, Chain, EnvironmentName, Name } from './wire.ts'

const tag = 'Owners'
const operator = ['operator'] as const

const Code = z.string().min(1).max(100).describe('what follows # in the link')
const answering = z.strictObject({
  code: Code,
  withdrawTo: Address.describe('where all goes that this owner takes out: an address that this daemon does not hold'),
  network: OwnerNetwork,
  ...MadePasskey,
})
const refusals = ['OWNER_INVITATION_NOT_FOUND', 'PASSKEYS_UNAVAILABLE', 'WALLET_TERMINATED'] as const
const ofPlace = [
  ...refusals,
  'INVALID_SIGNATURE',
  'INVALID_ADDRESS',
  'CHAIN_NOT_SUPPORTED',
  'ENVIRONMENT_NETWORK_MISMATCH',
] as const

/** An owner who has a passkey and no wallet program: invited by a link, and confirmed by the operator with the code that they read out. */
export const invitationOperations = {
  inviteOwner: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owner/invitations',
    access: operator,
    tag,
    summary:
      'Make a link for somebody who is to own a wallet with a passkey alone. It is good once, for 15 minutes, and makes nobody an owner by itself.',
    command: 'wallet owner invite',
    status: 201,
    input: z.strictObject({ id: WalletName }),
    output: z.object({
      link: z.string().describe('give it to that person alone'),
      expiresAt: UnixSeconds,
    }),
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'CHAIN_NOT_SUPPORTED', 'PASSKEYS_UNAVAILABLE'],
  }),
  showInvitation: operation({
    method: 'POST',
    path: '/v1/owner/invitations/show',
    access: 'public',
    tag,
    summary: 'Show to who was invited which wallet it is about, and what a page needs to make the passkey.',
    input: z.strictObject({ code: Code }),
    output: z.object({
      wallet: z.object({ id: Id, name: Name, chain: Chain, environment: EnvironmentName, address: Address }),
      passkey: PasskeyOptions,
      expiresAt: UnixSeconds,
    }),
    errors: refusals,
  }),
  getInvitationChallenge: operation({
    method: 'POST',
    path: '/v1/owner/invitations/challenge',
    access: 'public',
    tag,
    summary: 'Get the text that who was invited signs with the passkey: it names the wallet and where all goes.',
    aliases: { withdrawTo: ['withdraw_to'] },
    input: answering,
    output: OwnerChallenge,
    errors: ofPlace,
  }),
  acceptInvitation: operation({
    method: 'POST',
    path: '/v1/owner/invitations/accept',
    access: 'public',
    tag,
    summary:
      'Accept an invitation, as the signed text says. The answer has the code that the operator confirms it with; until then it makes nobody an owner.',
    aliases: { withdrawTo: ['withdraw_to'] },
    input: answering.extend({
      message: z.string().min(1).max(4_000).describe('the text, as it came'),
      signature: z.string().min(1).max(8_000).describe('as a passkey signs in X-Owner-Signature'),
    }),
    output: z.object({
      code: z.string().describe('to be read out to the operator'),
      command: z.string().describe('what the operator runs'),
      expiresAt: UnixSeconds.describe('so long the operator has to confirm it'),
    }),
    errors: [...ofPlace, 'INVALID_NONCE'],
  }),
  confirmOwner: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owners/confirm',
    access: operator,
    tag,
    summary:
      'Make who has accepted an invitation an owner of the wallet, by the code that they read out. Once owners have verified, as many as have to agree have to agree to it.',
    command: 'wallet owner confirm',
    example: 'shop 12345678',
    places: ['code'],
    status: 201,
    input: z.strictObject({ id: WalletName, code: z.string().min(1).max(40).describe('the code that they read out') }),
    output: WalletOwner,
    errors: [
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'OWNER_CANDIDATE_NOT_FOUND',
      'OWNER_ALREADY_CONNECTED',
      'OWNER_CONSENT_REQUIRED',
      'PASSKEYS_UNAVAILABLE',
      'PASSKEY_EXISTS',
      'CHAIN_NOT_SUPPORTED',
      'INVALID_ADDRESS',
      'ENVIRONMENT_NETWORK_MISMATCH',
    ],
  }),
}
