import { expect, test } from 'vitest'
import { findManyParameters, findTooLong } from '../../scripts/length-check.ts'

const product = 'packages/daemon/src/wallets/service.ts'
const statements = (count: number) => 'work()\n'.repeat(count)

test('a product file of more than 400 lines is reported, a test or a table of data is not', () => {
  const text = statements(401)
  expect(findTooLong(product, text)).toEqual([`${product} is 401 lines long, at most 400`])
  expect(findTooLong(product, statements(400))).toEqual([])
  expect(findTooLong('packages/daemon/src/wallets/wallets.test.ts', text)).toEqual([])
  expect(findTooLong('packages/contract/src/failure.ts', text)).toEqual([])
  expect(findTooLong('packages/contract/src/openapi.gen.ts', text)).toEqual([])
})

test.each([
  ['a declared function', (body: string) => `// é\n\nfunction long() {\n${body}}`, 3],
  ['an arrow function', (body: string) => `const long = () => {\n${body}}`, 1],
  ['a method', (body: string) => `class A {\n  long() {\n${body}}\n}`, 2],
  ['a constructor', (body: string) => `class A {\n  constructor() {\n${body}}\n}`, 2],
  ['a getter of an object', (body: string) => `const a = {\n  get long() {\n${body}return 1}\n}`, 2],
  ['a method of an object', (body: string) => `const a = {\n  async long(this: void) {\n${body}}\n}`, 2],
  ['a function inside another', (body: string) => `const a = () => ({ long() {\n${body}} })`, 1],
])('%s of more than 80 lines is reported with its line', (_what, write, line) => {
  const [problem, ...others] = findTooLong(product, write(statements(80)))
  expect(problem).toMatch(new RegExp(`^${product}:${line} holds a function of 8[12] lines, at most 80$`))
  expect(others).toEqual([])
  expect(findTooLong(product, write(statements(78)))).toEqual([])
})

test('a function that gives one literal may be long', () => {
  expect(findTooLong(product, `const a = () => ({\n${'  a: 1,\n'.repeat(100)}})`)).toEqual([])
  expect(findTooLong(product, `function a() {\nreturn [\n${'  1,\n'.repeat(100)}] as const\n}`)).toEqual([])
})

test('a callback that groups tests may be long, in a test file alone', () => {
  const file = 'packages/daemon/src/wallets/wallets.test.ts'
  const tests = "  test.each([1])('b', () => {})\n".repeat(100)
  expect(findTooLong(file, `describe('a', () => {\n${tests}})`)).toEqual([])
  expect(findTooLong(file, `describe.each([1])('a', (n) => {\n${tests}})`)).toEqual([])
  expect(findTooLong(file, `onEachEngine((engine) => {\n${tests}})`)).toEqual([])
  expect(findTooLong(product, `describe('a', () => {\n${tests}})`)).toHaveLength(1)

  const long = `describe('a', () => {\n  test('b', async () => {\n${statements(80)}})\n})`
  expect(findTooLong(file, long)).toEqual([`${file}:2 holds a function of 82 lines, at most 80`])
})

test.each([
  ['a function', 'function many(a, b, c, d) {}'],
  ['an arrow function that gives a literal', 'const many = (a, b, c, ...d) => ({ a })'],
  ['a constructor', 'class A {\n  constructor(a, b, c, d = 1) {}\n}'],
  ['a method of an object', 'const a = {\n  many(a, b, c, d) {},\n}'],
])('%s of the product has at most three parameters', (_what, text) => {
  const [problem, ...others] = findManyParameters(product, text)
  expect(problem).toMatch(new RegExp(`^${product}:[12] has 4 parameters, at most 3: `))
  expect(others).toEqual([])
  expect(findManyParameters('packages/daemon/src/wallets/wallets.test.ts', text)).toEqual([])
})

test('what is joined in an object counts as one parameter, and `this` as none', () => {
  expect(findManyParameters(product, 'function few(this: A, db: B, { a, b, c, d }: C, e: D) {}')).toEqual([])
})
