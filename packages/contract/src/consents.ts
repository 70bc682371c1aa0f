import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { lookers, OwnerChallenge, OwnersAgreed, Signer } from './owners.ts'

const tag = 'Owners'

/** What the operator asked for and owners have to agree to. */
export const Consent = z.object({
  id: Id,
  action: z.enum(['loosen', 'withdraw', 'export', 'change-owners']),
  words: z.string().describe('what it is, as owners read it'),
  digest: z.string().describe('SHA-256 of exactly that'),
  wallets: z.array(
    z.object({
      walletId: Id,
      name: z.string(),
      ownerAddress: z.string().nullable().describe('who has to agree; null where the wallet has no verified owner now'),
      agreed: z.boolean(),
      owners: OwnersAgreed,
    }),
  ),
  isAgreed: z.boolean().describe('all have agreed: the operator can make the same call again'),
  expiresAt: UnixSeconds,
})
export type Consent = z.infer<typeof Consent>

const named = z.strictObject({ id: Id })
const ofWallet = z.strictObject({ id: Id, walletId: Id.describe('the wallet whose owner agrees') })

/** What owners agree to before the operator can do it. */
export const consentOperations = {
  listConsents: operation({
    method: 'GET',
    path: '/v1/owner/consents',
    access: lookers,
    tag,
    summary:
      'List what owners are asked to agree to and the operator has not done yet, newest first, 100 at most. An owner sees those of their wallets.',
    command: 'owner consents',
    input: z.strictObject({}),
    output: z.object({ consents: z.array(Consent) }),
    errors: [],
  }),
  getConsent: operation({
    method: 'GET',
    path: '/v1/owner/consents/{id}',
    access: lookers,
    tag,
    summary: 'Show what owners are asked to agree to, and who has. Its id is in the answer that asked for it.',
    input: named,
    output: Consent,
    errors: ['CONSENT_NOT_FOUND'],
  }),
  getConsentChallenge: operation({
    method: 'GET',
    path: '/v1/owner/consents/{id}/challenge',
    access: lookers,
    tag,
    summary: 'Get the text that the owner of one of the wallets signs to agree.',
    input: ofWallet.extend({ walletId: WalletName.describe('the wallet whose owner agrees'), signer: Signer }),
    output: OwnerChallenge,
    errors: ['CONSENT_NOT_FOUND', 'WALLET_NOT_FOUND', 'OWNER_NOT_CONNECTED', 'CHAIN_NOT_SUPPORTED'],
  }),
  giveConsent: operation({
    method: 'POST',
    path: '/v1/owner/consents/{id}/agree',
    access: ['owner'],
    tag,
    summary:
      'Agree, by the signature of the challenge. Once all owners have, the operator makes the same call again, and it passes once.',
    input: ofWallet,
    output: Consent,
    errors: ['CONSENT_NOT_FOUND', 'WALLET_NOT_FOUND', 'OWNER_CONSENT_REQUIRED'],
  }),
}
