import {
  CHAINS,
  type ChainName,
  type Contact,
  type contactOperations,
  Failure,
  familiesOf,
  newId,
  type Output,
  type Parsed,
} from '@waiaas/contract'
import { type Audit, SYSTEM_EVIDENCE } from '../audit/service.ts'
import { families } from '../chains/families.ts'
import type { NeedConsent } from '../consents/types.ts'
import type { By } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { seenAs } from '../platform/look-alike.ts'
import { type ContactRow, contactStore } from './store.ts'

export type ContactParts = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  /** Owners who have verified agree to what lets more out. Failure OWNER_CONSENT_REQUIRED. */
  needConsent: NeedConsent
}
type Operations = typeof contactOperations
type Addressed = Parsed<Operations['addContact']>

/**
 * The operator's address book. Nothing that is asked for or waits refers to it: a name becomes an address before a request
 * is made, and the request has the address alone.
 */
export function contacts({ database, clock, audit, needConsent }: ContactParts) {
  return {
    /** Failures INVALID_ADDRESS; CONTACT_EXISTS where the name, or one that looks like it, has such an address. */
    async add({ name, address: text }: Addressed, by: By): Promise<Output<Operations['addContact']>> {
      const { chain, address } = parsed(text)
      return database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const seen = seenAs(name)
        requireFree({ name, chain }, await contactStore.seenAlike(db, seen))
        const at = clock.now()
        const row = { id: newId(at), name, seen, chain, address, created_at: at, updated_at: at }
        await contactStore.insert(db, row)
        await audit.record(db, { event: 'CONTACT_ADDED', ...by, details: { name, chain, address } })
        return view(row)
      })
    },

    async list({
      limit,
      cursor = '',
    }: Parsed<Operations['listContacts']>): Promise<Output<Operations['listContacts']>> {
      const rows = await database.read((db) => contactStore.page(db, cursor, limit + 1))
      const shown = rows.slice(0, limit)
      const hasMore = rows.length > shown.length
      return { items: shown.map(view), nextCursor: hasMore ? shown.at(-1)!.id : null, hasMore }
    },

    show: (name: string): Promise<Output<Operations['showContact']>> =>
      database.read(async (db) => ({ name, addresses: (await needCalled(db, name)).map(view) })),

    /** The new address takes the place of the one of its family. Failures INVALID_ADDRESS, CONTACT_NOT_FOUND. */
    async change({ name, address: text }: Addressed, by: By): Promise<Output<Operations['changeContact']>> {
      const { chain, address } = parsed(text)
      return database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const row = (await needCalled(db, name)).find((one) => one.chain === chain)
        if (!row)
          throw new Failure('CONTACT_NOT_FOUND', `the contact ${name} has no ${chain} address; add it as a first one`)
        const before = row.address
        if (before === address) return { ...view(row), before }
        const content = { name, chain, from: before, address }
        const words = `pay ${address} in place of ${before} where the operator sends to the ${chain} contact ${name}`
        await needConsent(db, {
          action: 'loosen',
          words,
          content,
          wallet: null,
          concerns: (one) => one.chain === chain,
        })
        const at = clock.now()
        await contactStore.change(db, { id: row.id, address, at })
        await audit.record(db, { event: 'CONTACT_CHANGED', ...by, details: { ...content, loosens: true } })
        return { ...view({ ...row, address, updated_at: at }), before }
      })
    },

    /** All its addresses at once. Failure CONTACT_NOT_FOUND. */
    remove: (name: string, by: By): Promise<Output<Operations['removeContact']>> =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, async (db) => {
        const rows = await needCalled(db, name)
        const content = rows.map(({ chain, address }) => ({ name, chain, address }))
        const list = content.map(({ chain, address }) => `${address} on ${chain}`).join(' and ')
        const words = `remove the contact ${name}, which is ${list}, so that the name is free for other addresses`
        const concerns = (one: { chain: string }) => rows.some(({ chain }) => chain === one.chain)
        await needConsent(db, { action: 'loosen', words, content, wallet: null, concerns })
        await contactStore.remove(db, name)
        for (const details of content)
          await audit.record(db, { event: 'CONTACT_REMOVED', ...by, details: { ...details, loosens: true } })
        return { name, removed: rows.map(view) }
      }),
  }
}

/** An address in its family's own form. Failure INVALID_ADDRESS. */
function parsed(text: string): { chain: ChainName; address: string } {
  const chain = familiesOf(text).find((name) => families[name])
  const form = chain && families[chain]?.owner
  if (chain && form) return { chain, address: form.address(text) }
  const known = CHAINS.filter((name) => families[name]).join(' or ')
  throw new Failure('INVALID_ADDRESS', `expected an address of ${known}, got "${text.slice(0, 60)}"`)
}

/** `alike`: those whose names look like it. */
function requireFree({ name, chain }: Pick<ContactRow, 'name' | 'chain'>, alike: readonly ContactRow[]): void {
  const other = alike.find((row) => row.name !== name)
  if (other) throw new Failure('CONTACT_EXISTS', `${name} looks like the contact ${other.name}`)
  const own = alike.find((row) => row.chain === chain)
  if (own) throw new Failure('CONTACT_EXISTS', `the contact ${name} has the ${chain} address ${own.address} already`)
}

async function needCalled(db: Handle, name: string): Promise<ContactRow[]> {
  const rows = await contactStore.called(db, name)
  if (rows.length > 0) return rows
  throw new Failure('CONTACT_NOT_FOUND', `no contact is called ${name}`)
}

const view = ({ id, name, chain, address, created_at, updated_at }: ContactRow): Contact => ({
  ...{ id, name, chain, address },
  createdAt: seconds(created_at),
  updatedAt: seconds(updated_at),
})
