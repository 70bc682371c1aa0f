import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import {
  Address,
  Chain,
  EnvironmentName,
  Name,
  NetworkName,
  OwnerState,
  TransactionStatus,
  Unwritten,
  WalletStatus,
} from './wire.ts'

const tag = 'Owners'
const operator = ['operator'] as const
const owner = ['owner'] as const
/** The text of what an owner signs is for that owner, and for the operator. */
export const lookers = ['operator', 'viewer'] as const
const older = ['approval_method', 'approvalMethod', 'wallet_type', 'walletType'] as const

/** A text that an owner signs: once, within five minutes, for nothing but what it says. */
export const OwnerChallenge = z.object({
  message: z.string().describe('to be signed as it is: as EIP-191 by owners of EVM wallets, its UTF-8 bytes by others'),
  nonce: z.string(),
  expiresAt: UnixSeconds,
})

/** Whose text a challenge is. */
export const Signer = z
  .string()
  .max(2_000)
  .optional()
  .describe('whose text it is, where a wallet has several owners: as in X-Owner-Address')

const Credential = z.string().min(1).max(2_000)

/** How far the owners of a wallet have agreed to something. */
export const OwnersAgreed = z.object({
  needed: z.int().describe('how many of the owners have to agree'),
  agreed: z.array(z.string()).describe('owners who have'),
  missing: z.array(z.string()).describe('owners who have not; not all of them may have to'),
})

export type OwnersAgreed = z.output<typeof OwnersAgreed>

const WalletOwnerEntry = z.object({
  id: Id,
  address: z.string().describe('the name of this owner: the first wallet, or passkey: and the id of the first passkey'),
  verifiedAt: UnixSeconds.nullable(),
  withdrawTo: z
    .string()
    .nullable()
    .describe('where all goes that this owner takes out; null where all that they could name is cut off'),
  agrees: z.boolean().describe('false while nothing that they sign counts, since something of theirs was cut off'),
  withdrawNetwork: z.string().nullable().describe('of a contract: the network that it is on'),
  credentials: z
    .array(
      z.object({
        id: Id,
        kind: z.enum(['key', 'contract', 'passkey']),
        address: z.string(),
        network: z.string().nullable(),
        rpId: z.string().nullable().describe('of a passkey: the host that it is of'),
        verified: z.boolean().describe('false of a wallet that was added and has yet to verify'),
        cutOffAt: UnixSeconds.nullable().describe('when its owner cut it off: it signs for nobody since'),
        createdAt: UnixSeconds,
      }),
    )
    .describe('each signs for this owner; all of them are one voice'),
})

/** Who the owners of a wallet are. */
export const WalletOwner = z.object({
  id: Id,
  name: Name,
  chain: Chain,
  network: z.string(),
  environment: EnvironmentName,
  publicKey: Address,
  status: WalletStatus,
  ownerAddress: z.string().nullable(),
  ownerState: OwnerState,
  ownerVerified: z.boolean().nullable(),
  ownerNetwork: z.string().nullable().describe('of an owner that is a contract: the network that it is on'),
  nextOwnerAddress: z
    .string()
    .nullable()
    .describe('takes the place of the owner once it has verified; the owner has agreed'),
  owners: z.array(WalletOwnerEntry),
  needed: z.int().describe('how many of the owners have to agree to what takes an owner'),
  warning: z.string().nullable().optional(),
  updatedAt: UnixSeconds.nullable(),
})

export const OwnerNetwork = NetworkName.optional().describe(
  'only of an owner that is a contract (ERC-1271): the network that it is on',
)
const named = z.strictObject({ id: WalletName })

const answered = [
  'TX_NOT_FOUND',
  'APPROVAL_NOT_FOUND',
  'TX_ALREADY_PROCESSED',
  'WALLET_SUSPENDED',
  'WALLET_TERMINATED',
] as const

