import type { IntentOf } from '../../intent.ts'
import { givenBytes } from '../serialized.ts'
import type { Given } from './plan.ts'

/** A message as its caller has built it. */
export const serialized: Given<IntentOf<'serialized'>> = {
  message: givenBytes,
  hints: ({ owners, lookups }) => ({ owners, ...(lookups && { lookups }) }),
}
