import { sha256 } from '../platform/sha256.ts'
import type { Limited } from './concurrency-limit.ts'
import type { Guesses } from './guesses.ts'
import type { Asking, InTurn } from './in-turn.ts'

/** A password that a client sealed for one call, and that call. */
export type SealedProof = { readonly sealed: string; readonly method: string; readonly path: string }
/** `isRight` is undefined where only a derivation tells; `bodyHash` is what the body must have. */
type Verified = { readonly isRight: boolean | undefined; readonly bodyHash: string }
export type SealedKeys<Row> = {
  /** Rejects with the code PROOF_REFUSED for what is not sealed for this call. */
  verifyCall(shown: SealedProof & { row: Row; derives: boolean }): Promise<Verified>
}
type Parts<Row> = {
  readonly keys: SealedKeys<Row>
  readonly guesses: Guesses
  readonly limited: Limited
  readonly inTurn: InTurn
}

/** Has the signer open a sealed password. What it knows to be right costs no key derivation, and counts as no guess. */
export const sealedCheck =
  <Row>({ keys, guesses, limited, inTurn }: Parts<Row>) =>
  (proof: SealedProof, asking: Asking): Promise<Verified> =>
    inTurn(sha256(proof.sealed), asking, async (text) => {
      // The keys wrote this text; they check what they read.
      const row = JSON.parse(text) as Row
      const quick = await keys.verifyCall({ ...proof, row, derives: false })
      if (quick.isRight !== undefined) return quick
      guesses.failed(asking.group)
      const derived = await limited(() => keys.verifyCall({ ...proof, row, derives: true }))
      if (derived.isRight) guesses.wasRight(asking.group)
      return derived
    })
