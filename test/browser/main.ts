/**
 * `npm run test:browser`: what only a real browser shows, in a headless Chromium with a virtual authenticator. Ends with the
 * line `N passed, N failed`. Where there is no Chromium it installs Debian's, as root; where it may not, it says what is
 * missing, and fails nothing. `--seconds N` is the time it may take.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '500' } },
  allowPositionals: true,
})
const startedAt = performance.now()
const secondsLeft = (): number => Math.floor(Number(values.seconds) - (performance.now() - startedAt) / 1000)
/** Half as much again as the checks themselves take. */
const NEEDED_S = 360
const UNPACKING_S = 30
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const BY_HAND = 'apt-get update && apt-get install -y --no-install-recommends chromium'

const findChromium = (): string | undefined =>
  NAMES.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))).find(isProgram)

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Debian's, downloaded within the time that is left: until then apt can be ended at any moment. Undefined where it may not. */
function install(): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  const words = ['install', '-y', '--no-install-recommends', '--no-remove', 'chromium']
  apt(60, 'update')
  if (apt(secondsLeft() - NEEDED_S - UNPACKING_S, ...words, '--download-only')) apt(300, ...words)
  return findChromium()
}

function apt(seconds: number, ...words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const timeout = Math.max(1, seconds) * 1000
  return spawnSync('apt-get', ['-q', ...words], { timeout, env, stdio: 'ignore' }).status === 0
}

function missing(): string | undefined {
  if (secondsLeft() < NEEDED_S) return `time: it needs ${NEEDED_S} s, and ${secondsLeft()} s are left`
  const program = findChromium() ?? install()
  if (program === undefined) return `chromium, and apt-get does not get it here; by hand: ${BY_HAND}`
  process.env.WAIAAS_TEST_CHROMIUM = program
  return undefined
}

const lacking = missing()
if (lacking !== undefined) {
  console.log(`browser suite not run: ${lacking}\n0 passed, 0 failed`)
} else {
  const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')
  const config = join(import.meta.dirname, 'vitest.config.ts')
  const timeout = Math.max(1, secondsLeft()) * 1000
  const words = [vitest, 'run', '--config', config, ...positionals]
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit', timeout })
  process.exitCode = status ?? 1
}
