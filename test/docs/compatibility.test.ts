import { type Operation, operations, outputSchema } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { ROUTES_OF_2X, routeKey } from '../support/routes-of-2x.ts'
import { readPage } from './markdown.ts'

// Each route of 2.x answers the fields that its clients know, or the page says that it does not.

const { text } = readPage('docs/compatibility.md')
const sectionOf = (title: string): string =>
  text
    .split(/^## /m)
    .find((part) => part.startsWith(title))!
    .slice(title.length)

/** What is served beside the operations; test/older-clients.test.ts calls them. */
const BESIDE = ['GET /doc', 'POST /v1/rpc-evm/{walletId}/{chainId}']
const ours = new Map(Object.values<Operation>(operations).map((op) => [routeKey(op), op]))
const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`
const served = ROUTES_OF_2X.filter((route) => ours.has(routeKey(route)))

function fieldsOf(op: Operation): Set<string> {
  const { anyOf, ...own } = outputSchema(op)
  return new Set((anyOf ?? [own]).flatMap(({ properties = {} }) => Object.keys(properties)))
}

test('every route of 2.x is served, or listed as not there', () => {
  const listed = [...sectionOf('What is not there yet').matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \S+)`/g)].map(
    ([, route]) => route!,
  )
  const absent = ROUTES_OF_2X.filter((route) => !ours.has(routeKey(route)))
    .map(nameOf)
    .filter((name) => !BESIDE.includes(name))
  expect(listed.toSorted()).toEqual(absent.toSorted())
  expect(ROUTES_OF_2X.length).toBe(162)
  expect(new Set(ROUTES_OF_2X.map(routeKey)).size).toBe(ROUTES_OF_2X.length)
})

test.each(served.map((route) => [nameOf(route), route] as const))(
  '%s answers with the status and the fields of 2.x, but for those that the page names',
  (name, { status, fields, ...route }) => {
    const op = ours.get(routeKey(route))!
    expect(op.status).toBe(status)
    const missing = fields.filter((field) => !fieldsOf(op).has(field))
    const told = text.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`))
    expect(missing.filter((field) => !told.some((line) => line.includes(`\`${field}\``)))).toEqual([])
  },
)
