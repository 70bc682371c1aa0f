import { resolve } from 'node:path'
import { audit } from './audit/service.ts'
import { migrations } from './migrations/all.ts'
import { systemClock } from './platform/clock.ts'
import { loadConfig } from './platform/config.ts'
import { openDatabase } from './platform/db/database.ts'
import type { Environment } from './start.ts'

/** Walks the hash chains of a data directory's audit log, also while its daemon runs; names the first fault of each chain. */
export async function verifyAudit({ dataDir, env = {} }: { dataDir: string; env?: Environment }) {
  const { settings } = await loadConfig({ dataDir, env })
  const url = settings['database.url']
  const path = resolve(dataDir, settings['database.path'])
  const database = await openDatabase(url === '' ? { path, migrations } : { url, migrations })
  try {
    return await database.read(audit({ clock: systemClock() }).verify)
  } finally {
    await database.close()
  }
}
