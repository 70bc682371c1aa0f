import { Failure, invalidField, type Network, newId, PASSKEY_PREFIX } from '@waiaas/contract'
import { families } from '../chains/families.ts'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { resolveNetwork, type WalletRow, walletAt } from '../wallets/service.ts'
import type { Subject } from './actions.ts'
import type { Candidate } from './invitation-store.ts'
import type { Ownership, Person } from './rules.ts'
import { type NewCredential, ownerStore } from './store.ts'
import type { Passkey, RelyingParty } from './webauthn.ts'

export type NamingParts = { networks(): readonly Network[] }
export type Named = { readonly address: string; readonly network: string | null }

type Naming = {
  readonly wallet: WalletRow
  readonly ownerAddress: string
  readonly network: string | undefined
  /** As the caller calls the address. */
  readonly field?: string
}
/** Who is meant. Failures INVALID_ADDRESS, CHAIN_NOT_SUPPORTED, ENVIRONMENT_NETWORK_MISMATCH, and of who lives here. */
export async function namedOwner(
  { networks }: NamingParts,
  db: Handle,
  { wallet, ownerAddress, network, field = 'ownerAddress' }: Naming,
): Promise<Named> {
  const form = families[wallet.chain]?.owner
  if (!form) throw new Failure('CHAIN_NOT_SUPPORTED', `wallets of ${wallet.chain} have no owners in this release`)
  const address = form.address(ownerAddress)
  if (await walletAt(db, wallet.chain, address))
    throw invalidField(
      field,
      'expected an address that this daemon does not hold: whoever owns a wallet has to be somebody else than those who use this one',
    )
  if (network === undefined) return { address, network: null }
  if (!form.namesChain)
    throw invalidField('network', 'expected no network: only owners of EVM wallets can be contracts')
  return { address, network: resolveNetwork(networks(), wallet, network).id }
}

/** A wallet as the owner reads it. */
const walletWords = ({ name, address }: WalletRow): string => `the wallet '${name}', ${address}`
/** All that is to be said is the wallet itself. */
export const ofWallet = (wallet: WalletRow): Subject => ({
  id: wallet.id,
  digest: sha256(JSON.stringify([wallet.id, wallet.chain, wallet.address])),
  words: walletWords(wallet),
})
type Replacing = Named & { readonly place: Pick<Person, 'id' | 'address'> }
/** Who comes instead of whom. */
export const replacing = (wallet: WalletRow, { address, network, place }: Replacing): Subject => ({
  id: wallet.id,
  digest: sha256(JSON.stringify([wallet.id, place.id, address, network])),
  words: `${address}${network === null ? '' : `, a contract on ${network},`} instead of ${place.address}, of ${walletWords(wallet)}`,
})

/** Whose place is taken: of the only owner, or of the one who is named. Failures OWNER_NOT_CONNECTED, OWNER_ALREADY_CONNECTED. */
export function placeOf({ owners }: Pick<Ownership, 'owners'>, ownerId: string | undefined): Person {
  const place = ownerId === undefined ? owners[0] : owners.find(({ id }) => id === ownerId)
  if (!place) throw new Failure('OWNER_NOT_CONNECTED', 'expected the id of an owner of this wallet')
  if (ownerId === undefined && owners.length > 1)
    throw new Failure(
      'OWNER_ALREADY_CONNECTED',
      `this wallet has ${owners.length} owners: say whose place is taken, with ownerId`,
    )
  return place
}

type Owning = { readonly owners: readonly Person[]; readonly next?: Person | undefined }
/** One person must not count twice, whatever network it is on. Failure OWNER_ALREADY_CONNECTED. */
export function requireNobodys({ owners, next }: Owning, { address }: Named): void {
  const people = [...owners, ...(next ? [next] : [])]
  if (people.some(({ credentials }) => credentials.some((one) => one.address === address)))
    throw new Failure('OWNER_ALREADY_CONNECTED', `${address} is an owner of this wallet already`)
}

const NO_PLACE = { withdraw_to: null, withdraw_network: null }

/** Somebody who is named as an owner; `replaces` is whose place they take once they have verified. */
export async function insertOwner(
  db: Handle,
  { wallet, named, replaces, at }: { wallet: { id: string }; named: Named; replaces: string | null; at: number },
): Promise<string> {
  const id = newId(at)
  await ownerStore.insert(db, { id, wallet_id: wallet.id, created_at: at, verified_at: null, replaces, ...NO_PLACE })
  await ownerStore.insertCredential(db, {
    ...{ id: newId(at), owner_id: id, kind: named.network === null ? 'key' : 'contract', ...named, created_at: at },
    ...{ public_key: null, rp_id: null, sign_count: null, proven: 1 },
  })
  return id
}

/** A passkey that has signed so often, as the one of an owner. */
export function passkeyRow(
  { id: rpId }: Pick<RelyingParty, 'id'>,
  { credentialId, publicKey, signCount }: Passkey & { signCount: number },
  { owner, at }: { owner: string; at: number },
): NewCredential {
  return {
    ...{ id: newId(at), owner_id: owner, kind: 'passkey', address: `${PASSKEY_PREFIX}${credentialId}`, network: null },
    ...{ public_key: publicKey, rp_id: rpId, sign_count: signCount, created_at: at, proven: 1 },
  }
}

/** Whoever has shown to hold a passkey becomes an owner who has verified, with what they signed. Answers the address. */
export async function insertPasskeyOwner(
  db: Handle,
  { wallet, candidate, at }: { wallet: { id: string }; candidate: Candidate; at: number },
): Promise<string> {
  const { withdrawTo, network, rpId, nonce, digest, message, signature } = candidate
  const id = newId(at)
  const row = { id, wallet_id: wallet.id, created_at: at, verified_at: at, replaces: null }
  await ownerStore.insert(db, { ...row, withdraw_to: withdrawTo, withdraw_network: network })
  const passkey = passkeyRow({ id: rpId }, candidate, { owner: id, at })
  await ownerStore.insertCredential(db, passkey)
  const { address } = passkey
  await ownerStore.insertConsent(db, {
    ...{ nonce, action: 'verify', subject: wallet.id, digest, wallet_id: wallet.id, owner_id: id, address, message },
    ...{ network: null, signature, at: candidate.at, credential_id: passkey.id, content: null, spent_at: at },
    ...{ public_key: passkey.public_key, rp_id: rpId, needed: null },
  })
  return address
}
