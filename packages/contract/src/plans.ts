import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { Expand, ShownDecision, Tier } from './decision.ts'
import { Effect } from './effects.ts'
import { Id, UnixSeconds } from './ids.ts'
import { Labels } from './labels.ts'
import { operation } from './operation.ts'
import { ProgramInstructionInput } from './requests/program-call.ts'
import { Transaction } from './transaction-answers.ts'
import { buildErrors } from './transactions.ts'
import { seen, Wait } from './waiting.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import { Address, Digits, HumanValue, NetworkName, ofBaseUnits, TransactionType, Unwritten } from './wire.ts'

/** The most steps of a plan. */
export const MOST_STEPS = 20
const MOST_DEADLINE_S = 86_400
const MOST_INSTRUCTIONS = 33
const MOST_TABLES = 8

const HEX_OR_DIGITS = 'expected decimal digits, or 0x and hex'
const Quantity = z
  .string(`${HEX_OR_DIGITS}, as text in quotes; a number may lose digits`)
  .regex(/^(?:\d{1,78}|0x[0-9a-fA-F]{1,64})$/, HEX_OR_DIGITS)
/** Small ones come as numbers from some planners. */
const Count = z.union([Quantity, z.int().min(0)])
const dropped = (what: string) => Count.optional().describe(`EVM: ${what}; the daemon sets its own`)

/** What a planner's step may carry, in whatever of its forms it comes. */
const Step = z
  .strictObject({
    to: Address.optional().describe('EVM: who is paid, or which contract is called'),
    value: ofBaseUnits(Quantity, 'humanValue')
      .optional()
      .describe('EVM: native currency sent along, as the planner has it, in base units'),
    humanValue: HumanValue.optional().describe('EVM: the same in whole units, such as "0.1"'),
    data: z
      .string()
      .max(131_074)
      .regex(/^0x(?:[0-9a-fA-F]{2})*$/, 'expected 0x and hex')
      .optional()
      .describe('EVM: what the contract is called with, 0x and hex'),
    gas: Count.optional().describe('EVM: the most gas that it may use'),
    gasLimit: Count.optional().describe('EVM: the same, as some planners call it'),
    from: Address.optional().describe('EVM: the wallet itself, where it is said'),
    chainId: Count.optional().describe('EVM: that of the network, where it is said'),
    nonce: dropped('a nonce'),
    gasPrice: dropped('a price of gas'),
    maxFeePerGas: dropped('a price of gas'),
    maxPriorityFeePerGas: dropped('a tip'),
    instructions: z
      .array(ProgramInstructionInput)
      .min(1)
      .max(MOST_INSTRUCTIONS)
      .optional()
      .describe('Solana: instructions of programs, which one transaction carries out'),
    serialized: z
      .string()
      .max(262_144)
      .regex(/^(?:0x(?:[0-9a-fA-F]{2})+|[A-Za-z0-9+/]+={0,2})$/, 'expected 0x and hex, or base64')
      .optional()
      .describe('a transaction in its bytes: of EVM networks 0x and hex, unsigned; of Solana base64'),
    addressLookupTableAddresses: z
      .array(Address)
      .max(MOST_TABLES)
      .optional()
      .describe('Solana: lookup tables that have some of the accounts'),
  })
  .describe('a call, or on Solana the instructions of one transaction')
  .superRefine((step, context) => {
    const forms = [step.to, step.instructions, step.serialized].filter((form) => form !== undefined)
    const error = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (forms.length !== 1) error('to', 'expected to, or instructions on Solana, or serialized')
    if (step.gas !== undefined && step.gasLimit !== undefined)
      error('gasLimit', 'expected at most one of gas and gasLimit')
    if (step.value !== undefined && step.humanValue !== undefined)
      error('humanValue', 'expected at most one of value and humanValue')
    const form = FORMS.find(([name]) => step[name] !== undefined)
    for (const field of Object.keys(step))
      if (form && field !== form[0] && FORMS.every(([name]) => name !== field) && !form[1](field))
        error(field, `expected no ${field} beside ${form[0]}`)
  })
const TABLES = 'addressLookupTableAddresses'
/** What may stand beside each form. */
const FORMS = [
  ['to', (field: string) => field !== TABLES],
  ['instructions', (field: string) => field === TABLES],
  ['serialized', () => false],
] as const
export type PlanStepInput = z.output<typeof Step>

