import type { Intent, Token } from '../chains/intent.ts'
import type { TransactionRow } from './rows/store.ts'

/** A request as it is stored: parsed, defaults resolved, amounts exact. */
export type StoredRequest = { type: string; network: string; intent: Intent; expectedFee?: string }

type WireIntent =
  | { kind: 'transfer'; to: string; amount: string; memo?: string }
  | { kind: 'token-transfer'; to: string; amount: string; token: Token; memo?: string }
  | { kind: 'lane'; purpose: 'cancel' | 'gap-fill' }

/** JSON with the amounts as text and the fields in one order, so that equal requests are equal texts. */
export function encodeRequest({ type, network, intent }: StoredRequest): string {
  if (intent.kind === 'lane') return JSON.stringify({ type, network, intent })
  const { kind, to, memo } = intent
  const token = intent.kind === 'token-transfer' ? intent.token : undefined
  return JSON.stringify({ type, network, intent: { kind, to, amount: String(intent.amount), token, memo } })
}

export function intentOf(row: Pick<TransactionRow, 'request'>): Intent {
  // Written by encodeRequest alone.
  const { intent } = JSON.parse(row.request) as { intent: WireIntent }
  return intent.kind === 'lane' ? intent : { ...intent, amount: BigInt(intent.amount) }
}
