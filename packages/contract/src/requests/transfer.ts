import { amounts, memo, oneAmount, recipient } from './fields.ts'
import type { RequestKind } from './kind.ts'

export const transfer = {
  summary: 'native currency',
  note: 'native',
  fields: { ...recipient, ...amounts, ...memo },
  rules: [oneAmount],
} as const satisfies RequestKind
