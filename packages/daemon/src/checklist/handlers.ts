import type { checklistOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import { type ChecklistParts, checklist } from './service.ts'

/** The checklist, looked at for each call. */
export function checklistHandlers(parts: ChecklistParts): Handlers<typeof checklistOperations, Calls> {
  const { look } = checklist(parts)
  return { getChecklist: look }
}
