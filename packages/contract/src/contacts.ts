import { z } from 'zod'
import { cursors, Id, Limit, nextPage, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { Address, Chain } from './wire.ts'

const tag = 'Contacts'
const operator = ['operator'] as const

/** Shorter than any address, and of letters that nobody takes for others: a name is never an address, nor one of another alphabet. */
const FORM = /^[a-z][a-z0-9_-]{0,23}$/
const FORM_WORDS = 'expected a name of 1 to 24 letters a to z, digits, - and _, with a letter first'

/** The name of somebody who is paid, in the form that is kept: width and case mean nothing. */
export const ContactName = z
  .string()
  .max(100)
  .normalize('NFKC')
  .toLowerCase()
  .regex(FORM, FORM_WORDS)
  .describe('name of the contact: letters a to z, digits, - and _')

/** Whether a text can be the name of a contact; no address can. */
export const isContactName = (text: string): boolean => ContactName.safeParse(text).success

const Contact = z.object({
  id: Id,
  name: z.string(),
  chain: Chain,
  address: Address,
  createdAt: UnixSeconds,
  updatedAt: UnixSeconds,
})
export type Contact = z.output<typeof Contact>

const named = { name: ContactName }
const addressed = z.strictObject({ ...named, address: Address })

/** The operator's address book: names for addresses, one address per family of chains. Sessions do not see it. */
export const contactOperations = {
  addContact: operation({
    method: 'POST',
    path: '/v1/contacts',
    access: operator,
    tag,
    summary: 'Add a contact: a name for an address. It can have one address per family of chains.',
    command: 'contact add',
    places: ['name', 'address'],
    status: 201,
    input: addressed,
    output: Contact,
    errors: ['INVALID_ADDRESS', 'CONTACT_EXISTS'],
  }),
  listContacts: operation({
    method: 'GET',
    path: '/v1/contacts',
    access: operator,
    tag,
    summary: 'List your contacts.',
    command: 'contact list',
    input: z.strictObject({ limit: Limit(50, 200), cursor: cursors.id.optional() }),
    output: z.object({ items: z.array(Contact), ...nextPage }),
    errors: [],
  }),
  showContact: operation({
    method: 'GET',
    path: '/v1/contacts/{name}',
    access: operator,
    tag,
    summary: 'Show the addresses of a contact.',
    command: 'contact show',
    input: z.strictObject(named),
    output: z.object({ name: z.string(), addresses: z.array(Contact) }),
    errors: ['CONTACT_NOT_FOUND'],
  }),
  changeContact: operation({
    method: 'PUT',
    path: '/v1/contacts/{name}',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Give a contact another address. What waits already keeps the one that it was asked for.',
    command: 'contact change',
    places: ['address'],
    destroys: 'What you send to this name from now on goes to the new address.',
    input: addressed,
    output: Contact.extend({ before: Address.describe('the address that it had') }),
    errors: ['INVALID_ADDRESS', 'CONTACT_NOT_FOUND'],
  }),
  removeContact: operation({
    method: 'DELETE',
    path: '/v1/contacts/{name}',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Remove a contact with all its addresses.',
    command: 'contact remove',
    destroys: 'The name means nothing any more, and another address can be added under it.',
    input: z.strictObject(named),
    output: z.object({ name: z.string(), removed: z.array(Contact) }),
    errors: ['CONTACT_NOT_FOUND'],
  }),
}
