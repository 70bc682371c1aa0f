import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from '../../scripts/summary-reporter.ts'

// One after the other: each check has the names and the port that the compose file gives.
// biome-ignore lint/style/noDefaultExport: vitest takes its settings from nothing else
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/container/*.check.ts'],
    isolate: false,
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['verbose', new SummaryReporter()],
  },
})
