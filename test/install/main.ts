/**
 * `npm run test:install`: installs the tarballs of `npm run bundle` into empty folders, under the oldest Node that they are
 * for and under ours, and pays from there. Ends with the line `N passed, N failed`. Where npm gets nothing from its registry
 * it says so, and fails nothing. `--seconds N` is the time it may take.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' } } })
const root = join(import.meta.dirname, '../..')
const startedAt = performance.now()
const secondsLeft = (): number => Math.floor(Number(values.seconds) - (performance.now() - startedAt) / 1000)
/** Twice what it takes, the registry included. */
const NEEDED_S = 120
const OLDEST = { name: `node-${process.platform}-${process.arch}`, version: '22.23.5' }

/** Gets the older Node, and with it proof that the registry answers, also for what no lock of ours names. */
function install(folder: string): string | undefined {
  const mcp = JSON.parse(readFileSync(join(root, 'packages/mcp/package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const sdk = '@modelcontextprotocol/server'
  const packages = [`${OLDEST.name}@${OLDEST.version}`, `${sdk}@${mcp.dependencies[sdk]}`]
  const words = ['install', '--no-audit', '--no-fund', '--prefix', folder, ...packages]
  const { status, stderr } = spawnSync('npm', words, { cwd: folder, encoding: 'utf8', timeout: 120_000 })
  return status === 0 ? undefined : stderr.trim().split('\n').slice(0, 2).join(' ')
}

function missing(folder: string): string | undefined {
  if (secondsLeft() < NEEDED_S) return `time: it needs ${NEEDED_S} s, and ${secondsLeft()} s are left`
  const failure = install(folder)
  return failure === undefined ? undefined : `what npm gets from its registry (${failure})`
}

const folder = mkdtempSync(join(tmpdir(), 'waiaas-node-'))
try {
  const lacking = missing(folder)
  if (lacking !== undefined) {
    console.log(`install suite not run: it lacks ${lacking}\n0 passed, 0 failed`)
  } else {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const words = [vitest, 'run', '--config', join(import.meta.dirname, 'vitest.config.ts')]
    const env = { ...process.env, WAIAAS_TEST_OLDEST_NODE: join(folder, 'node_modules', OLDEST.name, 'bin') }
    const timeout = Math.max(1, secondsLeft()) * 1000
    process.exitCode = spawnSync(process.execPath, words, { stdio: 'inherit', timeout, env }).status ?? 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
