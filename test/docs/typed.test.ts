import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { blocksOf, pages, root } from './markdown.ts'

// `ts run` blocks are run, `ts from=` ones are lines of a file; plain `ts` ones are programs that a reader copies.

const cache = join(root, 'node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'waiaas-typed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler says about programs, each a module of its own, by the rules of the project. */
async function complaintsAbout(programs: readonly { name: string; text: string }[]): Promise<string> {
  for (const { name, text } of programs) writeFileSync(join(folder, name), text)
  const project = join(folder, 'tsconfig.json')
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] }
  const files = programs.map(({ name }) => name)
  writeFileSync(project, JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', project], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  )
  return stdout
}

const programs = pages().flatMap((page) =>
  blocksOf(page)
    .filter(({ info }) => info === 'ts')
    .map(({ line, text }) => ({ name: `${page.path.replaceAll(/[^a-z0-9]+/gi, '-')}-line-${line}.ts`, text })),
)

test('programs in the documents compile as they stand, imports included', { timeout: 180_000 }, async () => {
  const names = programs.map(({ name }) => name)
  expect(names).toContainEqual(expect.stringMatching(/^packages-sdk-README-md/))
  expect(names).toContainEqual(expect.stringMatching(/^docs-pairing-md/))
  expect(await complaintsAbout(programs)).toBe('')
})

test('a program that calls what the SDK does not have is told by its line', { timeout: 180_000 }, async () => {
  const text = "import { WAIaaSClient } from '@waiaas/sdk'\nnew WAIaaSClient({ baseUrl: '' }).pays()\n"
  const told = (await complaintsAbout([{ name: 'wrong.ts', text }])).trim().split('\n')
  expect(told).toEqual([expect.stringMatching(/^wrong\.ts\(2,.*'pays' does not exist/)])
})
