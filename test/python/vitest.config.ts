import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from '../../scripts/summary-reporter.ts'

// biome-ignore lint/style/noDefaultExport: vitest takes its settings from nothing else
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/python/*.check.ts'],
    pool: 'forks',
    hookTimeout: 150_000,
    reporters: ['verbose', new SummaryReporter()],
  },
})
