import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { renameAll, settleUnfinishedRenames } from './renames.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waiaas-renames-'))
  writeFileSync(join(folder, 'data'), 'old')
  writeFileSync(join(folder, 'staged'), 'new')
})
afterEach(() => rmSync(folder, { recursive: true }))

const renames = () => [
  { from: join(folder, 'data'), to: join(folder, 'data.bak') },
  { from: join(folder, 'staged'), to: join(folder, 'data') },
]
const state = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

const commit = async () => undefined
const never = async () => {
  throw new Error('nothing else was to be decided')
}

test('all files move, and nothing is left to be undone', async () => {
  await renameAll(folder, { renames: renames() }, { commit, isDecided: never })
  expect(state()).toEqual({ data: 'new', 'data.bak': 'old' })
  expect(await settleUnfinishedRenames(folder, never)).toBeUndefined()
})

test('a commit of which only the answer was lost stands', async () => {
  const lost = async () => {
    throw new Error('connection lost')
  }
  const all = { renames: renames(), staging: 'staged' }
  await expect(renameAll(folder, all, { commit: lost, isDecided: async () => false })).rejects.toThrow('lost')
  expect(state()).toEqual({ data: 'old', staged: 'new' })
  await renameAll(folder, all, { commit: lost, isDecided: async (staging) => staging === 'staged' })
  expect(state()).toEqual({ data: 'new', 'data.bak': 'old' })
})

test('a move or a commit that fails takes all back', async () => {
  const failing = async () => {
    throw new Error('no')
  }
  const how = { commit: failing, isDecided: never }
  await expect(renameAll(folder, { renames: renames() }, how)).rejects.toThrow('no')
  const missing = { from: join(folder, 'missing'), to: join(folder, 'any') }
  const more = { renames: [...renames(), missing] }
  await expect(renameAll(folder, more, { commit, isDecided: never })).rejects.toMatchObject({ code: 'ENOENT' })
  expect(state()).toEqual({ data: 'old', staged: 'new' })
})

test.each([
  ['before the first rename', 0],
  ['between two renames', 1],
  ['after the last rename', 2],
])('a run that is killed %s is undone by the next', async (_when, done) => {
  const module = JSON.stringify(new URL('./renames.ts', import.meta.url).href)
  const all = renames()
  // The rename after those is of a file that only appears to be there: its getter ends the process.
  const program = `
    import { renameAll } from ${module}
    const die = () => process.kill(process.pid, 'SIGKILL')
    const renames = ${JSON.stringify(all)}
    let asked = 0
    const list = { toJSON: () => renames, *[Symbol.iterator]() { for (const move of renames) { if (asked++ === ${done}) die(); yield move } } }
    list.flatMap = (fn) => renames.flatMap(fn)
    await renameAll(${JSON.stringify(folder)}, { renames: list }, { commit: async () => die() })`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  expect(signal).toBe('SIGKILL')
  expect(readdirSync(folder)).toContain('restore.journal')
  expect(await settleUnfinishedRenames(folder, never)).toBe('undone')
  expect(state()).toEqual({ data: 'old', staged: 'new' })
})
