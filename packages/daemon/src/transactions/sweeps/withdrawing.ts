import { Failure, invalidField, type Output, type Parsed, type sweepOperations } from '@waiaas/contract'
import type { Needed } from '../../consents/types.ts'
import {
  isEnough,
  type Ownership,
  type Wanted as OwnerWanted,
  ownerOf,
  type Standing,
  withdrawalOf,
} from '../../owners/service.ts'
import type { Principal } from '../../platform/caller.ts'
import type { Job } from '../job.ts'
import { digestOfWithdrawal, lockedSet } from './agreed.ts'
import { type Survey, survey, type Wanted } from './planning.ts'
import type { Asset } from './reading.ts'
import type { SweepParts } from './sweep-parts.ts'
import type { SweepRow } from './sweep-store.ts'

/** The owner of a wallet, who asks for what it holds. */
export type Owning = { principal: Principal<'owner'>; peer: string | undefined }
type Withdrawn = Parsed<(typeof sweepOperations)['withdrawWallet']>
type Withdrawal = Output<(typeof sweepOperations)['withdrawWallet']>
type Starting = {
  wantedOf(asked: { id: string; to: string; networks: string[] | undefined; tokens: string[] }): Promise<Wanted>
  start(wanted: Wanted, found: Survey, requester: Owning): Promise<string>
}

/** What the owner of a wallet takes out of it, to their own address alone. */
export function withdrawing(swept: SweepParts, { wantedOf, start }: Starting) {
  const { parts } = swept
  const { database } = parts

  /** To the owner who asks, or another one. A contract is on one network alone, and may be nobody elsewhere. */
  async function toOwner({ id, network, to }: Withdrawn, asker: string | undefined): Promise<Wanted> {
    const wallet = await database.read((db) => parts.switches.wallet(db, id))
    if (!wallet) throw new Failure('WALLET_NOT_FOUND', 'no such wallet')
    const { state, owners } = await database.read((db) => ownerOf(db, id))
    if (state === 'NONE') throw new Failure('NO_OWNER', 'this wallet has no owner')
    const owner = ownerAt(owners, to ?? asker)
    if (state !== 'LOCKED' || owner.verifiedAt === null)
      throw new Failure('WITHDRAW_LOCKED_ONLY', `${owner.address} has not verified as the owner`)
    const place = withdrawalOf(owner)
    if (!place)
      throw new Failure('WITHDRAW_LOCKED_ONLY', `${owner.address} was cut off, and nothing is taken out to it`)
    const only = place.network ?? network
    const networks = only === undefined ? undefined : [only]
    const wanted = await wantedOf({ id, to: place.address, networks, tokens: [] })
    if (network === undefined || wanted.networks[0]?.id === parts.resolveNetwork(wallet, network).id) return wanted
    throw new Failure('ENVIRONMENT_NETWORK_MISMATCH', `${place.address} is a contract on ${only}: withdraw there`)
  }

  return {
    /** Failures NO_OWNER, WITHDRAW_LOCKED_ONLY, and those of a sweep and of what is signed. */
    async withdraw(input: Withdrawn, requester: Owning): Promise<Withdrawal> {
      const wanted = await toOwner(input, requester.principal.address)
      const found = await survey(swept, wanted)
      const sweepId = await start(wanted, found, requester)
      return { sweepId, walletId: input.id, to: wanted.to, ...resultsOf(found) }
    },
    /** The text that asks the owner for it. */
    async challenge({ signer, ...input }: Withdrawn & { signer?: string | undefined }, origin: string) {
      const wanted = await toOwner(input, signer)
      const ownership = await database.read((db) => ownerOf(db, input.id))
      return parts.owners.challenge(withdrawal(wanted), ownership, { origin, by: signer })
    },
  }
}

/** Whose credential it is; without any the first. Failure ACTION_VALIDATION_FAILED. */
function ownerAt(owners: Ownership['owners'], named: string | undefined) {
  const found =
    named === undefined
      ? owners[0]
      : owners.find(
          (one) => one.credentials.some(({ address }) => address === named) || withdrawalOf(one)?.address === named,
        )
  if (found) return found
  throw invalidField('to', 'expected the address of an owner of this wallet')
}

type Agreed = Pick<SweepRow, 'agreed_by' | 'agreed_at' | 'agreed_networks' | 'agreed_set'>
/** Who of the owners still has to agree, where an owner asks for it; or that enough have. Failure OWNER_CONSENT_REQUIRED. */
export async function askOwners(
  { parts, db }: Job<Pick<SweepParts['parts'], 'owners' | 'needConsent'>>,
  wanted: Wanted,
  principal: Principal<'owner' | 'operator'>,
): Promise<{ missing: Standing } | { agreed: Agreed }> {
  if (principal.kind === 'operator') {
    await parts.needConsent(db, leaving(wanted))
    const agreed_set = await lockedSet(db, wanted.wallet.id)
    return { agreed: { agreed_by: null, agreed_at: null, agreed_networks: null, agreed_set } }
  }
  const { standing, at } = await parts.owners.agree(db, withdrawal(wanted), principal.signed)
  if (!isEnough(standing)) return { missing: standing }
  const networks = JSON.stringify(idsOf(wanted))
  return { agreed: { agreed_by: principal.address, agreed_at: at, agreed_networks: networks, agreed_set: null } }
}

const idsOf = ({ networks }: Pick<Wanted, 'networks'>): string[] => networks.map(({ id }) => id).sort()

/** What the owner of the wallet agrees to; what it holds changes with each block. */
function leaving({ wallet: { id, name, address }, to, networks }: Wanted): Needed {
  const ids = idsOf({ networks })
  return {
    action: 'withdraw',
    words: `the wallet ${JSON.stringify(name)}, ${address}, on ${ids.join(' and ')}, to ${to}`,
    content: { id, to, networks: ids },
    wallet: id,
  }
}

/** The same as an owner signs it. */
function withdrawal(wanted: Wanted): OwnerWanted {
  const { wallet, to } = wanted
  const { words } = leaving(wanted)
  const subject = { id: wallet.id, digest: digestOfWithdrawal({ id: wallet.id, to, networks: idsOf(wanted) }), words }
  return { wallet, action: 'withdraw', subject }
}

/** What goes and what stays, known before the first of it is sent. */
function resultsOf({ places, kept, unread }: Survey): Omit<Withdrawal, 'sweepId' | 'walletId' | 'to'> {
  const asset = (token: Asset['token']) => token?.address ?? 'native'
  const goes = places.flatMap(({ assets }) =>
    assets.map(({ network, token, amount }) => ({
      ...{ asset: asset(token), network: network.id, amount: String(amount), status: 'pending' as const },
    })),
  )
  const stays = kept.map(({ network, token, amount, why }) => ({
    ...{ asset: asset(token), network: network.id, amount: String(amount), status: 'failed' as const, error: why },
  }))
  const results = [...goes, ...stays]
  return { total: results.length, succeeded: 0, failed: stays.length, results, unread: [...unread] }
}
