import { z } from 'zod'
import { operation } from './operation.ts'

const tag = 'Backup'
const operator = ['operator'] as const
const nothing = z.strictObject({})

/** One backup file, by what its plain header says. The names are those of earlier releases. */
export const BackupInfo = z.object({
  path: z.string().describe('absolute, on the machine of the daemon'),
  filename: z.string(),
  size: z.int().describe('bytes'),
  created_at: z.iso.datetime(),
  daemon_version: z.string(),
  schema_version: z.int(),
  file_count: z.int().describe('parts: the database, and config.toml where there is one'),
})
export type BackupInfo = z.output<typeof BackupInfo>

/** Backups are made by the running daemon; `waiaas restore` reads them while it is stopped. */
export const backupOperations = {
  createBackup: operation({
    method: 'POST',
    path: '/v1/admin/backup',
    access: operator,
    tag,
    summary: 'Back up the database and config.toml. The backup is encrypted, and lies on the machine of the daemon.',
    input: nothing,
    output: BackupInfo,
    errors: ['KEYSTORE_LOCKED'],
  }),
  listBackups: operation({
    method: 'GET',
    path: '/v1/admin/backups',
    access: operator,
    tag,
    summary: 'List the backups, newest first.',
    input: nothing,
    output: z.object({
      backups: z.array(BackupInfo),
      total: z.int(),
      retention_count: z.int().describe('after a new backup the oldest beyond this number are deleted'),
    }),
    errors: [],
  }),
}
