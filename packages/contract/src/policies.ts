import { z } from 'zod'
import { Failure } from './failure.ts'
import { cursors, Id, Limit, nextPage, Offset, UnixSeconds } from './ids.ts'
import { LabelFilter } from './labels.ts'
import { WalletName } from './names.ts'
import { operation } from './operation.ts'
import { plainIssue } from './plain-issues.ts'
import {
  INSTALLED_TYPE,
  isPolicyType,
  POLICY_TYPES,
  type PolicyRules,
  type PolicyType,
  policyTypes,
} from './policies/all.ts'
import { Unwritten } from './wire.ts'

const supported = POLICY_TYPES.map((type) => `${type}: ${policyTypes[type].summary}`).join(' ')

export const PolicyTypeName = z
  .enum(POLICY_TYPES, {
    error: ({ input }) =>
      `this release enforces ${POLICY_TYPES.join(', ')}; got ${String(input).slice(0, 60)}, which it could store but not enforce`,
  })
  .describe(supported)

export const Rules = z.record(z.string(), z.unknown()).describe('the fields of the type; unknown ones are refused')
/** How a policy is called in files and templates; each name once in a wallet, and once among those of every wallet. */
export const PolicyName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/, {
    error: 'expected a name of 1 to 63 small letters, digits and ". _ - /", a letter or digit first',
  })
  .describe('what it is called, such as team/limit; once for each wallet')
export const Priority = z.int().describe('order in lists only; never loosens a decision')

const policyContent = {
  name: z.string().nullable().describe('what it is called, or null'),
  walletId: Id.nullable().describe('null applies to each wallet by itself'),
  type: z.string().describe(`one of ${POLICY_TYPES.join(', ')}; any other has a problem`),
  rules: Rules,
  says: z.array(z.string()).describe('what the rules let and refuse, in words'),
  problem: z
    .string()
    .optional()
    .describe('why it cannot be enforced, so that everything it applies to is refused, and what to do'),
  priority: Priority,
  enabled: z.boolean(),
  network: z.string().nullable().describe('null applies on every network'),
  sessionId: Id.nullable().describe('the one session that it is of, or null'),
  sessionLabel: z.string().nullable().describe('name:value, of the sessions that it is of, or null'),
  isDefault: z
    .boolean()
    .describe(
      `installed with the wallet; the first ${INSTALLED_TYPE} for the wallet that is enabled and on every network replaces it`,
    ),
}
export const PolicyResponse = z.object({
  id: Id,
  ...policyContent,
  sessionEnded: z
    .literal(true)
    .optional()
    .describe('its session was revoked or is forgotten, so that it binds nothing any more'),
  createdAt: UnixSeconds,
  updatedAt: UnixSeconds,
})
export type PolicyResponse = z.infer<typeof PolicyResponse>
const WorstCaseMoved = z
  .string()
  .optional()
  .describe('how the most that can leave without a human moves, such as "raises your worst case by 50 USD a day"')

/** What can become of a policy. */
export const POLICY_CHANGES = ['CREATED', 'UPDATED', 'DELETED', 'REPLACED', 'PURGED', 'RESTORED', 'FOUND'] as const
export type PolicyChange = (typeof POLICY_CHANGES)[number]
const PolicyVersion = z.object({
  version: z.int().describe('the number of all policies from this change on; the highest is that of now'),
  policyId: Id,
  change: z
    .enum(POLICY_CHANGES)
    .describe(
      'REPLACED: the limit that came with the wallet made room for another; PURGED: it went with its wallet; RESTORED: as a backup had it; FOUND: as it was when changes began to be kept',
    ),
  author: z.string().describe('who made the change: operator, session:<id>, or unknown where that was not kept'),
  at: UnixSeconds,
  ...policyContent,
})
const PolicyChanged = PolicyResponse.extend({ unwritten: Unwritten, worstCase: WorstCaseMoved })

type Issue = z.core.$ZodIssue
const checkRules = (type: PolicyType, rules: unknown): { issues: Issue[] } | { rules: PolicyRules } => {
  const parsed = policyTypes[type].rules.safeParse(rules, { error: plainIssue })
  return parsed.success ? { rules: parsed.data } : { issues: parsed.error.issues }
}

/** Rules of a type with defaults filled in, or Failure ACTION_VALIDATION_FAILED that names each wrong field. */
export function parseRules<T extends PolicyType>(type: T, rules: unknown): PolicyRules<T> {
  const checked = checkRules(type, rules)
  // The table's schema of T gives the rules of T.
  if ('rules' in checked) return checked.rules as PolicyRules<T>
  const issues = checked.issues.map(({ path, message }) => ({ path: ['rules', ...path].join('.'), message }))
  const [first] = issues
  throw new Failure('ACTION_VALIDATION_FAILED', `${first?.path}: ${first?.message}`, { details: { issues } })
}

type Issues = { addIssue(issue: { code: 'custom'; message: string; path: PropertyKey[] }): void }
/** Names each field of the rules that is not as its type wants it. */
export function refuseWrongRules({ type, rules }: { type: string; rules: unknown }, issues: Issues): void {
  if (!isPolicyType(type)) return
  const checked = checkRules(type, rules)
  for (const issue of 'issues' in checked ? checked.issues : [])
    issues.addIssue({ code: 'custom', message: issue.message, path: ['rules', ...issue.path] })
}

