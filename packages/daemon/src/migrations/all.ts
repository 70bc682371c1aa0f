import type { Migration } from '../platform/db/database.ts'
import { initial } from './0001-initial.ts'
import { leftAt } from './0002-left-at.ts'
import { checkpoints } from './0003-checkpoints.ts'
import { knownRecipients } from './0004-known-recipients.ts'
import { shorterRows } from './0005-shorter-rows.ts'
import { waitReasons } from './0006-wait-reasons.ts'
import { restored } from './0007-restored.ts'
import { numberedEvidence } from './0008-numbered-evidence.ts'
import { judgedReplacements } from './0009-replacements.ts'
import { ceilings } from './0010-ceilings.ts'
import { stops } from './0011-stops.ts'
import { owedAnswers } from './0012-owed-answers.ts'
import { accounts } from './0013-accounts.ts'
import { policyVersions } from './0014-policy-versions.ts'
import { seenBlocks } from './0015-seen-blocks.ts'
import { laneReserves } from './0016-lane-reserves.ts'
import { numberedCounts } from './0017-numbered-counts.ts'
import { stopTokens } from './0018-stop-tokens.ts'
import { waiting } from './0019-waiting.ts'
import { retention } from './0020-retention.ts'
import { walletNames } from './0021-wallet-names.ts'
import { believedPrices } from './0022-believed-prices.ts'
import { judgedAttempts } from './0023-judged-attempts.ts'
import { lifts } from './0024-lifts.ts'
import { signatures } from './0025-signatures.ts'
import { refusedKeys } from './0026-refused-keys.ts'
import { labels } from './0027-labels.ts'
import { gasConditions } from './0028-gas-conditions.ts'
import { unreadLandings } from './0029-unread-landings.ts'
import { vouchers } from './0030-vouchers.ts'
import { plans } from './0032-plans.ts'
import { attemptTexts } from './0033-attempt-texts.ts'
import { listFilters } from './0034-list-filters.ts'
import { allowances } from './0037-allowances.ts'
import { sweeps } from './0038-sweeps.ts'
import { policyScopes } from './0039-policy-scopes.ts'
import { keptMovements } from './0041-kept-movements.ts'
import { policyHistory } from './0044-policy-history.ts'
import { owners } from './0045-owners.ts'
import { recoveries } from './0046-recoveries.ts'
import { consents } from './0048-consents.ts'
import { settingsBasis } from './0049-settings-basis.ts'
import { evidenceOfTransactions } from './0050-evidence-of-transactions.ts'
import { approvalReminders } from './0052-approval-reminders.ts'
import { channels } from './0053-channels.ts'
import { pairings } from './0054-pairings.ts'
import { passkeys } from './0055-passkeys.ts'
import { autostop } from './0056-autostop.ts'
import { standingAllowances } from './0060-standing-allowances.ts'
import { severalOwners } from './0061-several-owners.ts'
import { secondWallets } from './0062-second-wallets.ts'
import { invitations } from './0063-invitations.ts'
import { ownerVoices } from './0065-owner-voices.ts'
import { cutOffs } from './0067-cut-offs.ts'
import { signedWith } from './0068-signed-with.ts'
import { withdrawals } from './0069-withdrawals.ts'
import { noticeTables } from './0070-notices.ts'
import { noticeStates } from './0071-notice-states.ts'
import { pushSubscriptions } from './0072-push-subscriptions.ts'
import { limitWarnings } from './0073-limit-warnings.ts'
import { ownersOfSweeps } from './0075-owners-of-sweeps.ts'
import { logins } from './0077-logins.ts'
import { contacts } from './0078-contacts.ts'
import { viewPasswords } from './0079-view-passwords.ts'
import { eras } from './0081-eras.ts'
import { nodeCalls } from './0084-node-calls.ts'
import { rpcUrls } from './0085-rpc-urls.ts'
import { oneLandingEach } from './0086-one-landing-each.ts'

/** The schema, step by step. */
export const migrations: readonly Migration[] = [
  initial,
  leftAt,
  checkpoints,
  knownRecipients,
  shorterRows,
  waitReasons,
  restored,
  numberedEvidence,
  judgedReplacements,
  ceilings,
  stops,
  owedAnswers,
  accounts,
  policyVersions,
  seenBlocks,
  laneReserves,
  numberedCounts,
  stopTokens,
  waiting,
  retention,
  walletNames,
  believedPrices,
  judgedAttempts,
  lifts,
  signatures,
  refusedKeys,
  labels,
  gasConditions,
  unreadLandings,
  vouchers,
  plans,
  attemptTexts,
  listFilters,
  allowances,
  sweeps,
  policyScopes,
  keptMovements,
  policyHistory,
  owners,
  recoveries,
  consents,
  settingsBasis,
  evidenceOfTransactions,
  approvalReminders,
  channels,
  pairings,
  passkeys,
  autostop,
  standingAllowances,
  severalOwners,
  secondWallets,
  invitations,
  ownerVoices,
  cutOffs,
  signedWith,
  withdrawals,
  noticeTables,
  noticeStates,
  pushSubscriptions,
  limitWarnings,
  ownersOfSweeps,
  logins,
  contacts,
  viewPasswords,
  eras,
  nodeCalls,
  rpcUrls,
  oneLandingEach,
]
