export { inspectBackup } from './backup/service.ts'
export { isAssociatedAccount } from './chains/families.ts'
export {
  type LegacyWallet,
  makeSealingKeyPair,
  openExport,
  readLegacyWallets,
} from './keys/service.ts'
export { AuditFileError, type AuditProof, exportAudit, verifyAudit, verifyAuditFile } from './offline/audit.ts'
export { listBackups } from './offline/backups.ts'
export { type ReceiptVerdict, verifyReceipt } from './offline/receipt.ts'
export { RestoreError, type RestoreOptions, type RestoreResult, restoreBackup } from './offline/restore.ts'
export { giveBackHeap } from './platform/heap.ts'
export {
  type Daemon,
  type Environment,
  initDataDir,
  type StartOptions,
  startDaemon,
} from './start.ts'
export { StartError, type StartErrorCode } from './start-error.ts'
