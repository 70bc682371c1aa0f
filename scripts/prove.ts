/**
 * `npm run prove -- --schedules=N --seed=S`: plays so many schedules against limits, in process on both databases, and
 * kills daemons that reach a limit (`--kills=20`), and looks whether more ever left than a limit lets.
 * It prints the seed in the names of its tests; `--seed=SEED` draws the same schedules again.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string' },
  },
})
function wholeNumber(name: 'schedules' | 'kills'): string {
  if (/^[1-9]\d{0,7}$/.test(values[name])) return values[name]
  throw new Error(`expected --${name} as a whole number, got "${values[name]}"`)
}
const tests = ['packages/daemon/src/transactions/caps.properties.test.ts', 'test/capped-crashes.test.ts']
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...tests], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  env: {
    ...process.env,
    WAIAAS_PROVE_SCHEDULES: wholeNumber('schedules'),
    WAIAAS_PROVE_KILLS: wholeNumber('kills'),
    WAIAAS_PROVE_SEED: values.seed ?? String(randomInt(2 ** 32)),
  },
})
child.once('exit', (code) => process.exit(code ?? 1))
