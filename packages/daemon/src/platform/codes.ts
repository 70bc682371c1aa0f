import { CODE_LENGTH } from '@waiaas/contract'

/** As a code is read to somebody: in two halves. */
export const shownCode = (code: string): string => `${code.slice(0, CODE_LENGTH / 2)}-${code.slice(CODE_LENGTH / 2)}`

/** What was typed, without what people put between letters. */
export const typedCode = (text: string): string => text.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase()
