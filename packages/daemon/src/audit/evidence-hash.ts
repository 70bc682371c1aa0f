import { sha256 } from '../platform/sha256.ts'
import type { EvidenceRow } from './store.ts'

/** The hash before the first of a chain. */
export const GENESIS = '0'.repeat(64)

/** SHA-256 over the fields in a fixed order, the previous row's hash first. */
export function evidenceHash(row: Omit<EvidenceRow, 'hash'>): string {
  const fields = [
    row.prev_hash,
    row.chain,
    row.seq,
    row.id,
    row.at,
    row.event,
    row.severity,
    row.actor,
    row.wallet_id,
    row.session_id,
    row.tx_id,
    row.ip,
    row.details,
  ]
  return sha256(JSON.stringify(fields))
}