export const CreatePolicyRequest = z
  .strictObject({
    walletId: WalletName.optional().describe('id or name of the wallet; left out: applies to each wallet'),
    name: PolicyName.optional(),
    type: PolicyTypeName,
    rules: Rules,
    priority: Priority.default(0),
    enabled: z.boolean().default(true),
    network: z.string().min(1).max(80).optional().describe('left out: every network'),
    sessionId: Id.optional().describe('binds what this session asks for alone, beside what binds everybody'),
    sessionLabel: LabelFilter.optional().describe(
      'binds what sessions with this label ask for, each by itself; name:value, as the operator gave it to them',
    ),
  })
  .superRefine(({ type, rules, sessionId, sessionLabel }, context) => {
    if (sessionId !== undefined && sessionLabel !== undefined)
      context.addIssue({
        code: 'custom',
        message: 'expected sessionId or sessionLabel, not both',
        path: ['sessionLabel'],
      })
    refuseWrongRules({ type, rules }, context)
  })

export const UpdatePolicyRequest = z.strictObject({
  id: Id,
  rules: Rules.optional().describe('replaces all rules'),
  priority: Priority.optional(),
  enabled: z.boolean().optional(),
})

const tag = 'Policies'
const aliases = { walletId: ['wallet_id'] } as const
const scopeAliases = { ...aliases, sessionId: ['session_id'], sessionLabel: ['session_label'] } as const

export const policyOperations = {
  createPolicy: operation({
    method: 'POST',
    path: '/v1/policies',
    mayLoosen: true,
    access: ['operator'],
    summary: 'Add a policy for one wallet, or for all; also for one session, or those with a label.',
    input: CreatePolicyRequest,
    output: PolicyChanged.extend({
      replacesDefault: z
        .literal(true)
        .optional()
        .describe('it took the place of the limit that was installed with the wallet, which does not apply any more'),
    }),
    status: 201,
    errors: [
      'ACTION_VALIDATION_FAILED',
      'INVALID_ADDRESS',
      'WALLET_NOT_FOUND',
      'WALLET_TERMINATED',
      'SESSION_NOT_FOUND',
      'SESSION_REVOKED',
      'POLICY_NAME_EXISTS',
    ],
    tag,
    aliases: scopeAliases,
    command: 'policy create',
    example: `--wallet-id shop --type ${INSTALLED_TYPE} --rules '${JSON.stringify(policyTypes[INSTALLED_TYPE].example)}'`,
  }),
  listPolicies: operation({
    method: 'GET',
    path: '/v1/policies',
    access: ['agent', 'operator'],
    summary: 'List policies, highest priority first. A session sees those that bind it.',
    input: z.strictObject({
      walletId: WalletName.optional().describe('id or name: this wallet and what applies to every wallet'),
      limit: Limit(50, 500),
      offset: Offset,
      cursor: cursors.priority.optional(),
    }),
    output: z.object({
      data: z.array(PolicyResponse),
      total: z.int(),
      limit: z.int(),
      offset: z.int(),
      ...nextPage,
    }),
    errors: ['ACTION_VALIDATION_FAILED', 'WALLET_NOT_FOUND', 'WALLET_ID_REQUIRED'],
    tag,
    aliases,
    tool: 'get_policies',
    command: 'policy list',
  }),
  listPolicyVersions: operation({
    method: 'GET',
    path: '/v1/policies/versions',
    access: ['operator'],
    summary: 'List every change of policies, newest first: who made it, when, and what held from then on.',
    input: z.strictObject({
      policyId: Id.optional().describe('the changes of one policy, also of one that is gone'),
      walletId: WalletName.optional().describe('id or name: those of this wallet and of every wallet'),
      limit: Limit(50, 500),
      cursor: cursors.priority.optional(),
    }),
    output: z.object({ data: z.array(PolicyVersion), ...nextPage }),
    errors: ['WALLET_NOT_FOUND'],
    tag,
    aliases,
    command: 'policy versions',
    places: ['policyId'],
  }),
  getPolicy: operation({
    method: 'GET',
    path: '/v1/policies/{id}',
    access: ['operator'],
    summary: 'Show one policy.',
    input: z.strictObject({ id: Id }),
    output: PolicyResponse,
    errors: ['POLICY_NOT_FOUND'],
    tag,
    command: 'policy show',
  }),
  updatePolicy: operation({
    method: 'PUT',
    path: '/v1/policies/{id}',
    mayLoosen: true,
    access: ['operator'],
    summary: 'Change a policy: its rules, its priority, or whether it is on.',
    input: UpdatePolicyRequest,
    output: PolicyChanged,
    errors: ['ACTION_VALIDATION_FAILED', 'INVALID_ADDRESS', 'POLICY_NOT_FOUND'],
    tag,
    command: 'policy update',
  }),
  deletePolicy: operation({
    method: 'DELETE',
    path: '/v1/policies/{id}',
    mayLoosen: true,
    access: ['operator'],
    summary: 'Remove a policy.',
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, deleted: z.boolean(), unwritten: Unwritten, worstCase: WorstCaseMoved }),
    errors: ['POLICY_NOT_FOUND'],
    tag,
    command: 'policy delete',
    destroys: 'What this policy refuses may pass from now on.',
  }),
}
