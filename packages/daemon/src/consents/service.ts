import {
  type Consent,
  type consentOperations,
  Failure,
  isFailure,
  newId,
  type Output,
  type ownerOperations,
  type Parsed,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import {
  checkableOwners,
  followKey,
  isEnough,
  type Owners,
  type Ownership,
  ownershipsOf,
  setOf,
  shownOwners,
  signedFor,
  standingOf,
  standingWords,
  voicesOf,
  type Wanted,
} from '../owners/service.ts'
import type { By, OwnerSignature } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { findWallet, liveWallets, needWallet, type WalletRow } from '../wallets/service.ts'
import { consentStore, type RequestRow } from './store.ts'
import { type NeedConsent, type Needed, type Sets, Unasked, type VoicesFor } from './types.ts'
import { inPlain } from './words.ts'

type Parts = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  owners: Pick<Owners, 'take' | 'challenge'>
}
type Challenge = Output<typeof ownerOperations.getOwnerChallenge>
type Asking = Parsed<typeof consentOperations.getConsentChallenge>
export type Consents = ReturnType<typeof consents>

/** So long owners have to agree, and the operator to make the call again. */
const OPEN_MS = 24 * 3_600_000
/** More than an owner reads, and more than a header holds. */
const MOST_WORDS = 6_000

/** Passes, or says whose agreement is missing. */
export const needConsents =
  (clock: Pick<Clock, 'now' | 'latest'>): NeedConsent =>
  async (db, asked) => {
    const needed = plain(asked)
    const locked = await lockedWallets(db, needed)
    if (locked.length === 0) return
    if (needed.words.length > MOST_WORDS)
      throw new Failure(
        'ACTION_VALIDATION_FAILED',
        `expected no more at once than an owner can read, ${MOST_WORDS} characters; make the change in parts`,
      )
    const wallets = setsOf(locked)
    const digest = digestOf(needed, wallets)
    const row = await consentStore.open(db, digest, clock.latest())
    const said = row ? await signedFor(db, row.id, row.action) : []
    const missing = locked.filter(({ ownership }) => !isEnough(standingOf(ownership, said)))
    if (row && missing.length === 0 && (await consentStore.use(db, row.id, clock.now()))) return
    throw required({ needed, digest, wallets, id: row?.id ?? newId(clock.now()) }, { missing, said })
  }

/** What owners have signed for the signer of what is asked of them and open; none of what is not. */
const consentVoices =
  (clock: Pick<Clock, 'latest'>): VoicesFor =>
  async (db, asked) => {
    const needed = plain(asked)
    const row = await consentStore.open(db, digestOf(needed, setsOf(await lockedWallets(db, needed))), clock.latest())
    return row ? voicesOf(db, [row.id]) : []
  }

const setsOf = (locked: Awaited<ReturnType<typeof lockedWallets>>): Sets =>
  Object.fromEntries(locked.map(({ wallet, ownership }) => [wallet.id, setOf(ownership)]).sort())
const plain = (asked: Needed): Needed => ({ ...asked, words: inPlain(asked.words) })

/** What wallets ask of owners. */
export const ofOwners = (clock: Pick<Clock, 'now' | 'latest'>) => ({
  ...{ owners: shownOwners, followOwners: followKey, checkableOwners },
  ...{ needConsent: needConsents(clock), consentVoices: consentVoices(clock) },
})

type AskingCalls = <T>(by: By, call: () => Promise<T> | T) => Promise<T>
/** Makes a call; what owners have to agree to for it is asked of them. Failures of the call. */
export function askingFor({ database, clock, audit }: Omit<Parts, 'owners'>): AskingCalls {
  const ask = ({ needed, id, digest, wallets }: Unasked, { actor, ip }: By) =>
    database.work({ exclusive: ['consents', SYSTEM_EVIDENCE] }, async (db) => {
      const now = clock.now()
      await consentStore.forget(db, now - OPEN_MS)
      if (await consentStore.open(db, digest, clock.latest())) return
      const { action, words } = needed
      const times = { created_at: now, expires_at: clock.latest() + OPEN_MS, used_at: null }
      const signs = needed.signs ? JSON.stringify(needed.signs) : null
      await consentStore.insert(db, { id, action, digest, words, wallets: JSON.stringify(wallets), ...times, signs })
      const details = { consent: id, action, digest, words, wallets: Object.keys(wallets) }
      await audit.record(db, { event: 'OWNERS_ASKED', actor, ip, details })
    })
  return async (by, call) => {
    try {
      return await call()
    } catch (error) {
      if (isFailure(error) && error.cause instanceof Unasked) await ask(error.cause, by)
      throw error
    }
  }
}

