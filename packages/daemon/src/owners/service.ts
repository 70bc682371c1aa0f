import { randomBytes } from 'node:crypto'
import {
  Failure,
  invalidField,
  type Network,
  newId,
  type Output,
  type ownerOperations,
  type ownerStopOperations,
  type Parsed,
  type Settings,
} from '@waiaas/contract'
import type { OwnerSignature } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { needWallet, networksOf, type WalletRow } from '../wallets/service.ts'
import { type Giver, giveChallenge } from './challenges.ts'
import { ownerChanges } from './changes.ts'
import {
  agree,
  askedOf,
  type ConsentParts,
  ownerOf,
  signerOf,
  type Taken,
  takeConsent,
  voicesOn,
  type Wanted,
} from './consents.ts'
import { cuttingOff } from './cutting.ts'
import { invitedOwners } from './invited.ts'
import { forgetInvitations, invitingOwners } from './inviting.ts'
import { namedOwner, ofWallet, placeOf, replacing } from './naming.ts'
import { accountOf } from './passkey-signed.ts'
import { ownerPasskeys, type PasskeyParts } from './passkeys.ts'
import {
  agreeing,
  isEnoughStill,
  isGood,
  mayAgree,
  type Ownership,
  ownershipOf,
  type Standing,
  withdrawalOf,
} from './rules.ts'
import { secondWallets } from './second.ts'
import { seeing } from './seeing.ts'
import { type SeveralParts, severalOwners } from './several.ts'
import { type SignedParts, signedBy } from './signed.ts'
import { ownerStops } from './stops.ts'
import { type ConsentRow, ownerStore } from './store.ts'
import { ownerView, shownOwner } from './views.ts'
import { forgetVoices, type HearingParts, hearing } from './voices.ts'
import { relyingPartyOf } from './webauthn.ts'

export type { Subject } from './actions.ts'
export { NEEDED_LINE } from './challenges.ts'
export { unlessMissing } from './changes.ts'
export type { Agreement, Wanted } from './consents.ts'
export { ownerOf, passkeyIn, signedFor } from './consents.ts'
export { passkeyPage } from './passkey-signed.ts'
export type { Ownership, Standing } from './rules.ts'
export { isEnough, setOf, standingOf, standingWords, withdrawalOf } from './rules.ts'
export type { OwnerWish } from './stops.ts'
export type { ConsentRow } from './store.ts'
export { voicesOf } from './voices.ts'

type Operations = typeof ownerOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
type StopOperations = typeof ownerStopOperations
type Challenge = Answer<'getOwnerChallenge'>
/** From which page a text is asked for, and whose it is to be; else the first owner's. */
type AskedBy = { readonly origin: string; readonly by?: string | undefined }
type Parts = Omit<PasskeyParts, 'relyingParty'> &
  SeveralParts & {
    settings(): Pick<Settings, 'server.public_url'>
    findNetwork(id: string): Network | undefined
    chain: SignedParts['chain']
    hear: HearingParts['hear']
  }
export type Owners = ReturnType<typeof owners>

