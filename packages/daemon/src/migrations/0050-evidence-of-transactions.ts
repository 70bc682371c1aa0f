import type { Migration } from '../platform/db/database.ts'

/** Finds the evidence of one transaction. */
export const evidenceOfTransactions: Migration = {
  id: 50,
  name: 'evidence of transactions',
  statements: [`create index evidence_tx on evidence (tx_id) where tx_id is not null`],
}
