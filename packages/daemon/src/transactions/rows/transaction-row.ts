import type { Status } from './states.ts'

/** What every step reads or writes of a transaction. */
export type HeadRow = {
  id: string
  wallet_id: string
  session_id: string | null
  type: string
  status: Status
  /** Null: refused. */
  tier: string | null
  network: string
  lane: string
  request_hash: string
  to_address: string | null
  asset: string | null
  amount: string | null
  decimals: number | null
  symbol: string | null
  max_fee: string | null
  digest: string | null
  policy_version: number
  /** Of the stops, when it was accepted: a later one that covers it ends it. */
  epoch: number
  /** When it was last judged; null of those from before this was kept. */
  judged_at: number | null
  /** The attempt that holds the decision in force and its draft; null: they are in the texts. */
  judged_attempt: string | null
  amount_usd: string | null
  served_delay: number
  due_at: number | null
  approval_expires_at: number | null
  /** When it is ended if gas has not become as cheap as it asked for; null: it has not waited for that. */
  gas_until: number | null
  approved_at: number | null
  approved_by: string | null
  approved_usd: string | null
  /** The worst fee, in native base units, that a human has named for this one. */
  fee_bound: string | null
  /** The highest worst fee of its attempts, once one was above `max_fee`. */
  highest_fee: string | null
  tx_hash: string | null
  block_height: number | null
  error: string | null
  error_code: string | null
  /** What keeps it in its state, when that is more than its turn. */
  wait_reason: string | null
  /** Null: it is no step of a plan. */
  plan_id: string | null
  /** From 1 on. */
  plan_step: number | null
  /** A step that is not signed by then ends its plan; in milliseconds. */
  plan_until: number | null
  /** Null: no sweep asked for it. */
  sweep_id: string | null
  created_at: number
  updated_at: number
}
/** What is long and seldom changes, in a table of its own: a change of status then writes a short row. */
export type TextRow = {
  id: string
  request: string
  /** JSON of what its caller said that it is for; null: nothing. */
  labels: string | null
  /** JSON of what gas may cost when it is signed; null: anything. */
  gas_condition: string | null
  draft: string | null
  hints: string | null
  effects: string | null
  decision: string
}
/** What it has moved, in JSON, from when its effects are not kept any more. */
export type KeptMovements = { movements: string | null }
/** With the decision in force, and the draft that it is about. */
export type TransactionRow = HeadRow & TextRow
/** What it lets somebody take, in base units of a CAIP-19 asset; zero takes it back. */
export type NewAllowance = {
  readonly asset: string
  readonly spender: string
  readonly amount: string
  readonly unlimited: number
}
/** With whom it pays, lets spend or calls, in the form that compares, each once; and with what it lets others take. */
export type NewRow = TransactionRow & {
  readonly addresses: readonly string[]
  readonly allowances: readonly NewAllowance[]
}
