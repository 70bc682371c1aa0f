/**
 * `npm run crash -- --kills=300`: kills daemons that pay at each step of a payment, on both databases, and at so many random
 * moments, has nodes fail and any two events meet, and looks whether each payment was made once.
 * It draws a seed and prints it in the names of its tests; `--seed=SEED` has the same moments again, as far as the machine does.
 */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '300' }, seed: { type: 'string' } },
})
if (!/^[1-9]\d{0,5}$/.test(values.kills)) throw new Error(`expected --kills as a whole number, got "${values.kills}"`)
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
const tests = [
  'test/kill-points.test.ts',
  'test/random-crashes.test.ts',
  'test/faulty-rpc.test.ts',
  'packages/daemon/src/transactions/state-pairs.properties.test.ts',
]
const child = spawn(process.execPath, [vitest, 'run', ...tests], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  env: {
    ...process.env,
    WAIAAS_CRASH_KILLS: values.kills,
    WAIAAS_CRASH_SEED: values.seed ?? String(randomInt(2 ** 31)),
  },
})
child.once('exit', (code) => process.exit(code ?? 1))