/** What owners are asked, what they answer, and what waits for them. */
export function consents({ database, clock, audit, owners }: Parts) {
  /** What is open. Failure CONSENT_NOT_FOUND. */
  async function needOpen(db: Handle, id: string): Promise<RequestRow> {
    const row = await consentStore.byId(db, id)
    if (row && row.used_at === null && row.expires_at > clock.latest()) return row
    throw new Failure('CONSENT_NOT_FOUND', `nothing is asked of owners under ${id}, or no more`)
  }

  /** What the owner of one of its wallets is asked. Failures CONSENT_NOT_FOUND, WALLET_NOT_FOUND. */
  async function wantedOf(db: Handle, id: string, walletId: string): Promise<Wanted> {
    const row = await needOpen(db, id)
    if (!(walletId in walletsIn(row)))
      throw new Failure('WALLET_NOT_FOUND', `wallet ${walletId} is none of those that ${id} is about`)
    // Written by this file alone.
    const signs = row.signs === null ? [] : (JSON.parse(row.signs) as string[])
    const subject = { id, digest: row.digest, words: row.words, signs }
    return { wallet: await needWallet(db, walletId), action: row.action, subject }
  }

  return {
    asking: askingFor({ database, clock, audit }),
    /** What is asked of owners and not done yet. */
    list: (): Promise<{ consents: Consent[] }> =>
      database.read(async (db) => {
        const consents: Consent[] = []
        for (const row of await consentStore.listOpen(db, clock.latest())) consents.push(await view(db, row))
        return { consents }
      }),
    read: (id: string): Promise<Consent> => database.read(async (db) => view(db, await needOpen(db, id))),
    async challenge({ id, walletId, signer }: Asking, origin: string): Promise<Challenge> {
      const { wanted, ownership } = await database.read(async (db) => ({
        wanted: await wantedOf(db, id, walletId),
        ownership: (await ownershipsOf(db, [walletId]))(walletId),
      }))
      return owners.challenge(wanted, ownership, { origin, by: signer })
    },
    /** An owner agrees, for all wallets of the request that are theirs: its text names them all by its digest. */
    give: (id: string, walletId: string, { by, signed }: { by: By; signed: OwnerSignature }): Promise<Consent> =>
      database.work({ exclusive: ['consents', `wallet:${walletId}`] }, async (db) => {
        const wanted = await wantedOf(db, id, walletId)
        const { nonce } = await owners.take(db, wanted, signed)
        const { action, digest, words } = { action: wanted.action, ...wanted.subject }
        await audit.record(db, {
          event: 'OWNER_AGREED',
          ...by,
          walletId,
          details: { consent: id, action, digest, words, nonce },
        })
        return view(db, await needOpen(db, id))
      }),
  }
}

/** As owners and the operator see it. Where somebody else owns a wallet by now it is asked anew. */
async function view(db: Handle, row: RequestRow): Promise<Consent> {
  const sets = walletsIn(row)
  const ids = Object.keys(sets)
  const [ownershipOf, said] = [await ownershipsOf(db, ids), await signedFor(db, row.id, row.action)]
  const wallets: Consent['wallets'] = []
  for (const walletId of ids) {
    const ownership = ownershipOf(walletId)
    const isAsked = ownership.state === 'LOCKED' && setOf(ownership) === sets[walletId]
    const owners = standingOf(ownership, isAsked ? said : [])
    const name = (await findWallet(db, walletId))?.name ?? walletId
    const ownerAddress = ownership.state === 'LOCKED' ? ownership.owner.address : null
    wallets.push({ walletId, name, ownerAddress, agreed: isAsked && isEnough(owners), owners })
  }
  return {
    ...{ id: row.id, action: row.action, words: row.words, digest: row.digest, wallets },
    isAgreed: wallets.every(({ agreed }) => agreed),
    expiresAt: seconds(row.expires_at),
  }
}

/** What was asked and agreed to before a backup is good for nothing any more. */
export const forgetConsents = async (db: Handle): Promise<void> =>
  void (await consentStore.forget(db, Number.MAX_SAFE_INTEGER))

/** Those whose owner has verified, of the wallets that it is for. */
async function lockedWallets(db: Handle, { wallet, concerns = () => true }: Needed) {
  const one = wallet === null ? undefined : await findWallet(db, wallet)
  const all = (wallet === null ? await liveWallets(db) : one ? [one] : []).filter(concerns)
  const ownershipOf = await ownershipsOf(
    db,
    all.map(({ id }) => id),
  )
  return all.flatMap((row): Owned[] => {
    const ownership = ownershipOf(row.id)
    return ownership.state === 'LOCKED' ? [{ wallet: row, ownership }] : []
  })
}
type Owned = { wallet: WalletRow; ownership: Ownership & { state: 'LOCKED' | 'GRACE' } }

const digestOf = ({ action, words, content }: Needed, wallets: Sets): string =>
  sha256(JSON.stringify([action, words, content, wallets]))
// Written by this file alone.
const walletsIn = ({ wallets }: RequestRow): Sets => JSON.parse(wallets) as Sets

type Missing = { readonly missing: readonly Owned[]; readonly said: Parameters<typeof standingOf>[1] }
function required(asked: ConstructorParameters<typeof Unasked>[0], { missing, said }: Missing): Failure {
  const consent = asked.id
  const wallets = missing.map(({ wallet, ownership }) => ({
    ...{ walletId: wallet.id, name: wallet.name, ownerAddress: ownership.owner.address },
    owners: standingOf(ownership, said),
    challenge: `/v1/owner/consents/${consent}/challenge?walletId=${wallet.id}`,
  }))
  const who = [...new Set(wallets.map(({ name, owners }) => `of the wallet ${name}: ${standingWords(owners)}`))]
  return new Failure(
    'OWNER_CONSENT_REQUIRED',
    `${who.join('; ')} first: ${asked.needed.words}. Nothing was changed; it is asked as ${consent}, and passes when this call is made again after that`,
    { details: { consent, wallets }, cause: new Unasked(asked) },
  )
}
