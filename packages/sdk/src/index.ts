export { type CallOptions, WAIaaSError } from '@waiaas/contract'
export { type ClientOptions, type MasterMark, WAIaaSClient, type WalletInfo } from './client.ts'
export { type SignerIdentity, sealMasterProof, sealNewPassword, signerFingerprint } from './master-proof.ts'
export type { RetryOptions } from './retry.ts'
