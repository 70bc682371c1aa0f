import type { Decision, Effects } from '@waiaas/contract'
import type { Hints } from '../../chains/build.ts'
import type { Intent } from '../../chains/intent.ts'
import type { AuthorisationFacts } from '../../gate/service.ts'
import { sha256 } from '../../platform/sha256.ts'
import { decodeRequest } from '../kinds/all.ts'
import type { AttemptTexts } from './attempt-store.ts'
import type { TransactionRow } from './store.ts'

// Each column was written by `newTransaction`, or by the store's own updates, from a value of the type it is read as.

export const intentOf = ({ request }: Pick<TransactionRow, 'request'>): Intent => decodeRequest(request).intent
export const decisionOf = ({ decision }: Pick<TransactionRow, 'decision'>): Decision => JSON.parse(decision)
export const hintsOf = ({ hints }: Pick<TransactionRow, 'hints'>): Hints => (hints === null ? {} : JSON.parse(hints))
export const authorisationOf = ({ authorisation }: Pick<AttemptTexts, 'authorisation'>): AuthorisationFacts =>
  JSON.parse(authorisation)

/** SHA-256, hex, of request and effects as they are stored: neither text has a line end. */
export const contentHash = ({ request, effects }: Pick<TransactionRow, 'request' | 'effects'>): string =>
  sha256(`${request}\n${effects ?? ''}`)

/** Throws when they had their time and are not kept any more. */
export function effectsOf({ effects }: Pick<TransactionRow, 'effects'>): Effects {
  if (effects === null) throw new Error('expected a transaction with effects')
  return JSON.parse(effects)
}
