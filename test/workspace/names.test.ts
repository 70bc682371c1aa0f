import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { POLICY_TYPES } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** Names that shared code must not ask for, and the only places that may say them. A folder ends in a slash. */
type Rule = {
  readonly names: readonly string[]
  /** The file of one name beside the tables: `types/<name in kebab-case>.ts`. */
  readonly homes: readonly string[]
  readonly tables: readonly string[]
  /** Other places, each with its reason. */
  readonly others: Readonly<Record<string, string>>
}
const rules: Readonly<Record<string, Rule>> = {
  'policy types': {
    names: POLICY_TYPES,
    homes: ['packages/contract/src/policies/', 'packages/daemon/src/policies/types/'],
    tables: ['packages/contract/src/policies/all.ts', 'packages/daemon/src/policies/types/all.ts'],
    others: {
      'packages/contract/src/failure.ts': 'the hint of a code of the catalogue tells what refused',
      'packages/cli/src/demo/script.ts': 'the demo is a client that writes a policy',
      'packages/daemon/src/policies/samples.ts': 'samples for the tests of its folder',
    },
  },
}

const kebab = (name: string): string => name.toLowerCase().replaceAll('_', '-')

/** `file: name` for each name that stands where it must not. */
function misplaced(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([file, text]) =>
    rule.names
      .filter((name) => new RegExp(`\\b${name}\\b`).test(text))
      .filter((name) => !rule.homes.some((home) => file === `${home}${kebab(name)}.ts`))
      .filter(() => !rule.tables.includes(file) && !Object.hasOwn(rule.others, file))
      .map((name) => `${file}: ${name}`),
  )
}

/** What runs: the sources of all packages, without their tests. */
const sources = Object.fromEntries(
  globSync('packages/*/src/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
)

describe.each(Object.entries(rules))('%s', (_, rule) => {
  test('are named in their own files and the tables alone', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(100)
    expect(misplaced(rule, sources)).toEqual([])
  })
  test.each(rule.names)('%s is found where it was planted', (name) => {
    const shared = 'packages/daemon/src/transactions/deciding/judge.ts'
    const other = rule.names.find((candidate) => candidate !== name)!
    const another = `${rule.homes[0]}${kebab(other)}.ts`
    const branch = `if (policy.type === '${name}') return`
    expect(misplaced(rule, { [shared]: branch, [another]: branch })).toEqual([
      `${shared}: ${name}`,
      `${another}: ${name}`,
    ])
    expect(misplaced(rule, { [`${rule.homes[0]}${kebab(name)}.ts`]: branch })).toEqual([])
    expect(misplaced(rule, { [shared]: `code: '${name}_EXCEEDED'` })).toEqual([])
  })
  test('every place that is allowed still needs it', () => {
    const names = new RegExp(`\\b(${rule.names.join('|')})\\b`)
    for (const file of [...rule.tables, ...Object.keys(rule.others)]) expect(sources[file], file).toMatch(names)
  })
})
