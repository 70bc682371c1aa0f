/**
 * `npm run test:python`: installs the wheel of packages/python into an empty folder, and runs its tests against the built daemon
 * on both local chains. Ends with the line `N passed, N failed`. What it lacks of Python it installs from Debian, as root; where
 * it may not, it says what is missing, and fails nothing. `--seconds N` is the time it may take.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '180' } } })
const startedAt = performance.now()
const secondsLeft = (): number => Math.floor(Number(values.seconds) - (performance.now() - startedAt) / 1000)
/** Twice what the tests themselves take. */
const NEEDED_S = 80
const PYTHONS = ['/usr/bin/python3', 'python3']
const PACKAGES = ['python3', 'python3-httpx', 'python3-pip', 'python3-setuptools', 'python3-wheel']
const BY_HAND = `apt-get update && apt-get install -y --no-install-recommends ${PACKAGES.join(' ')}`
const PROBE =
  'import sys, httpx, importlib.util as known; sys.exit(sys.version_info < (3, 11) or not all(map(known.find_spec, ("pip", "setuptools", "wheel"))))'

const findPython = (): string | undefined =>
  PYTHONS.find((python) => spawnSync(python, ['-c', PROBE], { stdio: 'ignore' }).status === 0)

function install(): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  apt('update')
  apt('install', '-y', '--no-install-recommends', '--no-remove', ...PACKAGES)
  return findPython()
}

function apt(...words: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const timeout = Math.max(1, secondsLeft() - NEEDED_S) * 1000
  spawnSync('apt-get', ['-q', ...words], { timeout, env, stdio: 'ignore' })
}

function missing(): string | undefined {
  if (secondsLeft() < NEEDED_S) return `time: it needs ${NEEDED_S} s, and ${secondsLeft()} s are left`
  const python = findPython() ?? install()
  if (python === undefined)
    return `Python 3.11 with httpx, pip and setuptools, and apt-get does not get it here; by hand: ${BY_HAND}`
  process.env.WAIAAS_TEST_PYTHON = python
  return undefined
}

const lacking = missing()
if (lacking !== undefined) {
  console.log(`python suite not run: it lacks ${lacking}\n0 passed, 0 failed`)
} else {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const words = [vitest, 'run', '--config', join(import.meta.dirname, 'vitest.config.ts')]
  const timeout = Math.max(1, secondsLeft()) * 1000
  process.exitCode = spawnSync(process.execPath, words, { stdio: 'inherit', timeout }).status ?? 1
}
