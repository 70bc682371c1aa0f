import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from '@swc/core'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../packages/admin/src')
const files = globSync('**/*.{ts,tsx}', { cwd: root }).filter((path) => !path.includes('.test.'))

type Node = { readonly type?: string; readonly [field: string]: unknown }
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A part of a source and all that is in it. */
function within(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(within)
  if (!isNode(value)) return []
  return [value, ...Object.values(value).flatMap(within)]
}
const nodesOf = (path: string, text: string) =>
  within(parseSync(text, { syntax: 'typescript', tsx: path.endsWith('x'), target: 'es2024' }))
const sources = files.map((path) => ({ path, nodes: nodesOf(path, readFileSync(join(root, path), 'utf8')) }))

const nameOf = (node: unknown) => (isNode(node) ? String(node.value) : '')
const isText = (node: unknown): node is Node => isNode(node) && node.type === 'StringLiteral'

/** What an object in the source says by key; what it spreads has no name and says nothing. */
function said(object: unknown): Map<string, unknown> {
  const properties = isNode(object) && Array.isArray(object.properties) ? object.properties : []
  return new Map(properties.map(({ type, key, value }) => [type === 'KeyValueProperty' ? nameOf(key) : type, value]))
}

/** `{ en, ko }` of each `pair` of a source. */
const pairsIn = (nodes: readonly Node[]) =>
  nodes
    .filter(({ type, callee }) => type === 'CallExpression' && isNode(callee) && callee.value === 'pair')
    .map((call) => said((call.arguments as { expression: unknown }[])[0]?.expression))

const placeholders = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))].sort()

/** What is wrong with the texts of a source. */
function faults(nodes: readonly Node[]): string[] {
  return pairsIn(nodes).flatMap((both) => {
    const [en, ko] = [said(both.get('en')), said(both.get('ko'))]
    return [...new Set([...en.keys(), ...ko.keys()])].flatMap((key) => {
      const [one, other] = [en.get(key), ko.get(key)]
      if (!isText(one) || !isText(other)) return [`${key}: is not a plain text in both languages`]
      const [wanted, given] = [placeholders(nameOf(one)), placeholders(nameOf(other))]
      if (nameOf(one).trim() === '' || nameOf(other).trim() === '') return [`${key}: says nothing`]
      return wanted.join() === given.join() ? [] : [`${key}: fills in ${wanted.join()}, and ${given.join()} in Korean`]
    })
  })
}

const LETTERS = /\p{L}{2}/u
/** The same in any language. */
const NAMES = new Set(['WAIaaS', 'URL', 'OK'])
const SEEN = new Set(['label', 'title', 'hint', 'about', 'text', 'alt', 'aria-label'])

/** What a source has a reader see in one language alone. */
const untold = (nodes: readonly Node[]): string[] =>
  nodes
    .flatMap((node) => {
      if (node.type === 'JSXText') return [node]
      if (node.type === 'JSXExpressionContainer') return [node.expression]
      if (node.type === 'JSXAttribute' && SEEN.has(nameOf(node.name))) return [node.value]
      return []
    })
    .filter((node) => isNode(node) && (node.type === 'JSXText' || isText(node)))
    .map((node) => nameOf(node).trim())
    .filter((text) => LETTERS.test(text) && !NAMES.has(text))

test('the admin page says the same in each of its languages', () => {
  const pairs = sources.flatMap(({ nodes }) => pairsIn(nodes))
  expect(pairs.length).toBeGreaterThan(15)
  expect(pairs.every((both) => said(both.get('en')).size > 0)).toBe(true)
  expect(sources.flatMap(({ path, nodes }) => faults(nodes).map((fault) => `${path} ${fault}`))).toEqual([])
})

test('the admin page says nothing beside its words', () => {
  expect(sources.flatMap(({ path, nodes }) => untold(nodes).map((text) => `${path}: ${text}`))).toEqual([])
})

test.each([
  ["pair({ en: { a: 'of {name}' }, ko: { a: '{nmae}' } })", ['a: fills in name, and nmae in Korean']],
  [
    "pair({ en: { a: 'a' }, ko: { b: 'b' } })",
    ['a', 'b'].map((key) => `${key}: is not a plain text in both languages`),
  ],
  ["pair({ en: { a: 'a' }, ko: { a: '' } })", ['a: says nothing']],
  ["pair({ en: { 'a b': '{x} {y} {x}' }, ko: { 'a b': '{y} {x}' } })", []],
])('a fault of %s is found', (text, found) => {
  expect(faults(nodesOf('a.tsx', text))).toEqual(found)
})

test.each([
  ['<p>Hello</p>', ['Hello']],
  ["<p>{'Hello'}</p>", ['Hello']],
  ['<p title="Hello" />', ['Hello']],
  ['<p className="quiet">{t(words.hello)} · 1 </p>', []],
])('text in %s is found', (text, found) => {
  expect(untold(nodesOf('a.tsx', text))).toEqual(found)
})
