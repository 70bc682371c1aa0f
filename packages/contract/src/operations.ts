import { actionOperations } from './actions.ts'
import { adminOperations } from './admin.ts'
import { agentPromptOperations } from './agent-prompt.ts'
import { allowanceOperations } from './allowances.ts'
import { auditOperations } from './audit.ts'
import { autostopOperations } from './autostop.ts'
import { backupOperations } from './backup.ts'
import { balanceOperations } from './balances.ts'
import { calldataOperations } from './calldata.ts'
import { cardOperations } from './cards.ts'
import { ceilingOperations } from './ceilings.ts'
import { checklistOperations } from './checklist.ts'
import { consentOperations } from './consents.ts'
import { contactOperations } from './contacts.ts'
import { eventOperations } from './event-stream.ts'
import { exposureOperations } from './exposure.ts'
import { invitationOperations } from './invitations.ts'
import { limitOperations } from './limits.ts'
import { loginOperations } from './logins.ts'
import { messageOperations } from './messages.ts'
import { movementOperations } from './movements.ts'
import { noticeOperations } from './notice-operations.ts'
import { noticeRouteOperations } from './notice-routes.ts'
import { type CallerOf, isStop } from './operation.ts'
import { ownerSetOperations } from './owner-sets.ts'
import { ownerViewOperations } from './owner-views.ts'
import { ownerAnswerOperations, ownerOperations, ownerStopOperations } from './owners.ts'
import { pairingOperations } from './pairings.ts'
import { passkeyOperations } from './passkeys.ts'
import { planOperations } from './plans.ts'
import { policyOperations } from './policies.ts'
import { policyDraftOperations } from './policy-drafts.ts'
import { policyFileOperations } from './policy-files.ts'
import { priceOperations } from './prices.ts'
import { proofOperations } from './proofs.ts'
import { pushOperations } from './push.ts'
import { receiptOperations } from './receipts.ts'
import { rpcUrlOperations } from './rpc-urls.ts'
import { sessionOperations } from './sessions.ts'
import { skillOperations } from './skills.ts'
import { stopTokenOperations } from './stop-tokens.ts'
import { sweepOperations } from './sweeps.ts'
import { systemOperations } from './system.ts'
import { telegramOperations } from './telegram.ts'
import { tokenOperations } from './tokens.ts'
import { transactionOperations } from './transactions.ts'
import { agentWalletOperations, operatorWalletOperations } from './wallet.ts'
import { walletOperations } from './wallets.ts'
import { webhookOperations } from './webhooks.ts'

/** Every operation of the daemon; the one list from which all surfaces are derived. */
export const operations = {
  ...systemOperations,
  ...skillOperations,
  ...walletOperations,
  ...ownerOperations,
  ...ownerSetOperations,
  ...ownerViewOperations,
  ...consentOperations,
  ...ownerStopOperations,
  ...passkeyOperations,
  ...invitationOperations,
  ...ceilingOperations,
  ...agentWalletOperations,
  ...limitOperations,
  ...exposureOperations,
  ...operatorWalletOperations,
  ...balanceOperations,
  ...sessionOperations,
  ...agentPromptOperations,
  ...pairingOperations,
  ...tokenOperations,
  ...contactOperations,
  ...policyFileOperations,
  ...policyOperations,
  ...policyDraftOperations,
  ...priceOperations,
  ...transactionOperations,
  ...cardOperations,
  ...telegramOperations,
  ...receiptOperations,
  ...ownerAnswerOperations,
  ...planOperations,
  ...movementOperations,
  ...allowanceOperations,
  ...sweepOperations,
  ...messageOperations,
  ...calldataOperations,
  ...actionOperations,
  ...adminOperations,
  ...checklistOperations,
  ...rpcUrlOperations,
  ...stopTokenOperations,
  ...loginOperations,
  ...autostopOperations,
  ...noticeOperations,
  ...noticeRouteOperations,
  ...webhookOperations,
  ...pushOperations,
  ...auditOperations,
  ...proofOperations,
  ...eventOperations,
  ...backupOperations,
}
export type AllOperations = typeof operations
type StopName = {
  [Name in keyof AllOperations]: 'stopper' extends CallerOf<AllOperations[Name]['access']> ? Name : never
}[keyof AllOperations]

/** Those that only take rights away. */
// The type reads the same field.
export const stopOperations = Object.fromEntries(Object.entries(operations).filter(([, op]) => isStop(op))) as Pick<
  AllOperations,
  StopName
>
