import type { Effects } from '@waiaas/contract'
import type { Intent } from './intent.ts'

/** What is signed and is no transaction. */
export type ReadMessage = {
  /** The signer's kind for it. */
  readonly signKind: 'evm-text'
  /** What the signer reads and hashes itself. */
  readonly bytes: Uint8Array
  readonly effects: Effects
  /** SHA-256, hex, of all that is signed. */
  readonly digest: string
}

/** Of chains on which messages are signed. */
export type Messages = {
  /** Reads what is to be signed back from its bytes. Failure INVALID_TRANSACTION for what nobody should sign. Pure. */
  read(sender: string, intent: Intent): ReadMessage
  /** The signature as wallets of the chain give it, after a look at who made it. Pure. */
  signature(sender: string, message: Pick<ReadMessage, 'signKind' | 'bytes'>, signature: Uint8Array): string
}
