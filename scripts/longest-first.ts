/** Runs the longest test files first, so that none is left that runs alone in the end. */
import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that take more than 20 seconds, the longest first. */
export const LONGEST: readonly string[] = [
  'test/kill-points.test.ts',
  'packages/daemon/src/transactions/caps.properties.test.ts',
  'test/sweep.test.ts',
  'test/backup.test.ts',
  'packages/cli/src/walk.test.ts',
  'test/docs/snippets.test.ts',
  'test/docs/elsewhere.test.ts',
  'test/odd-inputs.test.ts',
  'test/stops.test.ts',
  'test/waiting.test.ts',
  'test/random-crashes.test.ts',
  'test/crash.test.ts',
  'test/provider-profiles-evm.test.ts',
  'test/canary.test.ts',
  'packages/cli/src/daemon.test.ts',
  'test/answers.test.ts',
  'test/replicas.test.ts',
  'packages/daemon/src/transactions/gas/gas.test.ts',
  'packages/daemon/src/transactions/owner-cut-off.test.ts',
  'packages/daemon/src/transactions/lanes/wait-reasons.test.ts',
  'packages/daemon/src/transactions/isolation.test.ts',
  'packages/daemon/src/operator/service.test.ts',
  'test/event-streams.test.ts',
  'test/capped-crashes.test.ts',
  'packages/daemon/src/transactions/state-pairs.properties.test.ts',
  'test/attack/hostile-cases.test.ts',
  'test/provider-profiles-solana.test.ts',
  'test/channels.test.ts',
  'test/restart.test.ts',
  'packages/daemon/src/transactions/standing.test.ts',
  'packages/daemon/src/transactions/deciding/price-gaps.test.ts',
  'test/receipts.test.ts',
  'test/faulty-rpc.test.ts',
  'test/up.test.ts',
  'test/demo.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.indexOf(relative(root, moduleId))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b))
  }
}
