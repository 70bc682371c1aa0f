/**
 * `npm run prove -- --schedules=N --seed=S`: plays so many schedules against limits, in process on both databases, and
 * kills daemons that reach a limit (`--kills=20`), and looks whether more ever left than a limit lets.
 * `npm run prove -- exposure --worlds=N --seed=S`: has somebody take over sessions in so many worlds, and looks whether more
 * ever left than the worst case says, and whether that is reached.
 * `npm run prove -- properties --seed=S`: draws other cases for each property that is tested.
 * It prints the seed; `--seed=SEED` draws the same again.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
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
const root = join(import.meta.dirname, '..')
const PROOFS = {
  limits: [
    'packages/daemon/src/transactions/caps.properties.test.ts',
    'packages/daemon/src/ledger/standing.test.ts',
    'test/capped-crashes.test.ts',
  ],
  exposure: ['packages/daemon/test/exposure.test.ts'],
  properties: globSync('packages/*/{src,test}/**/*.test.ts', { cwd: root }).filter((file) =>
    readFileSync(join(root, file), 'utf8').includes("from 'fast-check'"),
  ),
}
type Proof = keyof typeof PROOFS
const isProof = (name: string): name is Proof => Object.hasOwn(PROOFS, name)
const [what = 'limits', ...more] = positionals
if (!isProof(what) || more.length > 0)
  throw new Error(`expected one of ${Object.keys(PROOFS).join(', ')}, got "${positionals.join(' ')}"`)
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', ...PROOFS[what]], {
  cwd: root,
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
