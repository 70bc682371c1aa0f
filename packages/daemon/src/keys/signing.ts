import type { Keys } from './service.ts'
import type { KeyRow, SignKind } from './types.ts'

/** What a signature is asked of: it signs, and does nothing else. For the gate alone. */
export type Signing = Pick<Keys, 'sign'>
export type SigningKey = KeyRow
export type SigningKind = SignKind
