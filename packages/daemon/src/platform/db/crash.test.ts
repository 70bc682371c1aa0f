import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { forEachEngine, type Location } from '../../../../../test/support/for-each-engine.ts'
import { allRows, insert, row, sampleMigrations } from './sample.ts'

type Crash = { readonly answers: number; readonly noteBytes: number }

/** Starts the child, kills it once it has named so many rows, and gives all that it had named. */
async function crashAfter({ answers, noteBytes }: Crash, location: Location): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./crash-child.ts', import.meta.url)), JSON.stringify(location), String(noteBytes)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  let said = ''
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString()
    if (said.split('\n').length > answers) kill()
  })
  await once(child, 'close')
  process.off('exit', kill)
  expect(child.signalCode).toBe('SIGKILL')
  // What follows the last line end is an id that was cut off.
  return said.split('\n').slice(0, -1)
}

forEachEngine((engine, open, fresh) => {
  test('after kill -9 every answered commit is there, and no half of any other', async () => {
    const location = await fresh('empty')
    // In SQLite so much that the log is being copied, or begins anew, when it is killed.
    const crash = engine === 'sqlite' ? { answers: 700, noteBytes: 40_000 } : { answers: 300, noteBytes: 0 }
    const answered = await crashAfter(crash, location)
    expect(answered.length).toBeGreaterThanOrEqual(crash.answers)
    const db = await open(sampleMigrations, location)
    const stored = new Set((await db.read((tx) => tx.all(allRows))).map(({ id }) => id))
    expect(answered.filter((id) => !stored.has(id))).toEqual([])
    const halves = [...stored].filter((id) => !stored.has(id.endsWith('-twin') ? id.slice(0, -5) : `${id}-twin`))
    expect(halves).toEqual([])
    await db.work({}, (tx) => tx.run(insert, row('after the crash')))
  })
})
