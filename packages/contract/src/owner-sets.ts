import { z } from 'zod'
import { Id } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { OwnerNetwork, WalletOwner } from './owners.ts'
import { Address } from './wire.ts'

const tag = 'Owners'
const operator = ['operator'] as const
const owner = ['owner'] as const

/** Several owners of one wallet, how many of them have to agree, and several wallets of one owner. */
export const ownerSetOperations = {
  addOwner: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owners',
    access: operator,
    tag,
    summary:
      'Name one more owner of a wallet. Once owners have verified, as many as have to agree have to agree to it. The new one has a say once verified.',
    command: 'wallet owner add',
    places: ['ownerAddress'],
    aliases: { ownerAddress: ['owner_address'] },
    status: 201,
    input: z.strictObject({
      id: WalletName,
      ownerAddress: Address.describe('address of a wallet of the owner’s own, which this daemon does not hold'),
      network: OwnerNetwork,
    }),
    output: WalletOwner,
    errors: [
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'CHAIN_NOT_SUPPORTED',
      'INVALID_ADDRESS',
      'ENVIRONMENT_NETWORK_MISMATCH',
      'OWNER_ALREADY_CONNECTED',
      'OWNER_CONSENT_REQUIRED',
    ],
  }),
  dropOwner: operation({
    method: 'DELETE',
    path: '/v1/wallets/{id}/owners/{ownerId}',
    access: operator,
    tag,
    summary:
      'Take one of several owners of a wallet away, with all that this owner has agreed to and nobody has acted on. Where that one has verified, as many owners as have to agree have to agree to it.',
    command: 'wallet owner drop',
    places: ['ownerId'],
    input: z.strictObject({ id: WalletName, ownerId: Id }),
    output: WalletOwner,
    errors: [
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'OWNER_NOT_CONNECTED',
      'OWNER_ALREADY_CONNECTED',
      'OWNER_CONSENT_REQUIRED',
    ],
  }),
  setOwnersNeeded: operation({
    method: 'PUT',
    path: '/v1/wallets/{id}/owners/needed',
    access: operator,
    tag,
    summary:
      'Say how many of the owners of a wallet have to agree. Once owners have verified, as many as had to until then have to agree to it.',
    command: 'wallet owner need',
    example: 'shop 2',
    places: ['needed'],
    input: z.strictObject({ id: WalletName, needed: z.coerce.number().int().min(1).max(10) }),
    output: WalletOwner,
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'OWNER_NOT_CONNECTED', 'OWNER_CONSENT_REQUIRED'],
  }),
  addOwnerWallet: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owner/wallets',
    access: owner,
    tag,
    summary:
      'Add another wallet of an owner, as the signed text says. Once it has verified it signs for that owner as the first one does.',
    aliases: { ownerAddress: ['owner_address'] },
    status: 201,
    input: z.strictObject({
      id: Id,
      ownerId: Id.optional().describe('whose it is to be, where a wallet has several owners'),
      ownerAddress: Address.describe('address of the new wallet'),
      network: OwnerNetwork,
    }),
    output: WalletOwner,
    errors: [
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'CHAIN_NOT_SUPPORTED',
      'INVALID_ADDRESS',
      'ENVIRONMENT_NETWORK_MISMATCH',
      'OWNER_ALREADY_CONNECTED',
      'OWNER_CONSENT_REQUIRED',
    ],
  }),
  dropOwnerWallet: operation({
    method: 'DELETE',
    path: '/v1/wallets/{id}/owner/wallets/{credentialId}',
    access: operator,
    tag,
    summary: 'Take a wallet of an owner away, such as a lost one. The owner keeps another one.',
    command: 'wallet owner drop-wallet',
    places: ['credentialId'],
    input: z.strictObject({ id: WalletName, credentialId: Id }),
    output: WalletOwner,
    errors: ['WALLET_NOT_FOUND', 'WALLET_TERMINATED', 'OWNER_NOT_CONNECTED'],
  }),
}
