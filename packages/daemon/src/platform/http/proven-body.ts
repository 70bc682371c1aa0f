import { Failure } from '@waiaas/contract'
import type { Principal } from '../caller.ts'
import { sha256 } from '../sha256.ts'

/** The caller with the body of the call. A sealed password is good for its own alone: Failure MASTER_PROOF_REFUSED. */
export function withBody(principal: Principal, body: string): Principal {
  if (principal.kind !== 'operator') return principal
  const proof = principal.proof()
  if (proof.sealed === undefined) return principal
  if (sha256(body) !== proof.bodyHash)
    throw new Failure('MASTER_PROOF_REFUSED', 'the sealed master password is refused: it is for another body')
  return { ...principal, proof: () => ({ ...proof, body }) }
}
