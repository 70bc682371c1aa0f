/**
 * Makes `packages/admin/dist`, the files of the admin page. `node scripts/build.ts` makes it where it is missing or older than its
 * sources; `--out <dir>` makes it there in any case. It is built beside and put in place whole: of several at once each
 * leaves a whole one.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const admin = join(import.meta.dirname, '..')
const dist = join(admin, 'dist')
const SOURCES = ['src', 'index.html', 'vite.config.ts', 'package.json', '../contract/src', '../sdk/src']

/** Makes the page in a process of its own, unless it is there already. Answers what went wrong, if something did. */
export function makePage(): string | undefined {
  if (isBuilt()) return undefined
  const { status, stderr } = spawnSync(process.execPath, [import.meta.filename], { encoding: 'utf8' })
  return status === 0 ? undefined : stderr.trim()
}

/** Whether the built page has all that its sources say. */
function isBuilt(): boolean {
  const built = statSync(join(dist, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return built > Math.max(...SOURCES.map((each) => newest(join(admin, each))))
}

/** When something in it changed last; of a folder also when something was taken out of it. */
function newest(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

async function buildInto(out: string): Promise<void> {
  // Vite makes what people get for this alone, whatever the word of who calls: else it is slow, and full of names of this machine.
  process.env.NODE_ENV = 'production'
  const { build } = await import('vite')
  const beside = mkdtempSync(join(admin, '.dist-'))
  try {
    await build({ configFile: join(admin, 'vite.config.ts'), build: { outDir: beside } })
    // Others run the daemon than who built it.
    chmodSync(beside, 0o755)
    replace(out, beside)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

function replace(out: string, beside: string): void {
  rmSync(out, { recursive: true, force: true })
  try {
    renameSync(beside, out)
  } catch (error) {
    // Somebody else has just put the same there.
    if (!isTaken(error)) throw error
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { out: { type: 'string' } } })
  if (values.out !== undefined) await buildInto(resolve(values.out))
  else if (!isBuilt()) await buildInto(dist)
}
