import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig, type Plugin } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'
import { SummaryReporter } from './scripts/summary-reporter.ts'
import { builtSigner, isSignersStart, withBuiltSigner } from './test/support/built.ts'

// What commands remember of signers, apart from what those of whoever runs the tests do.
const configHome = mkdtempSync(join(tmpdir(), 'waiaas-config-'))
process.on('exit', () => rmSync(configHome, { recursive: true, force: true }))

/** Signers of tests are built, as those of the image: they start in a third of the time. */
const signersBuilt: Plugin = {
  name: 'signers built',
  enforce: 'pre',
  async transform(source, id) {
    return isSignersStart(id) ? { code: withBuiltSigner(source, await builtSigner()), map: null } : undefined
  },
}

export default defineConfig({
  plugins: [signersBuilt],
  test: {
    include: ['packages/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'bench/**'],
    setupFiles: ['test/support/offline.ts', 'test/support/properties.ts'],
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/postgres.ts'],
    // Commands are named as where they are installed, whoever starts the tests.
    env: { XDG_CONFIG_HOME: configHome, npm_command: '' },
    isolate: false,
    pool: 'forks',
    // One more than the smallest machine has cores: many tests wait for what comes with time.
    maxWorkers: 3,
    // A busy machine is no fault: what is waited for comes late there.
    testTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    reporters: ['default', new SummaryReporter()],
  },
})
