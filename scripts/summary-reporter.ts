/** Ends every vitest run with the line `N passed, N failed` and an exit code that agrees with it. */
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

type Counts = { passed: number; failed: number; skipped: string[] }

/** Counts tests by outcome. A file or suite that breaks outside its tests, and an error outside any file, is one failure each. */
export function countOutcomes(modules: readonly TestModule[], strayErrors: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: strayErrors.length, skipped: [] }
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed++
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') counts.passed++
      else if (state === 'skipped') counts.skipped.push(`${module.relativeModuleId} > ${test.fullName}`)
      else counts.failed++
    }
  }
  return counts
}

/** Reconciles what was counted with how the process ends: nothing run, or a non-zero exit, is never a success. */
export function finalCounts({ passed, failed }: { passed: number; failed: number }, exitCode: number) {
  const isFailure = failed > 0 || passed === 0 || exitCode !== 0
  return { passed, failed: isFailure ? Math.max(1, failed) : 0 }
}

/** The line is written when the process exits, so that nothing can follow it. */
export class SummaryReporter implements Reporter {
  #counts: Counts = { passed: 0, failed: 0, skipped: [] }

  onInit() {
    process.once('exit', (exitCode) => {
      const { passed, failed } = finalCounts(this.#counts, exitCode)
      if (failed > 0 && exitCode === 0) process.exitCode = 1
      for (const name of this.#counts.skipped) process.stdout.write(`skipped: ${name}\n`)
      process.stdout.write(`${passed} passed, ${failed} failed\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], strayErrors: readonly SerializedError[]) {
    this.#counts = countOutcomes(modules, strayErrors)
  }
}
