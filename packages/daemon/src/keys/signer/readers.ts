import type { MovingKind } from '../types.ts'
import { readEvmTransaction } from './evm-transaction.ts'
import { readEvmTypedData } from './evm-typed-data.ts'
import type { Reading } from './reading.ts'
import { readSolanaTransaction } from './solana-transaction.ts'

/** What bytes do; refuses those that are nothing whole of this kind. */
type Reader = (payload: Uint8Array, publicKey: Uint8Array) => Reading

/** All that is signed and moves something. A new kind comes with the feature that uses it, and with its reader. */
export const readers: Record<MovingKind, Reader> = {
  'evm-tx': readEvmTransaction,
  'evm-typed-data': readEvmTypedData,
  'solana-tx': readSolanaTransaction,
}
