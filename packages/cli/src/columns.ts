import type { AllOperations } from '@waiaas/contract'

/** What a person at a terminal wants of a wide list, in this order; --json has everything. */
export const columns: Partial<Record<keyof AllOperations, readonly string[]>> = {
  listWallets: ['id', 'name', 'chain', 'environment', 'usd', 'holds', 'status', 'publicKey', 'createdAt'],
  listSessions: ['id', 'walletName', 'status', 'expiresAt', 'createdAt', 'lastRenewedAt', 'source'],
  listPolicies: ['id', 'name', 'type', 'walletId', 'network', 'enabled', 'isDefault', 'sessionEnded', 'says'],
  listPolicyVersions: ['version', 'at', 'change', 'author', 'policyId', 'name', 'type', 'walletId', 'enabled', 'says'],
  adminListTransactions: [
    ...['id', 'createdAt', 'walletName', 'amount', 'status', 'toAddress'],
    ...['network', 'tier', 'txHash'],
  ],
  listWaiting: ['id', 'title', 'walletName', 'code', 'expiresAt', 'executeAt'],
  listContacts: ['name', 'chain', 'address'],
  listPrices: ['name', 'usd', 'source', 'at', 'reason'],
  listAuditLogs: ['timestamp', 'severity', 'eventType', 'actor', 'walletId', 'txId', 'chain', 'seq'],
}
