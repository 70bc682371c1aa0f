import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPage, root } from './markdown.ts'

type Manifest = { name: string; dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }

const manifests = (): Manifest[] =>
  ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))]
    .map((folder) => join(root, folder, 'package.json'))
    // The Python client is no package of npm.
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')))

test('docs/dependencies.md has a sentence about each package that is needed at run time, and about no other', () => {
  const needed = manifests().flatMap(({ dependencies, optionalDependencies }) =>
    Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !name.startsWith('@waiaas/')),
  )
  const rows = [...readPage('docs/dependencies.md').text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
  expect(rows.toSorted()).toEqual([...new Set(needed)].toSorted())
})
