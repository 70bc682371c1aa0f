import type { backupOperations, Handlers } from '@waiaas/contract'
import { by } from '../platform/caller.ts'
import type { Calls } from '../platform/http/types.ts'
import type { BackupService } from './service.ts'

export const backupHandlers = (backups: BackupService): Handlers<typeof backupOperations, Calls> => ({
  createBackup: (call) => backups.create(by(call)),
  listBackups: () => backups.list(),
})
