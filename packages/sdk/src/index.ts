export { type CallOptions, WAIaaSError } from '@waiaas/contract'
export { type ClientOptions, WAIaaSClient, type WalletInfo } from './client.ts'
export type { RetryOptions } from './retry.ts'
