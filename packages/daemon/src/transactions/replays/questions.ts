import type { Handlers, policyDraftOperations } from '@waiaas/contract'
import type { Calls } from '../../platform/http/types.ts'
import type { Building } from '../deciding/building.ts'
import { testPolicies } from '../deciding/policy-test.ts'
import type { ServiceParts } from '../parts.ts'
import { diffPolicies } from './diff.ts'
import { replayPolicies } from './replay.ts'

/** What is asked of policies and drafts of them, without anything coming of it. */
export const policyQuestions = (
  parts: ServiceParts,
  building: Building,
): Handlers<typeof policyDraftOperations, Calls> => ({
  testPolicies: (_, asked) => testPolicies(parts, building, asked),
  diffPolicies: (_, asked) => diffPolicies(parts, asked),
  replayPolicies: (_, asked) => replayPolicies(parts, asked),
})
