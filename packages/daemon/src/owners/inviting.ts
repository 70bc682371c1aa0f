import { randomBytes } from 'node:crypto'
import { Failure, type invitationOperations, type Output, type Parsed } from '@waiaas/contract'
import { families } from '../chains/families.ts'
import type { By } from '../platform/caller.ts'
import { seconds } from '../platform/clock.ts'
import type { Handle } from '../platform/db/database.ts'
import { needLiveWallet } from '../wallets/service.ts'
import { hashOf, needCandidate, wordsOf } from './candidates.ts'
import { ownerOf } from './consents.ts'
import { invitationStore } from './invitation-store.ts'
import { insertPasskeyOwner, namedOwner } from './naming.ts'
import { needParty, type PasskeyParts, requireNew } from './passkeys.ts'
import { changeOwners, requireRoom, type SeveralParts } from './several.ts'
import { ownerView } from './views.ts'

type Operations = typeof invitationOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
type Parts = PasskeyParts & SeveralParts

/** So long a link is good. */
const LINK_MS = 15 * 60_000

/** The operator invites somebody who has a passkey alone to own a wallet, and confirms whoever has accepted. */
export function invitingOwners(parts: Parts) {
  const { database, clock, audit } = parts

  return {
    invite: (id: string, by: By): Promise<Answer<'inviteOwner'>> =>
      database.work({ exclusive: [`wallet:${id}`] }, async (db) => {
        const wallet = await needLiveWallet(db, id)
        if (!families[wallet.chain]?.owner)
          throw new Failure('CHAIN_NOT_SUPPORTED', `wallets of ${wallet.chain} have no owners in this release`)
        const { origin } = needParty(parts)
        const code = randomBytes(32).toString('base64url')
        const now = clock.latest()
        await invitationStore.forget(db, now)
        const until = now + LINK_MS
        const times = { created_at: clock.now(), expires_at: until }
        await invitationStore.insert(db, { code_hash: hashOf(code), wallet_id: id, candidate: null, ...times })
        await audit.record(db, { event: 'OWNER_INVITED', ...by, walletId: id, details: { until } })
        return { link: `${origin}/owner/invite#${code}`, expiresAt: seconds(until) }
      }),

    confirm: ({ id, code }: Parsed<Operations['confirmOwner']>, by: By): Promise<Answer<'confirmOwner'>> =>
      database.work({ exclusive: [`wallet:${id}`] }, async (db) => {
        const wallet = await needLiveWallet(db, id)
        const { row, candidate } = await needCandidate(db, id, { code, now: clock.latest() })
        const ownership = await ownerOf(db, id)
        requireRoom(ownership)
        await requireNew(db, candidate)
        if (needParty(parts).id !== candidate.rpId)
          throw new Failure('PASSKEYS_UNAVAILABLE', `the passkey is of ${candidate.rpId}, where the pages are no more`)
        const { withdrawTo, network: on } = candidate
        // The daemon may hold it by now.
        const named = { wallet, ownerAddress: withdrawTo, network: on ?? undefined, field: 'withdrawTo' } as const
        const { address: to, network } = await namedOwner(parts, db, named)
        const words = `${wordsOf(candidate)}, becomes one of the owners of`
        await changeOwners(parts, db, { wallet, words, content: ['add-passkey', candidate.digest] })
        const owner = { wallet, candidate, at: clock.now() }
        const address = await insertPasskeyOwner(db, owner)
        await invitationStore.remove(db, row.code_hash)
        // Where they are the first one, the operator alone lets nothing more out.
        await parts.nextVersion(db, id)
        const details = { address, network: null, owners: ownership.owners.length + 1, needed: ownership.needed }
        const place = { withdrawTo: to, withdrawNetwork: network }
        await audit.record(db, { event: 'OWNER_ADDED', ...by, walletId: id, details: { ...details, ...place } })
        const their = { actor: `owner:${address}`, ip: candidate.ip } as const
        const verified = { address, replaced: null }
        await audit.record(db, { event: 'OWNER_VERIFIED', ...their, walletId: id, details: verified })
        return ownerView(parts.networks(), wallet, await ownerOf(db, id))
      }),
  }
}

/** What was said before a backup is good for nothing any more. */
export const forgetInvitations = (db: Handle) => invitationStore.forget(db, Number.MAX_SAFE_INTEGER)
