/**
 * `npm run prove -- --schedules=N --seed=S`: plays so many schedules against limits, in process on both databases, and
 * kills daemons that reach a limit (`--kills=20`), and looks whether more ever left than a limit lets.
 * `npm run prove -- exposure --worlds=N --seed=S`: has somebody take over sessions in so many worlds, and looks whether more
 * ever left than the worst case says, and whether that is reached.
 * `npm run prove -- explanations --worlds=N --seed=S`: looks in so many worlds whether what refusals and raises suggest passes,
 * and a unit more does not.
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
    worlds: { type: 'string' },
    seed: { type: 'string' },
  },
  allowPositionals: true,
})
function wholeNumber(name: 'schedules' | 'kills' | 'worlds', value: string): string {
  if (/^[1-9]\d{0,7}$/.test(value)) return value
  throw new Error(`expected --${name} as a whole number, got "${value}"`)
}
const root = join(import.meta.dirname, '..')
const PROOFS = {
  limits: [
    'packages/daemon/src/transactions/caps.properties.test.ts',
    'packages/daemon/src/ledger/standing.test.ts',
    'test/capped-crashes.test.ts',
  ],
  exposure: ['packages/daemon/test/exposure.test.ts'],
  explanations: ['packages/daemon/src/policies/explain.properties.test.ts'],
  properties: globSync('packages/*/{src,test}/**/*.test.ts', { cwd: root }).filter((file) =>
    readFileSync(join(root, file), 'utf8').includes("from 'fast-check'"),
  ),
}
/** Of each world of explanations a dozen requests, most of which are refused or raised. */
const WORLDS = { limits: '1', exposure: '100000', explanations: '9000', properties: '700' } as const
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
    WAIAAS_PROVE_SCHEDULES: wholeNumber('schedules', values.schedules),
    WAIAAS_PROVE_KILLS: wholeNumber('kills', values.kills),
    WAIAAS_PROVE_WORLDS: wholeNumber('worlds', values.worlds ?? WORLDS[what]),
    WAIAAS_PROVE_SEED: values.seed ?? String(randomInt(2 ** 32)),
  },
})
child.once('exit', (code) => process.exit(code ?? 1))
