import { amounts, memo, oneAmount, priorityFee, recipient } from './fields.ts'
import type { RequestKind } from './kind.ts'
import { send } from './token-transfer.ts'

export const transfer = {
  summary: 'native currency',
  note: 'native',
  fields: { ...recipient, ...amounts, ...memo, ...priorityFee },
  rules: [oneAmount],
  forms: [send],
  needs: ['humanAmount'],
} as const satisfies RequestKind
