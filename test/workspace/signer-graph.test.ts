import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { parseSync } from '@swc/core'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const requireFromDaemon = createRequire(join(root, 'packages/daemon/package.json'))
const sources = globSync('packages/daemon/src/keys/signer/**/*.ts', { cwd: root }).filter(
  (path) => !/\.test\./.test(path),
)
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const network = /^(node:)?(cluster|dgram|dns|http|http2|https|inspector|net|tls)(\/|$)|node_modules\/(undici|ws)\//

/** Native libraries are loaded through `createRequire`, which a static reader of imports does not see. */
const nativeLoad = /createRequire\(import\.meta\.url\)\('([^']+)'\)/g
const natives = sources.flatMap((path) => [...read(path).matchAll(nativeLoad)].map((match) => match[1]!))

type Node = { type?: string; callee?: Node; arguments?: { expression: Node }[] }

/** Every `import(…)` whose module is computed, so that no reader of the source can tell it. */
function computedImports(node: Node | null): Node[] {
  if (typeof node !== 'object' || node === null) return []
  const isComputed = node.callee?.type === 'Import' && node.arguments?.[0]?.expression.type !== 'StringLiteral'
  return [...(isComputed ? [node] : []), ...Object.values(node).flatMap((child) => computedImports(child as Node))]
}

/** Every module, of npm packages and Node too, that the given files import. */
function modulesReachedFrom(paths: string[]): string[] {
  const command = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const options = ['--config', '.dependency-cruiser.cjs', '--do-not-follow', '^$', '--output-type', 'json']
  const run = spawnSync(process.execPath, [command, ...options, ...paths], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (!run.stdout) throw new Error(`dependency-cruiser gave no report: ${run.stderr}`)
  return JSON.parse(run.stdout).modules.map(({ source }: { source: string }) => source)
}

describe('what the signer process loads', () => {
  test('is imported in ways that can be read from the source', () => {
    expect(sources.length).toBeGreaterThan(5)
    const hidden = sources.filter((path) => {
      const text = read(path)
      const syntax = parseSync(text, { syntax: 'typescript', target: 'es2024' }) as unknown as Node
      const rest = text.replaceAll(nativeLoad, '')
      return /createRequire\(|getBuiltinModule|process\.binding/.test(rest) || computedImports(syntax).length > 0
    })
    expect(hidden).toEqual([])
    expect([...new Set(natives)].filter((name) => builtinModules.includes(name.replace(/^node:/, '')))).toEqual([])
  })

  test('holds no network module, in its own files or in any package it uses', () => {
    const entries = [...new Set(natives)].map((name) => relative(root, requireFromDaemon.resolve(name)))
    const reached = modulesReachedFrom([...sources, ...entries])
    expect(reached.filter((path) => path.startsWith('node_modules/')).length).toBeGreaterThan(5)
    expect(reached.filter((path) => network.test(path))).toEqual([])
  })
})
