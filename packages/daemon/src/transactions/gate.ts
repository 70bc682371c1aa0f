import type { KeyRow, Keys, SignKind } from '../keys/service.ts'
import { sha256 } from '../platform/sha256.ts'

/** Leave to sign exactly these bytes once, made by the policy engine from their decoded effects and stored before use. */
export type Authorisation = {
  transactionId: string
  /** SHA-256 of the unsigned bytes, hex. */
  bytesHash: string
  /** The effects digest that the decision was about. */
  digest: string
  policyVersion: number
  /** The kill switch's epoch when it was given. */
  epoch: number
  /** Unix milliseconds. */
  expiresAt: number
}
export type Authorised = { attemptId: string; bytes: Uint8Array; authorisation: Authorisation }
export type SignOutcome = { attemptId: string; signature: Uint8Array } | { attemptId: string; refused: string }
export type Gate = ReturnType<typeof gate>

export const AUTHORISATION_MS = 60_000

/** The one function that reaches a private key. An authorisation opens it for its own bytes, once, until it expires. */
export function gate({ keys, now }: { keys: Keys; now: () => number }) {
  const used = new Map<string, number>()

  const refusal = ({ attemptId, bytes, authorisation }: Authorised): string | undefined => {
    if (used.has(attemptId)) return 'the authorisation was already used'
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
    async sign(kind: SignKind, key: KeyRow, round: readonly Authorised[]): Promise<SignOutcome[]> {
      forget()
      const outcomes = new Map<string, SignOutcome>()
      const open: Authorised[] = []
      for (const item of round) {
        const reason = refusal(item)
        if (reason) outcomes.set(item.attemptId, { attemptId: item.attemptId, refused: reason })
        else open.push(item)
        used.set(item.attemptId, item.authorisation.expiresAt)
      }
      const results = await keys.sign(open.map(({ bytes }) => ({ kind, key, payload: bytes })))
      open.forEach(({ attemptId }, index) => {
        const result = results[index]
        outcomes.set(
          attemptId,
          result?.signature
            ? { attemptId, signature: result.signature }
            : { attemptId, refused: result?.refused ?? 'no answer' },
        )
      })
      return round.map(({ attemptId }) => outcomes.get(attemptId)!)
    },
  }
}
