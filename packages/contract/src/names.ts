import { z } from 'zod'
import { markedFields } from './marks.ts'

/** What a field of an input means by its id or by its name. The daemon makes an id of it before anything is decided. */
export type Named = 'wallet'
const named = z.registry<{ kind: Named }>()

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
export const isIdText = (text: string): boolean => UUID.test(text)

/**
 * Two names with one key are one name: letters are compared without their case, spaces by their place alone, and what
 * cannot be seen, or stored as text, not at all.
 */
export const nameKey = (name: string): string =>
  name
    .toWellFormed()
    .replaceAll(/\p{Cf}/gu, '')
    .normalize('NFC')
    .toUpperCase()
    .normalize('NFC')
    .trim()
    .replaceAll(/\s+/gu, ' ')

/** A name that somebody gives. One that looks like an id would hide what has that id. */
export const NewName = z
  .string()
  .min(1)
  .max(100)
  .refine((name) => nameKey(name) !== '', 'expected a name that can be seen')
  .refine((name) => !isIdText(name.trim()), 'expected a name that does not look like an id')
  .describe('name, 1 to 100 characters')

/** The input field that means a wallet. */
export const WalletName = z
  .string()
  .min(1)
  .max(100)
  .register(named, { kind: 'wallet' })
  .describe('id or name of the wallet')

/** The fields of an input that mean something by id or name: texts, and lists of them. */
export const namedFields = (input: z.ZodObject): { readonly field: string; readonly kind: Named }[] =>
  markedFields(input, named).map(([field, { kind }]) => ({ field, kind }))
