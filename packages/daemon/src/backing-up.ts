import { dirname, join, resolve } from 'node:path'
import type { Settings } from '@waiaas/contract'
import { backupService } from './backup/service.ts'
import { migrations } from './migrations/all.ts'
import type { Config } from './platform/config.ts'
import type { DataDir } from './platform/data-dir.ts'

type Parts = Pick<Parameters<typeof backupService>[0], 'database' | 'clock' | 'log' | 'audit' | 'version'> & {
  keys: { subkey(purpose: 'backup'): Promise<Uint8Array> }
  config: Config
  dataDir: DataDir
  settings: { get(): Settings }
}

/** Where the database is that this daemon has open. */
export function placeOf({ config: { settings }, dataDir }: Pick<Parts, 'config' | 'dataDir'>) {
  const url = settings['database.url']
  return url === '' ? { path: resolve(dataDir.path, settings['database.path']) } : { url }
}

/** Puts together what a backup is made of, and where it goes. */
export function backupsOf({ keys, config, dataDir, settings, ...shared }: Parts) {
  const start = config.settings
  return backupService({
    ...shared,
    location: placeOf({ config, dataDir }),
    migrations,
    configFile: join(dataDir.path, 'config.toml'),
    folder: async () => dirname(await dataDir.place(join(start['backup.dir'], 'any'))),
    keep: () => settings.get()['backup.retention_count'],
    subkey: () => keys.subkey('backup'),
  })
}
