import type { backupOperations, Handlers } from '@waiaas/contract'
import type { Call } from '../platform/http/types.ts'
import type { BackupService } from './service.ts'

export const backupHandlers = (backups: BackupService): Handlers<typeof backupOperations, Call> => ({
  createBackup: ({ peer }) => backups.create({ actor: 'operator', ip: peer }),
  listBackups: () => backups.list(),
})
