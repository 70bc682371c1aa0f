import type { checklistOperations, Handlers } from '@waiaas/contract'
import type { Calls } from '../platform/http/types.ts'
import type { checklist } from './service.ts'

/** The checklist, looked at for each call. */
export const checklistHandlers = ({
  look,
}: ReturnType<typeof checklist>): Handlers<typeof checklistOperations, Calls> => ({ getChecklist: look })
