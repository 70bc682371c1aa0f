import { Failure, type Network } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import { families } from '../chains/families.ts'
import type { OwnerSignature } from '../platform/caller.ts'
import type { Clock } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import type { WalletRow } from '../wallets/service.ts'
import { type Action, actions, type Subject } from './actions.ts'
import { type Asked, assertAsks, goodNonce } from './challenges.ts'
import { type Ownership, ownershipOf } from './rules.ts'
import { numberOf } from './signed.ts'
import { type ConsentRow, ownerStore } from './store.ts'

export type ConsentParts = {
  clock: Clock
  audit: Pick<Audit, 'record'>
  networks(wallet: Wanted['wallet']): readonly Network[]
  findNetwork(id: string): Network | undefined
}
/** What an owner is asked for, of which wallet. */
export type Wanted = {
  readonly wallet: Pick<WalletRow, 'id' | 'chain' | 'environment'>
  readonly action: Action
  readonly subject: Subject
}
/** One of those who own a wallet, or will. */
type Signer = NonNullable<Ownership['owner']>

/** Who owns a wallet. */
export const ownerOf = async (db: Handle, walletId: string): Promise<Ownership> =>
  ownershipOf(await ownerStore.ofWallets(db, [walletId]))

/** What owners signed to approve a transaction. */
export const approvalsSigned = (db: Handle, transactionId: string): Promise<ConsentRow[]> =>
  ownerStore.consentsOn(db, transactionId, 'approve')

/** The text that asks one owner for one thing. Failure CHAIN_NOT_SUPPORTED. */
export function askedOf({ networks, findNetwork }: ConsentParts, wanted: Wanted, owner: Signer): Asked {
  const { wallet, action, subject } = wanted
  const form = families[wallet.chain]?.owner
  if (!form) throw new Failure('CHAIN_NOT_SUPPORTED', `wallets of ${wallet.chain} have no owners in this release`)
  // A key is the same on each network: any will do, as long as it stays the same.
  const network = owner.network === null ? networks(wallet)[0] : findNetwork(owner.network)
  const chainId = form.namesChain ? numberOf(network) : undefined
  return { form, address: owner.address, chainId, walletId: wallet.id, action, subject }
}

/** Whose signature an action takes: who has yet to verify where that is what is asked, else the owner. */
export const signerOf = ({ owner, next }: Ownership, action: Action): Signer | undefined =>
  action === 'verify' ? (next ?? owner) : owner

type Taking = { parts: ConsentParts; wanted: Wanted }

/**
 * Whether an owner signed exactly this, as the owner of this wallet, and it was not used; what is kept of it. Failures
 * OWNER_NOT_CONNECTED, OWNER_CONSENT_REQUIRED, INVALID_SIGNATURE, INVALID_NONCE.
 */
export async function checkConsent(
  db: Handle,
  { parts, wanted }: Taking,
  signed: OwnerSignature,
): Promise<{ consent: ConsentRow; ownership: Ownership }> {
  const { wallet, action, subject } = wanted
  const ownership = await ownerOf(db, wallet.id)
  const signer = signerOf(ownership, action)
  if (!signer) throw new Failure('OWNER_NOT_CONNECTED', `wallet ${wallet.id} has no owner`)
  if (signer.address !== signed.address || signer.network !== signed.network)
    throw new Failure(
      'INVALID_SIGNATURE',
      `expected a signature of the owner ${signer.address}, got one of ${signed.address}`,
    )
  if (ownership.state !== 'LOCKED' && !actions[action].byUnverified)
    throw new Failure('OWNER_CONSENT_REQUIRED', 'the owner has to verify first')
  const giver = await ownerStore.challenges(db)
  const about = actions[action].byNonce?.(subject)
  const nonce = goodNonce(giver, signed.message, { about: about ?? '', now: parts.clock.latest() })
  const isText = nonce !== signed.message || about === undefined
  if (isText) assertAsks(giver!, askedOf(parts, wanted, signer), signed.message)
  if (await ownerStore.consent(db, nonce)) throw used()
  const row = { nonce, action, subject: subject.id, digest: subject.digest, wallet_id: wallet.id, owner_id: signer.id }
  const { address, network, message, signature } = signed
  return { ownership, consent: { ...row, ...{ address, network, message, signature }, at: parts.clock.now() } }
}

/** The same, and uses it up, in the job of what it allows; the job holds the wallet. */
export async function takeConsent(db: Handle, taking: Taking, signed: OwnerSignature): Promise<ConsentRow> {
  const { consent, ownership } = await checkConsent(db, taking, signed)
  if (!(await ownerStore.insertConsent(db, consent))) throw used()
  const { parts, wanted } = taking
  if (actions[wanted.action].verifies) await verified(db, ownership, { parts, wallet: wanted.wallet, signed })
  return consent
}

const used = () => new Failure('INVALID_NONCE', 'the signature was used before: each is good once')

type Verifying = { parts: ConsentParts; wallet: Wanted['wallet']; signed: OwnerSignature }

/** Whoever signed has shown to be the owner; who was it before is it no more. */
async function verified(db: Handle, before: Ownership, { parts, wallet, signed }: Verifying): Promise<void> {
  const { owner, next } = before
  const now = next ?? owner
  if (!now || now.verifiedAt !== null || now.address !== signed.address) return
  if (next && owner) await ownerStore.remove(db, owner.id)
  await ownerStore.verify(db, now.id, parts.clock.now())
  const by = { actor: `owner:${now.address}`, ip: signed.ip } as const
  const details = { address: now.address, replaced: next && owner ? owner.address : null }
  await parts.audit.record(db, { event: 'OWNER_VERIFIED', ...by, walletId: wallet.id, details })
}
