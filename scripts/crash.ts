/**
 * `npm run crash -- --kills=300`: kills daemons that pay at each step of a payment, on both databases, and at so many random
 * moments, and looks whether each payment was made once.
 * It prints the seed in the names of its tests; `--seed=SEED` has the same moments again, as far as the machine does.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '300' }, seed: { type: 'string' } },
})
if (!/^[1-9]\d{0,5}$/.test(values.kills)) throw new Error(`expected --kills as a whole number, got "${values.kills}"`)
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
const child = spawn(process.execPath, [vitest, 'run', 'test/kill-points.test.ts', 'test/random-crashes.test.ts'], {
  cwd: join(import.meta.dirname, '..'),
  stdio: 'inherit',
  env: {
    ...process.env,
    WAIAAS_CRASH_KILLS: values.kills,
    ...(values.seed !== undefined && { WAIAAS_CRASH_SEED: values.seed }),
  },
})
child.once('exit', (code) => process.exit(code ?? 1))
