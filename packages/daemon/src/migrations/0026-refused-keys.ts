import type { Migration } from '../platform/db/database.ts'

/** A refusal is answered again from its request, so that a key of it holds no answer, and goes with it. */
export const refusedKeys: Migration = {
  id: 26,
  name: 'refused keys',
  statements: [`create index idempotency_keys_refused on idempotency_keys (transaction_id) where answer = ''`],
}