/** Owners of wallets: named by the operator, verified by their own signature, and from then on the ones who approve. */
export function owners(parts: Parts) {
  const { database, clock } = parts
  const relyingParty = () => relyingPartyOf(parts.settings()['server.public_url'])
  const consentParts: ConsentParts = {
    ...{ clock, audit: parts.audit, nextVersion: parts.nextVersion },
    networks: (wallet) => networksOf(parts.networks(), wallet),
    findNetwork: parts.findNetwork,
  }

  const stops = ownerStops({ database, consents: consentParts, giver: () => giverOf(database) })

  /** The text for one who owns a wallet. Failures OWNER_NOT_CONNECTED, CHAIN_NOT_SUPPORTED. */
  async function challenge(wanted: Wanted, ownership: Ownership, { origin, by }: AskedBy): Promise<Challenge> {
    const signer = signerOf(ownership, wanted.action, by)
    if (!signer)
      throw new Failure(
        'OWNER_NOT_CONNECTED',
        `wallet ${wanted.wallet.id} has no ${by === undefined ? 'owner' : `owner ${by}`}`,
      )
    const asked = askedOf(consentParts, wanted, { by: signer, needed: ownership.needed })
    const given = giveChallenge(await giverOf(database), asked, { origin, now: clock.latest() })
    return { ...given, expiresAt: seconds(given.expiresAt) }
  }

  const cutting = cuttingOff(parts, consentParts)
  const second = secondWallets(parts, consentParts)
  const withPage = { ...parts, relyingParty, giver: () => giverOf(database) }

  return {
    /** Uses up what one owner signed, in the job of what it allows. Failures OWNER_NOT_CONNECTED, INVALID_SIGNATURE, INVALID_NONCE. */
    take: (db: Handle, wanted: Wanted, signed: OwnerSignature): Promise<ConsentRow> =>
      takeConsent(db, { parts: consentParts, wanted }, signed),
    /** The same of what as many owners have to sign as the wallet says; what others have signed before counts. */
    agree: (db: Handle, wanted: Wanted, signed: OwnerSignature): Promise<Taken> =>
      agree(db, { parts: consentParts, wanted }, signed),
    /** How far owners have agreed to it. */
    standing: async (db: Handle, wanted: Wanted): Promise<Standing> =>
      (await voicesOn(db, wanted, clock.latest())).standing,
    challenge,
    /** The owner whose signature came with a call; undefined where none came. */
    authenticate: signedBy({
      ...{ database, latest: clock.latest, findNetwork: parts.findNetwork, chain: parts.chain },
      giver: () => database.read(ownerStore.challenges),
      relyingParty,
      hear: hearing(parts),
    }),

    read: (id: string): Promise<Answer<'getOwner'>> =>
      database.read(async (db) => ownerView(parts.networks(), await needWallet(db, id), await ownerOf(db, id))),

    ...ownerChanges(parts, consentParts),
    ...seeing({ ...parts, giver: () => giverOf(database) }),
    several: severalOwners(parts),
    second,
    invitations: { ...invitingOwners(withPage), ...invitedOwners(withPage) },
    ...stops,

    cutOff: cutting.cutOff,
    actionChallenge: (input: ActionAsked, origin: string) =>
      database
        .read(async (db) => ({
          wanted: await actionOf({ stops, cutting }, db, input),
          ownership: await ownerOf(db, input.walletId),
        }))
        .then(({ ownership, wanted }) => challenge(wanted, ownership, { origin, by: input.signer })),
    ...ownerPasskeys(withPage, consentParts, { challenge }),

    walletChallenge: (input: Parsed<Operations['getOwnerChallenge']>, origin: string) =>
      database
        .read(async (db) => {
          if (input.action === 'add-credential') return second.wantedOf(db, { ...input, ...newWalletIn(input) })
          const [wallet, ownership] = [await needWallet(db, input.id), await ownerOf(db, input.id)]
          return { ownership, wanted: await wantedOf(parts, db, { wallet, ownership, input }) }
        })
        .then(({ ownership, wanted }) => challenge(wanted, ownership, { origin, by: input.signer })),
  }
}

type Saying = { stops: ReturnType<typeof ownerStops>; cutting: ReturnType<typeof cuttingOff> }
type ActionAsked = Parsed<StopOperations['getOwnerActionChallenge']>
/** What an owner says of the whole daemon, or of what signs for them. */
function actionOf({ stops, cutting }: Saying, db: Handle, { action, walletId, credential }: ActionAsked) {
  if (action !== 'cut-off') return stops.wantedOf(db, action, walletId)
  if (credential === undefined) throw invalidField('credential', 'expected what is to be cut off')
  return cutting.wantedOf(db, { walletId, credential })
}

/** The owners of wallets, for lists. */
export async function ownershipsOf(db: Handle, walletIds: readonly string[]): Promise<(walletId: string) => Ownership> {
  const rows = await ownerStore.ofWallets(db, walletIds)
  return (walletId) => ownershipOf(rows.filter(({ wallet_id }) => wallet_id === walletId))
}

/**
 * Of each of these wallets, the owners who have verified and whose signatures the signer checks by itself: those who sign with
 * the key of an address or a passkey. Undefined where too few do.
 */
