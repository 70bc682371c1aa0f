import type { Hints } from './build.ts'
import type { IntentOf } from './intent.ts'

/** Transactions that somebody else has built, to be signed as they are. */
export type Serialized = {
  /**
   * What is signed of one, in hex, with nothing that only nodes tell. Failures INVALID_TRANSACTION, and WALLET_NOT_SIGNER
   * where the sender has nothing to sign. Pure.
   */
  read(sender: string, text: string): IntentOf<'serialized'>
  /** What nodes tell that helps to read it. Failures CHAIN_ERROR and INVALID_TRANSACTION. */
  hints(intent: IntentOf<'serialized'>): Promise<Hints>
  /** Signed bytes as callers send them. Pure. */
  text(signed: Uint8Array): string
}
