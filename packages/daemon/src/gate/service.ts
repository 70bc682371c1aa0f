import type { Signing, SigningKind } from '../keys/signing.ts'
import type { ApprovalProof, Counted, Excess, SignBatch, SignRequest, SignResult } from '../keys/types.ts'
import { sha256 } from '../platform/sha256.ts'
import type { Authorisation } from './authorise.ts'

export {
  type Above,
  aboveCeiling,
  approvalLines,
  ceilingRoom,
  isSamePayment,
  knownOwners,
  paymentIn,
  type Under,
  type Unsigned,
} from '../keys/look.ts'
export type { SigningKey } from '../keys/signing.ts'
export type { ApprovalProof, Checkpoint, Counted, Excess, Lift, Sealed, Voice } from '../keys/types.ts'
export { type Authorisation, type AuthorisationFacts, authorise } from './authorise.ts'

export type Authorised = {
  attemptId: string
  bytes: Uint8Array
  authorisation: Authorisation
  /** What lets it pass above the ceiling. */
  proofs?: readonly ApprovalProof[]
}
export type SignOutcome =
  | { attemptId: string; signature: Uint8Array }
  /** `isAboveCeiling`: the operator can have it signed. */
  | { attemptId: string; refused: string; isAboveCeiling?: boolean; excess?: Excess | undefined }
/** Whose key signs what, under which ceiling, and where that is counted. */
export type SigningPlace = Omit<SignBatch, 'requests'> & { kind: SigningKind }
/** `counted` is to be stored with the signatures. */
export type SignedRound = { outcomes: SignOutcome[]; counted: Counted | undefined }
export type Gate = ReturnType<typeof gate>

/** The one function that reaches a private key. An authorisation opens it for its own bytes, once, until it expires. */
export function gate({ signing, now }: { signing: Signing; now: () => number }) {
  const used = new Map<string, number>()

  const refusal = (kind: SigningKind, { attemptId, bytes, authorisation }: Authorised): string | undefined => {
    if (used.has(attemptId)) return 'the authorisation was already used'
    if (authorisation.kind !== kind) return 'the authorisation is for another kind of signature'
    if (authorisation.expiresAt <= now()) return 'the authorisation has expired'
    if (sha256(bytes) !== authorisation.bytesHash) return 'the bytes are not the authorised ones'
    return undefined
  }
  const forget = () => {
    for (const [id, until] of used) {
      if (until > now()) return
      used.delete(id)
    }
  }

  return {
    /** Signs a round of one wallet in one message to the signer. A refusal of one leaves the rest alone. */
    async sign({ kind, ...place }: SigningPlace, round: readonly Authorised[]): Promise<SignedRound> {
      forget()
      const outcomes = new Map<string, SignOutcome>()
      const open: Authorised[] = []
      for (const item of round) {
        const reason = refusal(kind, item)
        if (reason) outcomes.set(item.attemptId, { attemptId: item.attemptId, refused: reason })
        else open.push(item)
        used.set(item.attemptId, item.authorisation.expiresAt)
      }
      const requests = open.map((item) => requestOf(kind, item))
      const { results, counted } = await signing.sign({ ...place, requests })
      open.forEach(({ attemptId }, index) => {
        outcomes.set(attemptId, outcomeOf(attemptId, results[index]))
      })
      return { outcomes: round.map(({ attemptId }) => outcomes.get(attemptId)!), counted }
    },
  }
}

const requestOf = (kind: SigningKind, { attemptId, bytes, authorisation, proofs = [] }: Authorised): SignRequest => {
  const { transactionId, bytesHash, digest, expiresAt } = authorisation
  return { kind, payload: bytes, authorisation: { attemptId, transactionId, bytesHash, digest, expiresAt, proofs } }
}

function outcomeOf(attemptId: string, result: SignResult | undefined): SignOutcome {
  if (!result) return { attemptId, refused: 'no answer' }
  if (result.signature) return { attemptId, signature: result.signature }
  const { refused, code, excess } = result
  return { attemptId, refused, isAboveCeiling: code === 'CEILING_EXCEEDED', excess }
}