const PlanRequest = z.strictObject({
  steps: z
    .array(Step)
    .min(1)
    .max(MOST_STEPS)
    .describe('done in this order, each when the one before it is in a block and has succeeded'),
  deadline: z
    .int()
    .min(10)
    .max(MOST_DEADLINE_S)
    .default(3_600)
    .describe('seconds from now; what is not signed by then is cancelled'),
  network: NetworkName.optional(),
  ...walletChoice,
  labels: Labels.optional(),
  dryRun: z.boolean().default(false).describe('build, decode and judge only; nothing is stored or sent'),
  wait: Wait,
})
export type PlanRequest = z.output<typeof PlanRequest>

const PlanStatus = z.enum(['QUEUED', 'RUNNING', 'CONFIRMED', 'STOPPED'])

/** What was decided on a plan; its steps are transactions. */
export const PlanSent = z.object({
  id: Id,
  status: z
    .enum(['PENDING', ...PlanStatus.options])
    .describe('PENDING, or QUEUED; with wait, or of a repeat, that of the plan'),
  tier: Tier,
  walletId: Id,
  network: z.string(),
  deadline: UnixSeconds,
  steps: z.array(z.object({ id: Id, step: z.int(), type: TransactionType })),
  decision: ShownDecision.optional(),
})
export type PlanSent = z.output<typeof PlanSent>

const PlanSimulation = z.object({
  success: z.boolean(),
  tier: Tier.nullable(),
  fee: z.object({ max: Digits, symbol: z.string() }).describe('the worst of all steps together, native base units'),
  steps: z.array(z.object({ step: z.int(), type: TransactionType, effects: z.array(Effect), maxFee: Digits })),
  decision: ShownDecision,
})
export type PlanSimulation = z.output<typeof PlanSimulation>

/** A plan as clients read it. Its status is what its steps say. */
export const Plan = z.object({
  id: Id,
  walletId: Id,
  network: z.string(),
  status: PlanStatus.describe('QUEUED waits for time or a human; STOPPED ended before its last step was done'),
  tier: Tier.nullable(),
  createdAt: UnixSeconds,
  deadline: UnixSeconds,
  steps: z.array(
    Transaction.extend({ effects: z.array(Effect).nullable().describe('null when they are not kept any more') }),
  ),
  leftAllowances: z
    .array(Effect)
    .describe('of a plan that has stopped: what its steps have let others take, and no later step has taken back'),
  decision: ShownDecision.nullable(),
})
export type Plan = z.output<typeof Plan>

const tag = 'Transactions'
const one = z.strictObject({ id: Id })

/** Several transactions that are decided on as one and done one after the other. */
export const planOperations = {
  sendPlan: operation({
    method: 'POST',
    path: '/v1/transactions/plan',
    access: ['agent'],
    tag,
    summary:
      'Carry out a plan that any tool has made: up to 20 calls, or transactions of Solana, one after the other, judged as one and stopped at the first that fails.',
    tool: 'send_plan',
    hints: { openWorldHint: true },
    command: 'tx plan',
    example: `--steps '[{"to":"0x00000000219ab540356cBB839Cbe05303d7705Fa","data":"0xd0e30db0"}]'`,
    status: 201,
    alternative: { status: 200, when: 'dryRun' },
    idempotent: true,
    maxBody: CODE_BODY,
    aliases: walletAlias,
    alsoQuery: ['wait', 'expand'],
    input: PlanRequest.extend({ expand: Expand }),
    output: z.union([PlanSent, PlanSimulation]),
    errors: [
      ...buildErrors,
      'WALLET_NOT_SIGNER',
      'CEILING_EXCEEDED',
      'POLICY_DENIED',
      'RATE_LIMIT_EXCEEDED',
      'WAITING_LIMIT_REACHED',
      'KILL_SWITCH_ACTIVE',
    ],
  }),
  getPlan: operation({
    method: 'GET',
    path: '/v1/plans/{id}',
    access: ['agent', 'operator'],
    tag,
    summary:
      'Show a plan: its decision, what each of its steps does and has come to, and what it has left. With wait, once it is over or a human has to decide.',
    tool: 'get_plan',
    command: 'plan get',
    input: z.strictObject({ id: Id, wait: Wait, seen: seen(PlanStatus) }),
    output: Plan,
    errors: ['PLAN_NOT_FOUND'],
  }),
  cancelPlan: operation({
    method: 'POST',
    path: '/v1/plans/{id}/cancel',
    access: ['agent', 'operator'],
    tag,
    summary: 'End a plan: what of it is not signed yet is cancelled. What is signed goes on.',
    tool: 'cancel_plan',
    hints: { idempotentHint: true },
    command: 'plan cancel',
    input: one,
    output: z.object({ id: Id, cancelled: z.int().describe('how many steps'), unwritten: Unwritten }),
    errors: ['PLAN_NOT_FOUND', 'TX_ALREADY_PROCESSED'],
  }),
}
