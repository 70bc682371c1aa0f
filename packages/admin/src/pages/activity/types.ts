import type { Answered } from '../../data/use.ts'

/** One of the list. */
export type Row = Answered<'adminListTransactions'>['items'][number]
/** One with all that is known of it. */
export type Detailed = Answered<'getTransaction'>
