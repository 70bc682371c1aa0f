export {
  type LegacyWallet,
  makeSealingKeyPair,
  openExport,
  readLegacyWallets,
  sealSecret,
} from './keys/service.ts'
export {
  type Daemon,
  type Environment,
  initDataDir,
  StartError,
  type StartErrorCode,
  type StartOptions,
  startDaemon,
} from './start.ts'
export { verifyAudit } from './verify-audit.ts'
