import type { Handlers, policyDraftOperations, receiptOperations } from '@waiaas/contract'
import { sessionOf } from '../../platform/caller.ts'
import type { Calls } from '../../platform/http/types.ts'
import type { Building } from '../deciding/building.ts'
import { testPolicies } from '../deciding/policy-test.ts'
import type { ServiceParts } from '../parts.ts'
import { receiptFor } from '../receipts/receipt.ts'
import { diffPolicies } from './diff.ts'
import { replayPolicies } from './replay.ts'

/** What is asked of policies and drafts of them, and how a request was decided on, without anything coming of it. */
export const policyQuestions = (
  parts: ServiceParts,
  building: Building,
): Handlers<typeof policyDraftOperations & typeof receiptOperations, Calls> => ({
  testPolicies: (_, asked) => testPolicies(parts, building, asked),
  diffPolicies: (_, asked) => diffPolicies(parts, asked),
  getReceipt: ({ principal }, { id }) => receiptFor(parts, id, sessionOf(principal)),
  replayPolicies: (_, asked) => replayPolicies(parts, asked),
})
