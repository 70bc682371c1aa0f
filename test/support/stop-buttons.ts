import { findNetwork, LOCAL_NETWORKS } from '@waiaas/contract'
import { killSwitch } from '../../packages/daemon/src/killswitch/service.ts'
import type { Clock } from '../../packages/daemon/src/platform/clock.ts'
import type { Database } from '../../packages/daemon/src/platform/db/database.ts'
import { jsonLog } from '../../packages/daemon/src/platform/log.ts'
import { sessions } from '../../packages/daemon/src/sessions/service.ts'
import { lifeCycle } from '../../packages/daemon/src/wallets/life-cycle.ts'
import type { MadeUpBed } from '../../packages/daemon/test/made-up-bed.ts'

const networks = () => [findNetwork(LOCAL_NETWORKS, 'local-evm')!]

/** The money path, and what its stops use of it. */
export type StoppedBed = Pick<MadeUpBed, 'database' | 'evidence' | 'held' | 'service' | 'time'>

/** The real stops over the money path of a bed. */
export function buttonsOf(bed: StoppedBed, database: Database = bed.database) {
  const clock: Clock = { now: () => Date.now() + bed.time.passed, latest: () => Date.now() + bed.time.passed }
  const log = jsonLog('silent')
  const shared = { database, clock, audit: bed.evidence, held: bed.held, networks, log, stops: bed.service.stops }
  const sessionService = sessions({
    ...shared,
    secret: async () => new Uint8Array(32),
    refusalsNotKept: async () => 0,
    spentUsd: async () => 0,
    idleMs: () => undefined,
    maxPerWallet: () => 5,
    dataDir: '/nowhere',
  })
  // Of the other dependencies of wallets a change of their state uses none.
  const walletService = lifeCycle({ ...shared, sessions: sessionService } as unknown as Parameters<typeof lifeCycle>[0])
  return { killSwitch: killSwitch({ ...shared, sessions: sessionService }), sessionService, walletService }
}
export type Buttons = ReturnType<typeof buttonsOf>