/** What an owner says to what waits. */
export const ownerAnswerOperations = {
  getTransactionChallenge: operation({
    method: 'GET',
    path: '/v1/transactions/{id}/challenge',
    access: lookers,
    tag,
    summary: 'Get the text that the owner of a wallet signs to approve or reject a transaction that waits.',
    input: z.strictObject({ id: Id, decision: z.enum(['approve', 'reject']), signer: Signer }),
    output: OwnerChallenge,
    errors: [...answered, 'WALLET_NOT_FOUND', 'OWNER_NOT_CONNECTED', 'CHAIN_NOT_SUPPORTED'],
  }),
  approveTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/{id}/approve',
    access: owner,
    tag,
    summary: 'Approve a transaction that waits, as the owner of its wallet, exactly as the signed text says.',
    input: z.strictObject({ id: Id }),
    output: z.object({
      id: Id,
      status: TransactionStatus,
      approvedAt: UnixSeconds.nullable().describe('null while other owners have to approve it too'),
      owners: OwnersAgreed.optional().describe('where a wallet has several owners: who has agreed, and who has not'),
    }),
    errors: [
      ...answered,
      'POLICY_DENIED',
      'CEILING_EXCEEDED',
      'INVALID_TRANSACTION',
      'CHAIN_NOT_SUPPORTED',
      'CHAIN_ERROR',
    ],
  }),
  rejectTransaction: operation({
    method: 'POST',
    path: '/v1/transactions/{id}/reject',
    access: owner,
    tag,
    summary: 'Reject a transaction that waits, as the owner of its wallet.',
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, status: z.literal('CANCELLED'), rejectedAt: UnixSeconds }),
    errors: answered,
  }),
}

/** What owners do of the whole daemon. */
export const ownerStopOperations = {
  getOwnerActionChallenge: operation({
    method: 'GET',
    path: '/v1/owner/challenge',
    access: 'public',
    tag,
    summary:
      'Get the text that the owner of a wallet signs to stop everything, to let it run again, to stop a recovery, or to cut off something that signs for them.',
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      action: z.enum(['kill-switch', 'recover', 'cancel-recovery', 'cut-off']),
      walletId: Id.describe('a wallet of the owner'),
      credential: Credential.optional().describe('with cut-off: what signs no more, as in X-Owner-Address'),
      signer: Signer,
    }),
    output: OwnerChallenge,
    errors: ['WALLET_NOT_FOUND', 'OWNER_NOT_CONNECTED', 'CHAIN_NOT_SUPPORTED', 'INVALID_ADDRESS'],
  }),
  cutOffCredential: operation({
    method: 'POST',
    path: '/v1/owner/cut-off',
    access: owner,
    tag,
    summary:
      'Cut off something that signs for an owner, such as the passkey of a lost phone or a stolen key, as that owner, alone and at once. It cuts itself off, or is cut off by another one of theirs: then nothing of that owner counts until the operator has taken it away. It only stops; a new one is added as ever.',
    aliases: { walletId: ['wallet_id'] },
    input: z.strictObject({
      walletId: Id.describe('a wallet of the owner; it is cut off in each that both own together'),
      credential: Credential.describe('what signs no more, as in X-Owner-Address'),
    }),
    output: z.object({
      credential: z.string(),
      cutOffAt: UnixSeconds,
      wallets: z.array(
        z.object({
          id: Id,
          agrees: z
            .boolean()
            .describe(
              'what this owner signs there still counts; false until the operator has taken away what is cut off',
            ),
        }),
      ),
    }),
    errors: ['WALLET_NOT_FOUND', 'OWNER_NOT_CONNECTED', 'INVALID_ADDRESS'],
  }),
  getNonce: operation({
    method: 'GET',
    path: '/v1/nonce',
    access: 'public',
    tag,
    summary:
      'Get a nonce for older clients, whose owners sign that alone: to stop everything, or with txId to reject that transaction.',
    input: z.strictObject({ txId: Id.optional().describe('the transaction that is to be rejected') }),
    output: OwnerChallenge.omit({ message: true }),
    errors: [],
  }),
  ownerKillSwitch: operation({
    method: 'POST',
    path: '/v1/owner/kill-switch',
    access: ['owner', 'stopper'],
    tag,
    summary: 'Stop everything, as the owner of a wallet. Once this has answered, nothing new is signed or sent.',
    input: z.strictObject({}),
    output: z.object({ state: z.literal('SUSPENDED'), activatedAt: UnixSeconds, unwritten: Unwritten }),
    errors: ['KILL_SWITCH_ACTIVE', 'OWNER_CONSENT_REQUIRED'],
  }),
  startRecovery: operation({
    method: 'POST',
    path: '/v1/admin/recovery',
    access: operator,
    tag,
    summary:
      'Ask to unlock a locked daemon without its owners, whose keys are lost. It may be unlocked a day later, unless an owner stops that.',
    command: 'recover',
    whenDown:
      'a recovery takes a daemon that runs, locked as it is: its day is one in which owners hear of it and can stop it',
    status: 201,
    input: z.strictObject({}),
    output: z.object({ startedAt: UnixSeconds, opensAt: UnixSeconds }),
    errors: ['INVALID_STATE_TRANSITION'],
  }),
  cancelRecovery: operation({
    method: 'DELETE',
    path: '/v1/owner/recovery',
    access: owner,
    tag,
    summary: 'Stop a recovery that the operator has asked for, as the owner of a wallet.',
    input: z.strictObject({}),
    output: z.object({ cancelledAt: UnixSeconds }),
    errors: ['INVALID_STATE_TRANSITION', 'OWNER_CONSENT_REQUIRED'],
  }),
}

