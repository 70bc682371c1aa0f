import { resolve } from 'node:path'
import { backupsIn } from '../backup/service.ts'
import { explained } from '../platform/access.ts'
import { loadConfig } from '../platform/config.ts'
import type { Environment } from '../start.ts'

/** The backups of a data directory, newest first, without its daemon; and the files that are named like one and are none. */
export async function listBackups({ dataDir, env = {} }: { dataDir: string; env?: Environment }) {
  const { settings } = await loadConfig({ dataDir, env })
  const folder = resolve(dataDir, settings['backup.dir'])
  try {
    return await backupsIn(folder)
  } catch (error) {
    throw explained(error, folder, 'read')
  }
}
