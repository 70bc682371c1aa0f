import { loadConfig } from '../platform/config.ts'
import { settleUnfinishedRenames } from './renames.ts'
import { hasSwapped } from './restore-target.ts'

/**
 * A restore that was killed has happened or it has not: there is the data of before, or that of the backup, with the files
 * that belong to it. Undefined when there was none.
 */
export const settleEarlierRestore = (dataDir: string, env: Readonly<Record<string, string | undefined>>) =>
  settleUnfinishedRenames(dataDir, async (staging) => {
    // The configuration of the backup takes its place before the database does.
    const { settings } = await loadConfig({ dataDir, env })
    return hasSwapped(settings['database.url'], staging)
  })
