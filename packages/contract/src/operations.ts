import { adminOperations } from './admin.ts'
import { auditOperations } from './audit.ts'
import { backupOperations } from './backup.ts'
import { ceilingOperations } from './ceilings.ts'
import { policyOperations } from './policies.ts'
import { sessionOperations } from './sessions.ts'
import { systemOperations } from './system.ts'
import { tokenOperations } from './tokens.ts'
import { transactionOperations } from './transactions.ts'
import { agentWalletOperations, operatorWalletOperations } from './wallet.ts'
import { walletOperations } from './wallets.ts'

/** Every operation of the daemon; the one list from which all surfaces are derived. */
export const operations = {
  ...systemOperations,
  ...walletOperations,
  ...ceilingOperations,
  ...agentWalletOperations,
  ...operatorWalletOperations,
  ...sessionOperations,
  ...tokenOperations,
  ...policyOperations,
  ...transactionOperations,
  ...adminOperations,
  ...auditOperations,
  ...backupOperations,
}
export type AllOperations = typeof operations
