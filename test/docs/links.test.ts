import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchorsOf, blocksOf, pages, proseOf, readPage, root } from './markdown.ts'

const all = pages()

describe('the documents', () => {
  test('link only to files and headings that are there', () => {
    const broken = all.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target]) => target!)
        .filter((target) => !/^(https?|mailto):/.test(target))
        .filter((target) => !resolves(page.path, target))
        .map((target) => `${page.path}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  test('show every picture that is there', () => {
    const shown = all.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => join(dirname(page.path), target!)),
    )
    const pictures = readdirSync(join(root, 'docs/images')).map((name) => `docs/images/${name}`)
    expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([])
  })

  test('have no picture that is long in coming', () => {
    const large = readdirSync(join(root, 'docs/images')).filter(
      (name) => statSync(join(root, 'docs/images', name)).size > 150_000,
    )
    expect(large).toEqual([])
  })

  test('name only files that are there', () => {
    const missing = all.flatMap((page) =>
      [...proseOf(page).matchAll(/`((?:packages|test|scripts|docs|bench)\/[\w./@-]+)`/g)]
        .map(([, path]) => path!)
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${page.path}: ${path}`),
    )
    expect(missing).toEqual([])
  })

  test('quote code as it is: a block "ts from=<file>" stands in that file word for word', () => {
    const wrong = all.flatMap((page) =>
      blocksOf(page).flatMap(({ info, text, line }) => {
        const path = /^ts from=(\S+)$/.exec(info)?.[1]
        if (path === undefined) return []
        return readFileSync(join(root, path), 'utf8').includes(text)
          ? []
          : [`${page.path}:${line} differs from ${path}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  test('reach every page from the README', () => {
    const seen = new Set<string>(['README.md'])
    for (const path of seen) {
      for (const [, target] of proseOf(readPage(path)).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g)) {
        if (/^https?:/.test(target!)) continue
        seen.add(normalize(join(dirname(path), target!)))
      }
    }
    expect(all.map(({ path }) => path).filter((path) => !seen.has(path))).toEqual([])
  })
})

function resolves(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? from : normalize(join(dirname(from), file))
  if (!existsSync(join(root, path))) return false
  return anchor === undefined || anchorsOf(readPage(path)).includes(anchor)
}

test('no page gives npx a flag that is meant for us: it takes what stands right behind the name for its own', () => {
  const taken = /npx --no waiaas(-mcp)? -/
  expect(taken.test('npx --no waiaas --help')).toBe(true)
  expect(
    pages()
      .filter(({ text }) => taken.test(text))
      .map(({ path }) => path),
  ).toEqual([])
})
