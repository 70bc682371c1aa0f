import { join } from 'node:path'
import { accountFacts } from './account-facts.ts'
import { audit, checkpoints, SYSTEM_EVIDENCE } from './audit/service.ts'
import { chainRegistry } from './chains/registry.ts'
import { needConsents } from './consents/service.ts'
import type { Keys } from './keys/service.ts'
import { operatorService } from './operator/service.ts'
import type { SystemClock } from './platform/clock.ts'
import type { ClockMark } from './platform/clock-mark.ts'
import type { Config } from './platform/config.ts'
import type { DataDir } from './platform/data-dir.ts'
import type { Database } from './platform/db/database.ts'
import { heldStops } from './platform/held.ts'
import { doorsOf } from './platform/http/doors.ts'
import type { Log, LogForm } from './platform/log.ts'
import { appliedPolicies, policyVersions } from './policies/service.ts'
import { displays, pricesService, webSources } from './prices/service.ts'
import { settingsService } from './settings/service.ts'
import { voidLifts } from './transactions/service.ts'

/** What exists before the daemon is put together: a locked directory, an open database, a running signer. */
export type Ground = {
  dataDir: DataDir
  config: Config
  database: Database
  clock: SystemClock
  mark: Pick<ClockMark, 'raise'>
  log: Log
  /** Whom its lines are for. */
  form: LogForm
  keys: Keys
  /** Names this daemon in lane leases, across restarts on the same directory. */
  instance: string
  shutdown: () => void
  /** Where the password lies that this process reads at its start; undefined where somebody typed it. */
  passwordIn: string | undefined
}

export type Base = Awaited<ReturnType<typeof baseOf>>

/** Settings, chains, prices and the operator: what features stand on. */
export async function baseOf({ database, clock, log, keys, config, dataDir }: Ground) {
  const signing = checkpoints({
    database,
    clock,
    log,
    isUnlocked: keys.isUnlocked,
    witness: { publicKey: keys.evidenceKey, sign: keys.signCheckpoint },
    file: () => dataDir.place(join('audit', 'checkpoints.jsonl')),
  })
  const evidence = audit({ clock, onRecord: signing.noteRow })
  const nextVersion = policyVersions(clock)
  const needConsent = needConsents(clock)
  const settings = await settingsService({
    database,
    clock,
    log,
    audit: evidence,
    configured: config.settings,
    origins: config.origins,
    subkey: () => keys.subkey('settings'),
    ...{ nextVersion: (db) => nextVersion(db, null), needConsent },
  })
  const watching = settings.watch()
  const applied = appliedPolicies()
  const chains = chainRegistry({
    settings: settings.get,
    log,
    ...accountFacts({ database, settings: settings.get, applied }),
    onDisputed: (details) =>
      database.work({ exclusive: [SYSTEM_EVIDENCE] }, (db) =>
        evidence.record(db, { event: 'ENDPOINTS_DISAGREE', actor: 'system', details }),
      ),
  })
  const web = webSources({ settings: settings.get, clock })
  const prices = pricesService({
    ...{ database, clock, log, audit: evidence },
    ...{ settings: settings.get, networks: chains.networks, chain: chains.get },
    web,
  })
  const shown = displays({ settings: settings.get, web, clock })
  const operator = operatorService({
    database,
    clock,
    log,
    audit: evidence,
    keys,
    recoveryKey: dataDir.recoveryKey,
    onUnlocked: () => watching.wake(),
    voidApprovals: voidLifts,
  })
  const held = heldStops({ clock, log })
  const doors = doorsOf(dataDir.path, settings.get, log)
  return {
    ...{ evidence, signing, held, nextVersion, needConsent, settings },
    ...{ watching, applied, chains, prices, shown, operator, doors },
  }
}
