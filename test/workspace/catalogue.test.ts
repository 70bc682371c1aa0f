import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EVENTS, failures, REASON_CODES, settings } from '@waiaas/contract'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const catalogues = /contract\/src\/(failure|events|approval-events|decision|operation)\.ts$/
const isTest = (path: string) => /\.test\.ts$|^test\//.test(path)
const files = globSync(['packages/*/src/**/*.ts', 'packages/*/test/**/*.ts', 'test/**/*.ts'], { cwd: root })
  .filter((path) => !path.endsWith('catalogue.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
const product = files.filter(({ path }) => !isTest(path) && !catalogues.test(path)).map(({ text }) => text)
const tests = files.filter(({ path }) => isTest(path)).map(({ text }) => text)

/** Names that are in no text as a whole word. */
const unnamed = (names: readonly string[], texts: readonly string[]): string[] =>
  names.filter((name) => !texts.some((text) => new RegExp(`\\b${name}\\b`).test(text)))

test.each([
  ['failure codes', Object.keys(failures)],
  ['events', EVENTS],
  ['reason codes', REASON_CODES],
])('the catalogue of %s holds what the product uses, and a test meets each', (_what, names) => {
  expect({ unused: unnamed(names, product), untested: unnamed(names, tests) }).toEqual({ unused: [], untested: [] })
})

/** Whether a line gives it as an event. Some events share their name with a failure code, which says nothing of them. */
const isRecorded = (name: string, text: string) => new RegExp(`\\bevent\\b.*'${name}'`, 'i').test(text)

test('every event of the catalogue is recorded by the daemon, under its own name', () => {
  const daemon = files.filter(({ path }) => path.startsWith('packages/daemon/src/') && !isTest(path))
  const texts = daemon.map(({ text }) => text.replaceAll('EVENT_OF', 'event'))
  expect(EVENTS.filter((name) => !texts.some((text) => isRecorded(name, text)))).toEqual([])
  expect(isRecorded('POLICY_DENIED', `throw new Failure('POLICY_DENIED', 'refused')`)).toBe(false)
})

test('every setting is read somewhere in the product', () => {
  const texts = files.filter(({ path }) => !isTest(path) && !path.endsWith('contract/src/settings.ts'))
  const isRead = (key: string) => texts.some(({ text }) => text.includes(`'${key}'`))
  // Those of one network are read by its name.
  const families = [/^rpc_pool\./, /^rpc\.(evm|solana|local)_/]
  const single = Object.keys(settings).filter((key) => !families.some((family) => family.test(key)))
  expect(single.length).toBeGreaterThan(20)
  expect(single.filter((key) => !isRead(key))).toEqual([])
  for (const computed of ['`rpc.${', '`rpc_pool.${'])
    expect(
      texts.some(({ text }) => text.includes(computed)),
      computed,
    ).toBe(true)
})
