import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { configDefaults, defineConfig } from 'vitest/config'
import { SummaryReporter } from './scripts/summary-reporter.ts'

const postgres = join(import.meta.dirname, 'test/support/postgres.ts')

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'bench/**'],
    globalSetup: existsSync(postgres) ? [postgres] : [],
    isolate: false,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', new SummaryReporter()],
  },
})
