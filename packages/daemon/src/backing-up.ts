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

/** Puts together what a backup is made of, and where it goes. */
export function backupsOf({ keys, config, dataDir, settings, ...shared }: Parts) {
  const start = config.settings
  const url = start['database.url']
  return backupService({
    ...shared,
    location: url === '' ? { path: resolve(dataDir.path, start['database.path']) } : { url },
    migrations,
    configFile: join(dataDir.path, 'config.toml'),
    folder: async () => dirname(await dataDir.place(join(start['backup.dir'], 'any'))),
    keep: () => settings.get()['backup.retention_count'],
    subkey: () => keys.subkey('backup'),
  })
}
