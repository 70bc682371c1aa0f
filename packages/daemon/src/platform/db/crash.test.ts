import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { forEachEngine, type Location } from '../../../../../test/support/for-each-engine.ts'
import { allRows, insert, row, sampleMigrations } from './sample.ts'

/** Starts the child, kills it once it has named so many rows, and gives all that it had named. */
async function crashAfter(answers: number, location: Location): Promise<string[]> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./crash-child.ts', import.meta.url)), JSON.stringify(location)],
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

forEachEngine((_, open, fresh) => {
  test('after kill -9 every answered commit is there, and no half of any other', async () => {
    const location = await fresh()
    const answered = await crashAfter(300, location)
    expect(answered.length).toBeGreaterThanOrEqual(300)
    const db = await open(sampleMigrations, location)
    const stored = new Set((await db.read((tx) => tx.all(allRows))).map(({ id }) => id))
    expect(answered.filter((id) => !stored.has(id))).toEqual([])
    const halves = [...stored].filter((id) => !stored.has(id.endsWith('-twin') ? id.slice(0, -5) : `${id}-twin`))
    expect(halves).toEqual([])
    await db.work({}, (tx) => tx.run(insert, row('after the crash')))
  })
})
