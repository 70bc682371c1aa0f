/** `npm run prove`: plays more of what the tests play, of another seed each time; `-- --help` says how. */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const USAGE = `usage: npm run prove -- [what] [flags]
Play more of what the tests play, of another seed each time. The seed is printed.
  limits        (what is played if you name nothing) schedules of payments,
                crashes and chains against limits, in process on both
                databases, and daemons that are killed at a limit: no more ever
                leaves than a limit lets. --schedules=10000 --kills=20
  exposure      somebody takes over sessions: no more leaves than the worst
                case says, and that is reached. --worlds=100000
  explanations  what refusals and raises suggest passes, and a unit more does
                not. --worlds=9000, a dozen requests each
  properties    other cases for each property that is tested. --worlds=700
  --seed=SEED   draws the same again`

const { values, positionals } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '20' },
    worlds: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
if (values.help) {
  process.stdout.write(`${USAGE}\n`)
  process.exit(0)
}
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