export async function checkableOwners(db: Handle, walletIds: readonly string[]) {
  const ownershipOf = await ownershipsOf(db, walletIds)
  return (walletId: string): { threshold: number; owners: string[][] } | undefined => {
    const ownership = ownershipOf(walletId)
    if (ownership.state !== 'LOCKED') return undefined
    const keys = agreeing(ownership).map(({ credentials }) =>
      credentials
        .filter((one) => one.kind !== 'contract' && isGood(one))
        .map(({ kind, address, rpId: rp_id, publicKey: public_key }) =>
          kind === 'key' ? address : accountOf({ address, rp_id, public_key }),
        ),
    )
    const owners = keys.filter((one) => one.length > 0)
    return owners.length < ownership.needed ? undefined : { threshold: ownership.needed, owners }
  }
}

/**
 * Whether what was signed for a wallet would be enough now: all that signed it still signs for its owners, and they are as many
 * as have to agree. Of nobody's wallet nothing is.
 */
export async function suffices(
  db: Handle,
  walletId: string,
  said: readonly Pick<ConsentRow, 'credential_id'>[],
): Promise<boolean> {
  return isEnoughStill(await ownerOf(db, walletId), said)
}

/** Whether an owner whose word counts takes out to an address on these networks: a contract is on one of them alone. */
export async function withdrawsTo(
  db: Handle,
  walletId: string,
  { to, networks }: { to: string; networks: readonly string[] },
): Promise<boolean> {
  const { owners } = await ownerOf(db, walletId)
  const places = owners.filter(mayAgree).map(withdrawalOf)
  return places.some(
    (place) => place?.address === to && networks.every((one) => place.network === null || place.network === one),
  )
}

/** A key that comes in again has the owner that it left with; part of the job that stores its wallet. */
export const followKey = async (
  db: Handle,
  { id, chain, address }: Pick<WalletRow, 'id' | 'chain' | 'address'>,
): Promise<void> => void (await ownerStore.follow(db, { wallet: id, chain, address }))

/** Whether somebody who owns a wallet has verified: nobody, only later than a time in milliseconds, or earlier too. */
export async function verifiedBefore(db: Handle, at: number): Promise<'nobody' | 'later' | 'before'> {
  const first = await ownerStore.firstVerified(db)
  if (first === null) return 'nobody'
  return first < at ? 'before' : 'later'
}

/** What was signed before a backup, or under another daemon, is good for nothing any more. */
export async function forgetChallenges(db: Handle): Promise<void> {
  await ownerStore.forgetChallenges(db)
  await forgetVoices(db)
  await forgetInvitations(db)
}

/** The owners of wallets as wallets show them. */
export async function shownOwners(db: Handle, walletIds: readonly string[]) {
  const ownershipOf = await ownershipsOf(db, walletIds)
  return (walletId: string) => shownOwner(ownershipOf(walletId))
}

/** Failure ACTION_VALIDATION_FAILED. */
function newWalletIn({ ownerAddress }: Parsed<Operations['getOwnerChallenge']>): { ownerAddress: string } {
  if (ownerAddress !== undefined) return { ownerAddress }
  throw invalidField('ownerAddress', 'expected the address of the new wallet')
}

async function wantedOf(
  parts: Parts,
  db: Handle,
  {
    wallet,
    ownership,
    input,
  }: { wallet: WalletRow; ownership: Ownership; input: Parsed<Operations['getOwnerChallenge']> },
): Promise<Wanted> {
  const { action, ownerAddress, ownerId, network } = input
  if (action !== 'replace') return { wallet, action, subject: ofWallet(wallet) }
  if (ownerAddress === undefined) throw invalidField('ownerAddress', 'expected the address of the new owner')
  const named = await namedOwner(parts, db, { wallet, ownerAddress, network })
  return { wallet, action, subject: replacing(wallet, { ...named, place: placeOf(ownership, ownerId) }) }
}

/** The row is made when the first challenge is given. */
async function giverOf(database: Database): Promise<Giver> {
  const known = await database.read(ownerStore.challenges)
  if (known) return known
  return database.work({ exclusive: ['owners'] }, async (db) => {
    await ownerStore.insertChallenges(db, { daemon: newId(), mark: randomBytes(32).toString('hex') })
    return (await ownerStore.challenges(db))!
  })
}
