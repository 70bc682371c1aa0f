import { createHash } from 'node:crypto'
import { CODE_LENGTH, CODE_LETTERS, Failure, PASSKEY_PREFIX } from '@waiaas/contract'
import { typedCode } from '../platform/codes.ts'
import type { Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import type { WalletRow } from '../wallets/service.ts'
import type { Asked } from './challenges.ts'
import { Candidate, type InvitationRow, invitationStore } from './invitation-store.ts'
import { type Named, ofWallet } from './naming.ts'
import { challengeOf, type Passkey, type RelyingParty } from './webauthn.ts'

/** Who has the code, of this wallet. Failure OWNER_CANDIDATE_NOT_FOUND. */
export async function needCandidate(db: Handle, walletId: string, { code, now }: { code: string; now: number }) {
  for (const row of await invitationStore.ofWallet(db, walletId)) {
    // Written by this file alone.
    const candidate = Candidate.parse(JSON.parse(row.candidate!))
    if (row.expires_at > now && codeOf(row, candidate) === typedCode(code)) return { row, candidate }
  }
  throw new Failure('OWNER_CANDIDATE_NOT_FOUND', `nobody who is to own wallet ${walletId} has this code`)
}

/** What is kept of the secret in a link. */
export const hashOf = (code: string): string => sha256(`owner invitation ${code}`)

/** What the passkey is made for: this invitation. */
export const makingOf = ({ code_hash }: Pick<InvitationRow, 'code_hash'>): string => challengeOf(`owner ${code_hash}`)

/** Eight letters of all that the candidate has signed: who comes with another passkey or address has another code. */
export function codeOf({ code_hash }: Pick<InvitationRow, 'code_hash'>, { digest }: Pick<Candidate, 'digest'>): string {
  let rest = BigInt(`0x${createHash('sha256').update(`${code_hash} ${digest}`).digest('hex')}`)
  const letters = BigInt(CODE_LETTERS.length)
  return Array.from({ length: CODE_LENGTH }, () => {
    const letter = CODE_LETTERS[Number(rest % letters)]!
    rest /= letters
    return letter
  }).join('')
}

type Offer = { party: RelyingParty; passkey: Passkey; place: Named }

/** What whoever was invited signs: that they hold this passkey, and where all goes that they take out of this wallet. */
export function askedOf(wallet: WalletRow, { party: { id: rpId }, passkey, place }: Offer): Asked {
  const { credentialId, publicKey } = passkey
  const { id, words } = ofWallet(wallet)
  const content = [id, wallet.chain, wallet.address, rpId, credentialId, publicKey, place.address, place.network]
  const offer = { rpId, publicKey, withdrawTo: place.address, network: place.network }
  return {
    ...{ form: { account: 'passkey' }, address: `${PASSKEY_PREFIX}${credentialId}`, chainId: undefined },
    ...{ walletId: id, action: 'verify' },
    subject: { id, digest: sha256(JSON.stringify(content)), words: `by ${wordsOf(offer)}, of ${words}` },
  }
}

/** Who it is, for people. */
export function wordsOf(offer: Pick<Candidate, 'rpId' | 'publicKey' | 'withdrawTo' | 'network'>): string {
  const place = offer.network === null ? '' : `, a contract on ${offer.network}`
  return `a passkey of ${offer.rpId} with the key ${sha256(offer.publicKey).slice(0, 16)}, which takes out to ${offer.withdrawTo}${place}`
}
