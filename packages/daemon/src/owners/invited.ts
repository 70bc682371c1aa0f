import { Failure, type invitationOperations, type Output, type Parsed } from '@waiaas/contract'
import { seconds } from '../platform/clock.ts'
import { shownCode } from '../platform/codes.ts'
import type { Handle } from '../platform/db/database.ts'
import { needLiveWallet, type WalletRow } from '../wallets/service.ts'
import { askedOf, codeOf, hashOf, makingOf } from './candidates.ts'
import { assertAsks, type Giver, giveChallenge, goodNonce } from './challenges.ts'
import { type Candidate, type InvitationRow, invitationStore } from './invitation-store.ts'
import { namedOwner } from './naming.ts'
import { assertionOf } from './passkey-signed.ts'
import { bytesOf, needParty, optionsOf, type PasskeyParts, requireNew } from './passkeys.ts'
import { assertedCount, challengeOf, hasAdvanced, madePasskey } from './webauthn.ts'

type Operations = typeof invitationOperations
type Answer<Name extends keyof Operations> = Output<Operations[Name]>
type Answering = Parsed<Operations['getInvitationChallenge']>
type Accepting = Parsed<Operations['acceptInvitation']>
type Parts = PasskeyParts & { giver(): Promise<Giver> }

/** So long the operator has to confirm who has accepted it, and the owners to agree. */
const CANDIDATE_MS = 24 * 3_600_000

/**
 * Whoever was invited by a link: they name where all goes that they take out, make a passkey and sign for both with it. That
 * makes them nobody's owner: the operator confirms them by the code of exactly that.
 */
export function invitedOwners(parts: Parts) {
  const { database, clock } = parts

  /** What is open, of which wallet. Failures OWNER_INVITATION_NOT_FOUND, WALLET_TERMINATED. */
  async function needOpen(db: Handle, code: string): Promise<{ row: InvitationRow; wallet: WalletRow }> {
    const row = await invitationStore.byHash(db, hashOf(code))
    if (!row || row.candidate !== null || row.expires_at <= clock.latest())
      throw new Failure('OWNER_INVITATION_NOT_FOUND', 'this invitation is over, or was accepted before')
    return { row, wallet: await needLiveWallet(db, row.wallet_id) }
  }

  /** What is signed, by which passkey. Failures of both, and of the address. */
  async function asking(db: Handle, { code, withdrawTo, network, ...made }: Answering) {
    const party = needParty(parts)
    const { row, wallet } = await needOpen(db, code)
    const passkey = madePasskey(party, bytesOf(made), makingOf(row))
    const place = await namedOwner(parts, db, { wallet, ownerAddress: withdrawTo, network, field: 'withdrawTo' })
    return { row, wallet, party, passkey, place, asked: askedOf(wallet, { party, passkey, place }) }
  }

  return {
    show: ({ code }: Parsed<Operations['showInvitation']>): Promise<Answer<'showInvitation'>> =>
      database.read(async (db) => {
        const { row, wallet } = await needOpen(db, code)
        const { id, name, chain, environment, address } = wallet
        const passkey = optionsOf(needParty(parts), makingOf(row))
        return { wallet: { id, name, chain, environment, address }, passkey, expiresAt: seconds(row.expires_at) }
      }),

    async challenge(input: Answering): Promise<Answer<'getInvitationChallenge'>> {
      const { asked, party } = await database.read((db) => asking(db, input))
      const given = giveChallenge(await parts.giver(), asked, { origin: party.origin, now: clock.latest() })
      return { ...given, expiresAt: seconds(given.expiresAt) }
    },

    /** Whoever comes first: the link is good for nobody else then. */
    async accept({ message, signature, ...input }: Accepting, ip: string): Promise<Answer<'acceptInvitation'>> {
      const [giver, { row: found }] = [await parts.giver(), await database.read((db) => needOpen(db, input.code))]
      return database.work({ exclusive: [`wallet:${found.wallet_id}`] }, async (db) => {
        const { row, asked, wallet, ...shown } = await asking(db, input)
        const nonce = goodNonce(giver, message, { about: '', now: clock.latest() })
        assertAsks(giver, asked, message)
        const { party, passkey, place } = shown
        const assertion = assertionOf(Buffer.from(signature, 'base64'))
        const signCount = assertedCount(party, { passkey, challenge: challengeOf(message) }, assertion)
        if (!hasAdvanced(passkey.signCount, signCount))
          throw new Failure('INVALID_SIGNATURE', 'the passkey has signed more often than it says')
        await requireNew(db, passkey)
        const candidate: Candidate = {
          ...{ credentialId: passkey.credentialId, publicKey: passkey.publicKey, rpId: party.id, signCount },
          ...{ withdrawTo: place.address, network: place.network, digest: asked.subject.digest },
          ...{ nonce, message, signature, at: clock.now(), ip },
        }
        const until = clock.latest() + CANDIDATE_MS
        if (!(await invitationStore.accept(db, row.code_hash, { candidate, until })))
          throw new Failure('OWNER_INVITATION_NOT_FOUND', 'somebody has accepted this invitation before')
        const code = shownCode(codeOf(row, candidate))
        return { code, command: `waiaas wallet owner confirm ${wallet.id} ${code}`, expiresAt: seconds(until) }
      })
    },
  }
}
