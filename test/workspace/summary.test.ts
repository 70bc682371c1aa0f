import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSummary } from '../../scripts/check.ts'
import { finalCounts } from '../../scripts/summary-reporter.ts'

const root = join(import.meta.dirname, '../..')

const config = `
import { SummaryReporter } from ${JSON.stringify(join(root, 'scripts/summary-reporter.ts'))}
export default { test: { include: ['*.test.ts'], isolate: false, reporters: ['default', new SummaryReporter()] } }
`

const sample = (body: string) => `import { beforeAll, describe, expect, test } from 'vitest'\n${body}\n`
const samples: Record<string, string> = {
  passes: sample("test('one', () => {})\ntest('two', () => {})"),
  fails: sample("test('one', () => {})\ntest('two', () => expect(1).toBe(2))"),
  'breaks-at-import': sample("throw new Error('no')"),
  'breaks-in-setup': sample(
    "describe('a', () => {\n beforeAll(() => { throw new Error('no') })\n test('b', () => {})\n})",
  ),
  'breaks-outside': sample("test('one', () => { void Promise.reject(new Error('no')) })"),
  'leaves-out': sample("test('one', () => {})\ntest.skip('two', () => {})"),
  'runs-nothing': sample("test.skip('one', () => {})"),
  dies: sample("test('one', () => process.kill(process.ppid, 'SIGKILL'))"),
}

describe('the summary of a test run', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'waiaas-summary-'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'vitest.config.ts'), config)
    for (const [name, text] of Object.entries(samples)) writeFileSync(join(folder, `${name}.test.ts`), text)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function run(...filters: string[]) {
    const command = join(root, 'node_modules/vitest/vitest.mjs')
    const { stdout, status } = spawnSync(process.execPath, [command, 'run', ...filters], {
      cwd: folder,
      encoding: 'utf8',
    })
    return { stdout, last: stdout.trimEnd().split('\n').at(-1), status }
  }

  test.each([
    ['passes', '2 passed, 0 failed', 0],
    ['fails', '1 passed, 1 failed', 1],
    ['breaks-at-import', '0 passed, 1 failed', 1],
    ['breaks-in-setup', '0 passed, 1 failed', 1],
    ['breaks-outside', '1 passed, 1 failed', 1],
    ['runs-nothing', '0 passed, 1 failed', 1],
    ['matches-no-file', '0 passed, 1 failed', 1],
  ])('a run that %s ends with "%s" and exit code %i', (name, line, exitCode) => {
    const { last, status } = run(name)
    expect({ last, status }).toEqual({ last: line, status: exitCode })
  })

  test('a skipped test is named and counts neither way', () => {
    const { stdout, last, status } = run('leaves-out')
    expect({ last, status }).toEqual({ last: '1 passed, 0 failed', status: 0 })
    expect(stdout).toContain('skipped: leaves-out.test.ts > two')
  })

  test('a run that is killed counts as one failure', () => {
    expect(readSummary(run('dies').stdout)).toEqual({ passed: 0, failed: 1 })
  })
})

test('a failing exit code without a failed test is a failure', () => {
  expect(finalCounts({ passed: 3, failed: 0 }, 1)).toEqual({ passed: 3, failed: 1 })
  expect(finalCounts({ passed: 3, failed: 2 }, 1)).toEqual({ passed: 3, failed: 2 })
  expect(finalCounts({ passed: 3, failed: 0 }, 0)).toEqual({ passed: 3, failed: 0 })
})
