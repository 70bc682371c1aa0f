import { z } from 'zod'
import { Id } from './ids.ts'
import { LabelFilter } from './labels.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { TEMPLATE_NEEDS, TEMPLATES } from './policies/templates.ts'
import { PolicyName, PolicyTypeName, Priority, Rules, refuseWrongRules } from './policies.ts'
import { Strictness } from './strictness.ts'
import { Unwritten } from './wire.ts'

const MOST = 1_000

/** A policy as it stands in a file: without ids, so that it means the same in another daemon. */
export const PolicyEntry = z
  .strictObject({
    name: PolicyName.optional(),
    wallet: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('name or id of the wallet; left out: applies to each wallet'),
    network: z.string().min(1).max(80).optional().describe('left out: every network'),
    sessionLabel: LabelFilter.optional().describe('of sessions with this label, name:value'),
    type: PolicyTypeName,
    rules: Rules,
    priority: Priority.default(0),
    enabled: z.boolean().default(true),
  })
  .superRefine(refuseWrongRules)
export type PolicyEntry = z.output<typeof PolicyEntry>

const Side = z.object({ rules: Rules, priority: Priority, enabled: z.boolean() })
const PolicyChangeOfSet = z.object({
  change: z.enum(['ADDED', 'CHANGED', 'REMOVED']),
  effect: Strictness.describe(
    'what it does to what may leave; different: nobody can tell, so that it may let more out',
  ),
  policyId: Id.nullable().describe('null of one that would be added'),
  name: z.string().nullable(),
  wallet: z.string().nullable().describe('name of the wallet; null: each wallet'),
  network: z.string().nullable(),
  sessionLabel: z.string().nullable(),
  type: z.string(),
  before: Side.nullable(),
  after: Side.nullable(),
  replacesDefault: z.literal(true).optional().describe('the limit that came with the wallet makes room for it'),
})

/** What a set of policies becomes, or would become. */
export const PolicySetChanged = z.object({
  dryRun: z.boolean().describe('nothing was changed'),
  version: z.int().nullable().describe('the number of all policies from now on; null where nothing changed'),
  effect: Strictness.describe('of all changes together'),
  changes: z.array(PolicyChangeOfSet),
  unchanged: z.int().describe('policies that are there already as they are asked for'),
  unwritten: Unwritten,
})
export type PolicySetChanged = z.output<typeof PolicySetChanged>
export type PolicySetChange = PolicySetChanged['changes'][number]

const Template = z.object({
  name: z.enum(TEMPLATES),
  summary: z.string(),
  means: z.string(),
  stops: z.array(z.string()).describe('what it stops, a sentence each'),
  needs: z.array(z.enum(TEMPLATE_NEEDS)).describe('what has to be named when it is applied'),
  types: z.array(z.string()).describe('the types of its policies'),
})
const TemplateNamed = z.enum(TEMPLATES).describe('the template')
const names = (what: string) => z.array(z.string().max(300)).min(1).max(1_000).optional().describe(what)
const named = {
  contracts: names('addresses of the contracts that may be called, for trading-bot'),
  domains: names('hosts of the servers that may be paid, for pays-apis'),
  recipients: names('addresses that may be paid, for treasury'),
}
/** A template with what it has to be told. */
export const ChosenTemplate = z.strictObject({ template: TemplateNamed, ...named })

const document = {
  policies: z.array(PolicyEntry).max(MOST),
  prune: z.boolean().default(false).describe('also remove policies that are not in the document'),
}
const forWallet = { template: TemplateNamed, walletId: WalletName, ...named }

const tag = 'Policies'

export const policyFileOperations = {
  exportPolicies: operation({
    method: 'GET',
    path: '/v1/policies/export',
    access: ['operator'],
    tag,
    summary: 'Export all policies as one document, with wallets by name.',
    input: z.strictObject({}),
    output: z.object({
      version: z.int().describe('the number of all policies'),
      policies: z.array(PolicyEntry),
      leftOut: z.int().describe('policies of a single session, which end with it and are no part of the document'),
    }),
    errors: [],
  }),
  applyPolicies: operation({
    method: 'POST',
    path: '/v1/policies/apply',
    mayLoosen: true,
    access: ['operator'],
    tag,
    summary: 'Make the policies those of a document: all of its changes, or none where one is wrong.',
    input: z.strictObject({
      ...document,
      dryRun: z.boolean().default(false).describe('only say what would change'),
    }),
    output: PolicySetChanged,
    errors: ['POLICY_NAME_EXISTS'],
  }),
  previewPolicies: operation({
    method: 'POST',
    path: '/v1/policies/preview',
    whileLoggedIn: 'looks',
    access: ['operator'],
    tag,
    summary: 'Say what the policies of a document would change. Nothing is stored.',
    input: z.strictObject(document),
    output: PolicySetChanged,
    errors: ['POLICY_NAME_EXISTS'],
  }),
  listPolicyTemplates: operation({
    method: 'GET',
    path: '/v1/policies/templates',
    access: ['operator'],
    tag,
    summary: 'List the templates: sets of policies for one kind of agent each.',
    command: 'policy template list',
    input: z.strictObject({}),
    output: z.object({ templates: z.array(Template) }),
    errors: [],
  }),
  getPolicyTemplate: operation({
    method: 'GET',
    path: '/v1/policies/templates/{template}',
    access: ['operator'],
    tag,
    summary: 'Show what a template lets an agent do, and what it stops.',
    command: 'policy template show',
    input: z.strictObject({ template: TemplateNamed }),
    output: Template,
    errors: [],
  }),
  applyPolicyTemplate: operation({
    method: 'POST',
    path: '/v1/policies/templates/{template}/apply',
    mayLoosen: true,
    access: ['operator'],
    tag,
    summary: 'Give a wallet the policies of a template, or say what would change. Doing it twice changes nothing.',
    command: 'policy template apply',
    places: ['walletId'],
    input: z.strictObject({
      ...forWallet,
      dryRun: z.boolean().default(false).describe('only say what would change'),
    }),
    aliases: { walletId: ['wallet_id'] },
    output: PolicySetChanged,
    errors: ['WALLET_TERMINATED', 'POLICY_NAME_EXISTS'],
  }),
  previewPolicyTemplate: operation({
    method: 'POST',
    path: '/v1/policies/templates/{template}/preview',
    whileLoggedIn: 'looks',
    access: ['operator'],
    tag,
    summary: 'Say what a template would change for a wallet. Nothing is stored.',
    input: z.strictObject(forWallet),
    aliases: { walletId: ['wallet_id'] },
    output: PolicySetChanged,
    errors: ['WALLET_TERMINATED', 'POLICY_NAME_EXISTS'],
  }),
}
