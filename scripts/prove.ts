/**
 * `npm run prove -- --schedules=N --seed=S`: plays so many schedules against limits, in process on both databases, and
 * kills daemons that reach a limit (`--kills=20`), and looks whether more ever left than a limit lets.
 * `npm run prove -- exposure --worlds=N --seed=S`: has somebody take over sessions in so many worlds, and looks whether more
 * ever left than the worst case says, and whether that is reached.
 * It prints the seed; `--seed=SEED` draws the same again.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '20' },
    worlds: { type: 'string', default: '100000' },
    seed: { type: 'string' },
  },
  allowPositionals: true,
})
function wholeNumber(name: 'schedules' | 'kills' | 'worlds'): string {
  if (/^[1-9]\d{0,7}$/.test(values[name])) return values[name]
  throw new Error(`expected --${name} as a whole number, got "${values[name]}"`)
}
const [what = 'limits', ...more] = positionals
if ((what !== 'limits' && what !== 'exposure') || more.length > 0)
  throw new Error(`expected limits or exposure, got "${positionals.join(' ')}"`)

const PROOFS = {
  limits: [
    'packages/daemon/src/transactions/caps.properties.test.ts',
    'packages/daemon/src/ledger/standing.test.ts',
    'test/capped-crashes.test.ts',
  ],
  exposure: ['packages/daemon/test/exposure.test.ts'],
} as const
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...PROOFS[what]], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  env: {
    ...process.env,
    WAIAAS_PROVE_SCHEDULES: wholeNumber('schedules'),
    WAIAAS_PROVE_KILLS: wholeNumber('kills'),
    WAIAAS_PROVE_WORLDS: wholeNumber('worlds'),
    WAIAAS_PROVE_SEED: values.seed ?? String(randomInt(2 ** 32)),
  },
})
child.once('exit', (code) => process.exit(code ?? 1))