/** Owners of wallets: people with a wallet of their own, who approve what leaves this one. */
export const ownerOperations = {
  getOwner: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/owner',
    access: operator,
    tag,
    summary: 'Show the owner of a wallet, and whether that owner has verified.',
    command: 'wallet owner show',
    input: named,
    output: WalletOwner,
    errors: ['WALLET_NOT_FOUND'],
  }),
  setOwner: operation({
    method: 'PUT',
    path: '/v1/wallets/{id}/owner',
    access: operator,
    tag,
    summary:
      'Name the owner of a wallet, who approves what needs an approval once verified. Once owners have verified, one of them is replaced only as many as have to agree say, each with the X-Owner headers of a call.',
    command: 'wallet owner set',
    places: ['ownerAddress'],
    aliases: { ownerAddress: ['owner_address'] },
    ignored: older,
    input: z.strictObject({
      id: WalletName,
      ownerAddress: Address.describe('address of a wallet of the owner’s own, which this daemon does not hold'),
      ownerId: Id.optional().describe('whose place is taken, where a wallet has several owners'),
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
      'OWNER_NOT_CONNECTED',
      'INVALID_SIGNATURE',
      'INVALID_NONCE',
      'CHAIN_ERROR',
    ],
  }),
  removeOwner: operation({
    method: 'DELETE',
    path: '/v1/wallets/{id}/owner',
    access: operator,
    tag,
    summary:
      'Remove the owners of a wallet, so that the operator approves again. As many who have verified as have to agree have to agree, each with the X-Owner headers of a call.',
    command: 'wallet owner remove',
    mayLoosen: true,
    input: named,
    output: WalletOwner,
    errors: [
      'WALLET_NOT_FOUND',
      'OWNER_CONSENT_REQUIRED',
      'OWNER_NOT_CONNECTED',
      'INVALID_SIGNATURE',
      'INVALID_NONCE',
      'CHAIN_ERROR',
    ],
  }),
  verifyOwner: operation({
    method: 'POST',
    path: '/v1/wallets/{id}/owner/verify',
    access: owner,
    tag,
    summary:
      'Verify as the owner of a wallet, by signing the challenge for it. From then on the operator alone approves nothing, and cannot replace the owner.',
    input: z.strictObject({ id: Id }),
    output: z.object({ ownerState: OwnerState, ownerAddress: z.string().nullable(), ownerVerified: z.boolean() }),
    errors: ['WALLET_NOT_FOUND'],
  }),
  getOwnerChallenge: operation({
    method: 'GET',
    path: '/v1/wallets/{id}/owner/challenge',
    access: lookers,
    tag,
    summary: 'Get the text that an owner signs to verify, to agree to be replaced or removed, or to add a wallet.',
    aliases: { ownerAddress: ['owner_address'] },
    input: z.strictObject({
      id: WalletName,
      action: z.enum(['verify', 'replace', 'remove', 'add-credential']),
      ownerAddress: Address.optional().describe('with replace: the new owner; with add-credential: the new wallet'),
      ownerId: Id.optional().describe(
        'where a wallet has several owners: with replace whose place is taken, with add-credential whose it is to be',
      ),
      network: OwnerNetwork,
      signer: Signer,
    }),
    output: OwnerChallenge,
    errors: [
      'WALLET_NOT_FOUND',
      'OWNER_NOT_CONNECTED',
      'INVALID_ADDRESS',
      'CHAIN_NOT_SUPPORTED',
      'ENVIRONMENT_NETWORK_MISMATCH',
      'OWNER_ALREADY_CONNECTED',
      'OWNER_CONSENT_REQUIRED',
      'WALLET_TERMINATED',
    ],
  }),
}
