import type { z } from 'zod'
import { AuditCheckpoint, AuditEntry } from './audit.ts'
import { BackupInfo } from './backup.ts'
import { Card } from './cards.ts'
import { WalletCeiling } from './ceilings.ts'
import { Check, Checklist } from './checklist.ts'
import { Consent } from './consents.ts'
import { Decision, Headroom, Reason, Suggestion } from './decision.ts'
import { Effect, Effects } from './effects.ts'
import { DaemonEvent } from './event-stream.ts'
import { WalletExposure, WorstCase } from './exposure.ts'
import { answerSchema, type JsonSchema, rulesSchema } from './json-schema.ts'
import { WalletLimits } from './limits.ts'
import { OwnerChallenge, WalletOwner } from './owners.ts'
import { Plan } from './plans.ts'
import { POLICY_TYPES, type PolicyType, policyTypes } from './policies/all.ts'
import { PolicyResponse } from './policies.ts'
import { AssetPrice } from './prices.ts'
import { Receipt } from './receipts.ts'
import { mapParts, nameShapes, type Shape, textOf, wordOf } from './reference-names.ts'
import { SessionConstraints, SessionItem } from './sessions.ts'
import { Sweep } from './sweeps.ts'
import { RegisteredToken } from './tokens.ts'
import { Simulation, Transaction, TransactionSent } from './transaction-answers.ts'
import { WalletAssets, WalletBalances, WalletHoldings } from './wallet.ts'
import { Wallet } from './wallets.ts'

/** What answers are made of, by the name that the reference calls it. */
const MODELS: Readonly<Record<string, z.ZodType>> = {
  ...{ AssetPrice, AuditCheckpoint, AuditEntry, BackupInfo, Card, Check, Checklist, Consent, DaemonEvent, Decision },
  ...{ Effect, Effects, Headroom, OwnerChallenge, Plan, Policy: PolicyResponse, Reason, Receipt, RegisteredToken },
  ...{ Session: SessionItem, SessionConstraints, Simulation, Suggestion, Sweep, Transaction, TransactionSent, Wallet },
  ...{
    WalletAssets,
    WalletBalances,
    WalletCeiling,
    WalletExposure,
    WalletHoldings,
    WalletLimits,
    WalletOwner,
    WorstCase,
  },
}

