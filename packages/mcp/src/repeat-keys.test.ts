import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { callText, repeatKeys } from './repeat-keys.ts'

const TEN_MINUTES_MS = 600_000

function inFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'waiaas-mcp-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  return join(parent, 'repeats')
}

test('a key that was written down before its call is that of the same call after a restart, and of no other', async () => {
  const folder = inFolder()
  const key = await repeatKeys({ folder, of: 'a' }).begin('pay')
  // Somebody else's file is not read, and not taken away.
  writeFileSync(join(folder, 'note'), '')
  const started = repeatKeys({ folder, of: 'a' })
  expect(await started.begin('pay')).toBe(key)
  expect(await started.begin('pay more')).not.toBe(key)
  expect(await repeatKeys({ folder, of: 'b' }).begin('pay')).not.toBe(key)
  await started.end('pay', key)
  const next = await started.begin('pay')
  expect(next).not.toBe(key)
  expect(readdirSync(folder)).toContain('note')
})

test('what is not over counts for ten minutes from its last call, and is forgotten on the disk too', async () => {
  const folder = inFolder()
  let at = Date.now()
  const now = () => at
  const keys = repeatKeys({ folder, now })
  const key = await keys.begin('pay')
  await keys.keep('pay', key)
  at += TEN_MINUTES_MS - 1
  expect(await keys.begin('pay')).toBe(key)
  await keys.keep('pay', key)
  at += TEN_MINUTES_MS - 1
  expect(await keys.begin('pay')).toBe(key)
  at += 1
  expect(await keys.begin('pay')).not.toBe(key)
  at = Date.now() + 2 * TEN_MINUTES_MS
  expect(await repeatKeys({ folder, now }).begin('another')).not.toBe(key)
  expect(readdirSync(folder)).toHaveLength(1)
})

test('equal calls at once are two, each under its own key, and both are known after a restart', async () => {
  const folder = inFolder()
  const keys = repeatKeys({ folder })
  const both = await Promise.all([keys.begin('pay'), keys.begin('pay')])
  expect(new Set(both).size).toBe(2)
  const started = repeatKeys({ folder })
  const found: (string | undefined)[] = []
  for (let at = 0; at < 2; at += 1) {
    const key = await started.begin('pay')
    found.push(key)
    await started.end('pay', key)
  }
  expect(found.sort()).toEqual([...both].sort())
})

test('where nothing can be written calls go out all the same, and the log says what a restart may cost', async () => {
  const folder = inFolder()
  writeFileSync(folder, 'not a folder')
  const said: string[] = []
  const keys = repeatKeys({ folder, log: (line) => said.push(line) })
  const key = await keys.begin('pay')
  await keys.keep('pay', key)
  expect(await keys.begin('pay')).toBe(key)
  expect(said[0]).toContain('a restart may forget what was asked for')
})

test('a call is the same whatever the order of its arguments, and however long it waits', () => {
  expect(callText('send', { a: 1, b: { c: 2, d: 3 }, wait: 5 })).toBe(callText('send', { b: { d: 3, c: 2 }, a: 1 }))
  expect(callText('send', { a: 1 })).not.toBe(callText('send', { a: '1' }))
})
