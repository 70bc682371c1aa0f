import type { contactOperations, Handlers } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import { type ContactParts, contacts } from './service.ts'

/** Contact operations to calls of the service. */
export function contactHandlers(parts: ContactParts): Handlers<typeof contactOperations, Calls> {
  const book = contacts(parts)
  return {
    addContact: (call, input) => book.add(input, by(call)),
    listContacts: (_call, input) => book.list(input),
    showContact: (_call, { name }) => book.show(name),
    changeContact: (call, input) => book.change(input, by(call)),
    removeContact: (call, { name }) => book.remove(name, by(call)),
  }
}
