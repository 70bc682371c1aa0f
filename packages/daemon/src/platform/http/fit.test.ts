import { expect, test } from 'vitest'
import { z } from 'zod'
import { fit, fitPage } from './fit.ts'

const Row = z.object({ id: z.string(), note: z.string().max(3).nullable(), tag: z.string().max(3).optional() })
const Page = z.object({ items: z.array(Row), more: z.boolean() })
const row = (more: object = {}) => ({ id: 'a', note: 'n', ...more })

test('an answer that fits is answered as it is, without what its schema does not know', () => {
  expect(fit(Page, { items: [row({ secret: 1 })], more: false })).toEqual({
    data: { items: [row()], more: false },
    cut: [],
  })
})

test('a field that does not fit is null, or left out where it may not be null', () => {
  const answer = { items: [row({ note: 'long' }), row({ tag: 'long' }), row({ id: 'b' })], more: true }
  expect(fit(Page, answer)).toEqual({
    data: { items: [row({ note: null }), row(), row({ id: 'b' })], more: true },
    cut: ['items.0.note', 'items.1.tag'],
  })
  expect(answer.items[0]).toEqual(row({ note: 'long' }))
})

test('an entry that cannot be told at all takes no other with it', () => {
  const bad = { id: 7, note: 8 }
  expect(fit(Page, { items: [bad, row(), { ...bad }, row({ id: 'b' }), bad], more: false })?.data).toEqual({
    items: [row(), row({ id: 'b' })],
    more: false,
  })
  const Outer = z.object({ pages: z.array(Page) })
  expect(fit(Outer, { pages: [{ items: [bad, row()], more: true }] })?.data).toEqual({
    pages: [{ items: [row()], more: true }],
  })
})

test('where a part cannot be told without one of its fields, that part is left out', () => {
  const Outer = z.object({ id: z.string(), more: Row.nullable(), names: z.array(z.string()) })
  const answer = { id: 'a', more: { id: 1 }, names: ['x', 1, 'y', 2] }
  expect(fit(Outer, answer)?.data).toEqual({ id: 'a', more: null, names: ['x', 'y'] })
})

test('of a choice of answers the nearest is told', () => {
  const either = z.union([Row, z.object({ success: z.boolean(), all: z.array(Row) })])
  expect(fit(either, row({ note: 'long' }))?.data).toEqual(row({ note: null }))
  expect(fit(either, { success: true, all: [row({ id: 1 })] })?.data).toEqual({ success: true, all: [] })
})

test('what lacks what an answer cannot do without does not fit at all', () => {
  expect(fit(Page, { items: [], more: 'yes' })).toBeUndefined()
  expect(fit(Row, undefined)).toBeUndefined()
})

test('a long page is the same in pieces, and others have their turn between', async () => {
  const items = Array.from({ length: 35 }, (_, at) => row({ id: `${at}`, note: at % 16 === 15 ? 'long' : null }))
  const answer = { items, more: 'yes' }
  let turns = 0
  const count = () => {
    turns++
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  const fitted = await fitPage(z.object({ ...Page.shape, more: z.boolean().nullable() }), answer)
  clearImmediate(counting)
  expect(turns).toBeGreaterThanOrEqual(3)
  expect(fitted).toEqual({
    data: { items: items.map((item) => ({ ...item, note: null })), more: null },
    cut: ['more', 'items.15.note', 'items.31.note'],
  })
  expect(await fitPage(Page, { items, more: 'yes' })).toBeUndefined()
  expect(await fitPage(Page, { items: [], more: true })).toEqual({ data: { items: [], more: true }, cut: [] })
})
