import type { Network } from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import type { Held } from '../platform/held.ts'
import type { Log } from '../platform/log.ts'
import type { Stops } from '../wallets/service.ts'

export type SessionDependencies = {
  database: Database
  clock: Clock
  audit: Pick<Audit, 'record'>
  held: Held
  networks(): readonly Network[]
  stops: Pick<Stops, 'begin' | 'quiet'>
  /** 32 bytes, the same after each start. Failure KEYSTORE_LOCKED while the signer is locked. */
  secret(): Promise<Uint8Array>
  log: Log
  /** After how long without a call a session is over, in milliseconds; undefined: never. */
  idleMs(): number | undefined
  /** Live sessions that one wallet may have. */
  maxPerWallet(): number
  /** What a session has spent in its whole life, in US dollars; null: no number bounds it. */
  spentUsd(db: Handle, sessionId: string): Promise<number | null>
  /** Refused requests of a session that were only counted. */
  refusalsNotKept(db: Handle, sessionId: string): Promise<number>
  /** Where MCP clients find their tokens. */
  dataDir: string
}