/** Better names than the places say where something is met, by what those would give. */
export const INSTEAD: Readonly<Record<string, string>> = {
  AddContactAnswer: 'Contact',
  AddNoticeRouteAnswer: 'NoticeRoutes',
  AddPasskeyAnswer: 'Passkey',
  AddPushAnswer: 'Push',
  AdminListTransactionsAnswerItem: 'OperatorTransaction',
  ApplyPoliciesAnswer: 'PolicyChanges',
  ApplyPoliciesRequestPolicy: 'WrittenPolicy',
  CardOwners: 'OwnersAgreed',
  CreateLoginAnswer: 'Login',
  CreateMcpTokenAnswerClaudeDesktopConfig: 'McpServer',
  CreateWalletAnswerDefaultPolicy: 'DefaultPolicy',
  DecisionInputsPrice: 'ReadPrice',
  DecisionInputsSpentDay: 'SpendWindow',
  DecisionInputsSpentDayAllowed: 'SpendWindowAllowed',
  DecisionInputsSpentDayFinal: 'SpendWindowFinal',
  DecisionInputsSpentOfSession: 'SpendWindows',
  DiffPoliciesRequestDraft: 'PolicyDraft',
  EvidenceRowOther: 'EvidenceDetail',
  ExportPoliciesAnswerPolicy: 'ExportedPolicy',
  GetAdminStatusAnswerOther: 'DaemonVersion',
  GetAdminStatusAnswerWalletCount: 'DaemonStatus',
  GetAssetsAnswerNetworkAssets: 'WalletNetworkAssets',
  GetBalanceAnswerNetwork: 'WalletBalance',
  GetConnectInfoAnswer: 'ConnectInfo',
  GetConnectInfoAnswerWallet: 'ConnectInfoWallet',
  GetPolicyTemplateAnswer: 'PolicyTemplate',
  GetReadyAnswerChecksRpc: 'ReadyCheck',
  GetSettingsSchemaAnswerCategories: 'SettingCategories',
  GetSettingsSchemaAnswerSettings: 'SettingForms',
  GetTransactionAnswer: 'TransactionDetail',
  GetViewAnswerWallet: 'ViewedWallet',
  GetWalletAnswer: 'WalletDetail',
  GetWalletHoldingsAnswerNetwork: 'NetworkHoldings',
  GetWalletHoldingsAnswerNetworkRead: 'NetworkHoldingsRead',
  GetWalletHoldingsAnswerNetworkUnread: 'NetworkHoldingsUnread',
  ListAllowancesAnswerItem: 'Allowance',
  ListAllowancesAnswerItemNft: 'AllowanceNft',
  ListBalancesAnswerItem: 'WalletWorth',
  ListDerivationsAnswerItem: 'Derivation',
  ListNotificationLogAnswerLog: 'SentNotice',
  ListPolicyVersionsAnswerItem: 'PolicyVersion',
  ListRpcUrlsAnswerItem: 'RpcUrl',
  ListStopTokensAnswerItem: 'StopToken',
  ListTelegramUsersAnswerUser: 'TelegramUser',
  ListWebhookDeliveriesAnswerItem: 'WebhookDelivery',
  ListWebhooksAnswerItem: 'Webhook',
  NetworkAssetsOrErrorAssets: 'NetworkAssets',
  NetworkBalanceOrErrorBalance: 'NetworkBalance',
  NoticeRoutesData: 'NoticeRoute',
  PlanDecision: 'TransactionDecision',
  PlanStepFee: 'TransactionFee',
  PolicyChangeAfter: 'PolicyState',
  PolicyChangesChange: 'PolicyChange',
  PolicyDraftAdd: 'DraftedPolicy',
  ProposeWalletCeilingAnswerChain: 'ChainCeiling',
  ReceiptApprovalOther: 'OwnerConsent',
  ReceiptEvidenceLink: 'EvidenceLink',
  ReceiptEvidenceRow: 'EvidenceRow',
  SendPlanAnswerId: 'PlanSent',
  SendPlanAnswerIdStep: 'PlanSentStep',
  SendPlanAnswerSuccess: 'PlanSimulation',
  SendPlanAnswerSuccessFee: 'PlanSimulationFee',
  SendPlanAnswerSuccessStep: 'PlanSimulationStep',
  SettingCategoriesCategory: 'SettingCategory',
  SettingFormsSetting: 'SettingForm',
  ShowOverCeilingAnswerPayment: 'SignerPayment',
  ShowOverCeilingAnswerPaymentCall: 'SignerPaymentCall',
  ShowOverCeilingAnswerPaymentMove: 'SignerPaymentMove',
  SimulateRequestAccount: 'InstructionAccount',
  SimulateRequestEvm: 'EvmTerms',
  SimulateRequestGasCondition: 'GasCondition',
  SimulateRequestInstruction: 'BatchInstruction',
  SimulateRequestNft: 'NftChoice',
  SimulateRequestPreInstruction: 'ProgramInstruction',
  SimulateRequestToken: 'TokenChoice',
  SweepWalletAnswerDigest: 'SweepPreview',
  SweepWalletAnswerDigestLeft: 'SweepPreviewLeft',
  SweepWalletAnswerDigestStep: 'SweepPreviewStep',
  WalletAssetsAsset: 'Asset',
  WalletBalancesBalance: 'NetworkBalanceOrError',
  WalletExposureTakenOver: 'TakenOver',
  WalletExposureUnread: 'NetworkError',
  WalletNetworkAssetsNetworkAsset: 'NetworkAssetsOrError',
  WalletOwnerOwner: 'Owner',
  WalletOwnerOwnerCredential: 'OwnerCredential',
  WalletWorthNetworkHolding: 'Holding',
}

const rulesName = (type: PolicyType): string => `${wordOf(type)}Rules`
const rulesOf = (type: PolicyType): Shape => ({
  description: policyTypes[type].summary,
  ...rulesSchema(policyTypes[type].rules),
})

/** The whole requests and answers by name, all in them that is an object called by a name, and what stands for a whole one. */
export function models(wholes: Readonly<Record<string, Shape>>) {
  const rules = POLICY_TYPES.map((type): [string, Shape] => [rulesName(type), rulesOf(type)])
  const roots = { ...Object.fromEntries(rules), ...wholes }
  const shapes = Object.fromEntries(Object.entries(roots).map(([name, shape]) => [name, plain(shape)]))
  const known = new Map(Object.entries(MODELS).map(([name, model]) => [textOf(plain(answerSchema(model))), name]))
  const { schemas, refTo } = nameShapes(shapes, { models: known, instead: INSTEAD })
  return { schemas, refTo: (whole: Shape): Shape => refTo(plain(whole)) }
}

/**
 * The shape with each policy in it as one of several forms, as its rules follow from its type; without the pattern of a UUID,
 * which its format says; and with bounds in place of a fixed negative number, over which generators stumble.
 */
function plain(shape: Shape): Shape {
  const parts = mapParts(shape, plain)
  const { pattern: _, const: fixed, ...rest } = parts
  if (parts.format === 'uuid') return rest
  if (typeof fixed === 'number' && fixed < 0) return { ...rest, minimum: fixed, maximum: fixed }
  return isPolicy(parts) ? oneForEachType(parts) : parts
}

/** A policy as it is written. */
function isPolicy(schema: Shape): boolean {
  const { properties } = schema as JsonSchema
  const types = properties?.type?.enum
  return properties?.rules !== undefined && types !== undefined && POLICY_TYPES.every((type) => types.includes(type))
}

function oneForEachType({ properties, ...rest }: Shape): Shape {
  const { type: _, rules: __, ...others } = properties as Shape
  const forms = POLICY_TYPES.map((type) => ({
    ...rest,
    title: type,
    properties: { ...others, type: { const: type, type: 'string' }, rules: rulesOf(type) },
  }))
  return { type: 'object', oneOf: forms }
}
