import { type Labels, labelTexts } from '@waiaas/contract'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { type Handle, statement } from '../../platform/db/database.ts'
import type { Tables } from '../../platform/db/tables.ts'

/** `label` is `name:value`. */
type LabelRow = { label: string; transaction_id: string }

declare module '../../platform/db/tables.ts' {
  interface Tables {
    transaction_labels: LabelRow
  }
}

const insert = statement<LabelRow>((db, p) =>
  db.insertInto('transaction_labels').values({ label: p('label'), transaction_id: p('transaction_id') }),
)

/** Of a row as `newTransaction` wrote it. */
export const labelsOf = ({ labels }: { readonly labels: string | null }): Labels | null =>
  labels === null ? null : JSON.parse(labels)

/** Finds transactions by what their callers said that they are for. */
export const labelStore = {
  insert: (db: Handle, id: string, labels: Labels) =>
    db.many(
      insert,
      labelTexts(labels).map((label) => ({ label, transaction_id: id })),
    ),
  having: (eb: ExpressionBuilder<Tables, 'transactions'>, label: string) =>
    eb.selectFrom('transaction_labels').select('transaction_id').where('label', '=', label),
  /** Those with a label of which this holds. */
  holding: (eb: ExpressionBuilder<Tables, 'transactions'>, holds: Expression<SqlBool>) =>
    eb.selectFrom('transaction_labels').select('transaction_id').where(holds),
}
