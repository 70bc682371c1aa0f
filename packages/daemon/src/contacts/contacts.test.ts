import { contactOperations } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { handClock, operator } from '../../../../test/support/feature-bed.ts'
import { forEachEngine, type Open } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { needConsents } from '../consents/service.ts'
import { migrations } from '../migrations/all.ts'
import { contacts } from './service.ts'

const FIRST = '0x00000000219ab540356cBB839Cbe05303d7705Fa'
const SECOND = `0x${'5e'.repeat(20)}`
const OTHER_FAMILY = 'So11111111111111111111111111111111111111112'

async function start(open: Open) {
  const database = await open(migrations)
  const clock = handClock()
  const evidence = strictAudit({ clock })
  const book = contacts({ database, clock, audit: evidence, needConsent: needConsents(clock) })
  const add = (name: string, address: string) =>
    book.add(contactOperations.addContact.input.parse({ name, address }), operator)
  const events = async () => (await database.read((db) => evidence.list(db, {}, 100))).map(({ event }) => event)
  return { book, add, clock, events }
}

forEachEngine((_engine, open) => {
  test('a contact has one address per family, which is changed and removed with evidence', async () => {
    const { book, add, clock, events } = await start(open)
    const one = await add('Bob', FIRST.toLowerCase())
    expect(one).toMatchObject({ name: 'bob', address: FIRST })
    const other = await add('bob', OTHER_FAMILY)
    expect(new Set([one.chain, other.chain]).size).toBe(2)
    expect(await book.show('bob')).toEqual({ name: 'bob', addresses: [one, other] })
    clock.pass(60)
    const changed = await book.change({ name: 'bob', address: SECOND }, operator)
    expect(changed).toMatchObject({ id: one.id, before: FIRST, updatedAt: one.updatedAt + 60 })
    expect(changed.address.toLowerCase()).toBe(SECOND)
    // Nothing has changed, so that nothing is told.
    expect((await book.change({ name: 'bob', address: SECOND }, operator)).updatedAt).toBe(changed.updatedAt)
    expect((await book.remove('bob', operator)).removed.map(({ id }) => id)).toEqual([one.id, other.id])
    await expect(book.show('bob')).rejects.toMatchObject({ code: 'CONTACT_NOT_FOUND' })
    expect(await events()).toEqual([
      ...['CONTACT_REMOVED', 'CONTACT_REMOVED', 'CONTACT_CHANGED', 'CONTACT_ADDED', 'CONTACT_ADDED'],
    ])
  })

  test('a name that is taken, or looks like one that is, is refused, and nothing is kept of it', async () => {
    const { book, add, events } = await start(open)
    await add('bill', FIRST)
    for (const name of ['bill', 'BILL', 'bi11', 'bil-l', 'b_ill', 'blll'])
      await expect(add(name, SECOND), name).rejects.toMatchObject({ code: 'CONTACT_EXISTS' })
    await expect(add('bi11', OTHER_FAMILY)).rejects.toMatchObject({ code: 'CONTACT_EXISTS' })
    expect((await book.list({ limit: 10 })).items).toMatchObject([{ name: 'bill', address: FIRST }])
    expect(await events()).toEqual(['CONTACT_ADDED'])
  })

  test('one name added many times at once is there once', async () => {
    const { book, add } = await start(open)
    const tries = await Promise.allSettled([FIRST, SECOND, FIRST, SECOND].map((address) => add('bob', address)))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await book.show('bob')).addresses).toHaveLength(1)
  })

  test('what is no address, and what there is not, is refused', async () => {
    const { book, add, events } = await start(open)
    const mistyped = FIRST.replace('cBB', 'CBB')
    for (const address of ['bob.eth', '0x12', mistyped, `0x${'0'.repeat(40)}`, 'rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh'])
      await expect(add('bob', address), address).rejects.toMatchObject({ code: 'INVALID_ADDRESS' })
    await expect(book.change({ name: 'bob', address: FIRST }, operator)).rejects.toMatchObject({
      code: 'CONTACT_NOT_FOUND',
    })
    await add('bob', FIRST)
    await expect(book.change({ name: 'bob', address: OTHER_FAMILY }, operator)).rejects.toMatchObject({
      code: 'CONTACT_NOT_FOUND',
    })
    await expect(book.remove('alice', operator)).rejects.toMatchObject({ code: 'CONTACT_NOT_FOUND' })
    expect(await events()).toEqual(['CONTACT_ADDED'])
  })
})
