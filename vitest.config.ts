import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'
import { SummaryReporter } from './scripts/summary-reporter.ts'

// What commands remember of signers, apart from what those of whoever runs the tests do.
const configHome = mkdtempSync(join(tmpdir(), 'waiaas-config-'))
process.on('exit', () => rmSync(configHome, { recursive: true, force: true }))

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'bench/**'],
    setupFiles: ['test/support/properties.ts'],
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/support/postgres.ts'],
    env: { XDG_CONFIG_HOME: configHome },
    isolate: false,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    // What is waited for comes late on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', new SummaryReporter()],
  },
})
