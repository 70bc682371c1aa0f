import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'

const program = `
  const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))})
  const server = await startPostgres()
  console.log(server.url())
  setInterval(() => {}, 1000)
`

test('the server ends with the process that started it, even by kill -9, and removes its files', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const client = new pg.Client({ connectionString: line.toString().trim() })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ folder: string }>(`select current_setting('data_directory') as folder`)
  const folder = rows[0]!.folder
  if (process.getuid?.() === 0) expect(statSync(folder).uid).not.toBe(0)
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  kill()
  await ended
  process.off('exit', kill)
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
})
