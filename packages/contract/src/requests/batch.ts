import { z } from 'zod'
import { approve } from './approve.ts'
import { contractCall } from './contract-call.ts'
import { priorityFee } from './fields.ts'
import type { RequestKind, Rule } from './kind.ts'
import { tokenTransfer } from './token-transfer.ts'
import { transfer } from './transfer.ts'

/** What a batch may hold. */
const PARTS = {
  TRANSFER: transfer,
  TOKEN_TRANSFER: tokenTransfer,
  CONTRACT_CALL: contractCall,
  APPROVE: approve,
} as const
type PartType = keyof typeof PARTS
type Values = Readonly<Record<string, unknown>>
const TYPES = Object.keys(PARTS) as [PartType, ...PartType[]] // the table's own keys

const MOST_PARTS = 20

/** Of a part that does not say it: what its fields tell. */
function typeOf({ type, spender, token, instructionData, calldata, functionName }: Values): PartType {
  const said = TYPES.find((one) => one === type)
  if (said) return said
  if (spender !== undefined) return 'APPROVE'
  if (token !== undefined) return 'TOKEN_TRANSFER'
  return [instructionData, calldata, functionName].some((one) => one !== undefined) ? 'CONTRACT_CALL' : 'TRANSFER'
}

const fieldsOf = (type: PartType): Readonly<Record<string, z.ZodType>> => PARTS[type].fields
const rulesOf = (type: PartType): readonly Rule[] => PARTS[type].rules

const Part = z
  .strictObject({
    type: z.enum(TYPES).optional().describe('without it the other fields tell'),
    ...z.object(approve.fields).partial().shape,
    ...z.object(contractCall.fields).partial().shape,
    ...z.object(tokenTransfer.fields).partial().shape,
  })
  .describe('one of them, with the fields of its type')
  .superRefine((part, context) => {
    const type = typeOf(part)
    const fields = fieldsOf(type)
    for (const [field, value] of Object.entries(part))
      if (value !== undefined && field !== 'type' && !Object.hasOwn(fields, field))
        context.addIssue({ code: 'custom', path: [field], message: `expected no ${field} in a ${type}` })
    for (const [field, schema] of Object.entries(fields))
      if ((part as Values)[field] === undefined && !schema.safeParse(undefined).success)
        context.addIssue({ code: 'custom', path: [field], message: `expected ${field} in a ${type}` })
    for (const { holds, error, field } of rulesOf(type))
      if (!holds(part)) context.addIssue({ code: 'custom', path: [field], message: error })
  })
type BatchPart = z.output<typeof Part>

/** A part with its type; the fields of a request of that type are in it. */
export const typedPart = (part: BatchPart) => ({ ...part, type: typeOf(part) })

export const batch = {
  summary: 'several of these at once',
  fields: {
    instructions: z
      .array(Part)
      .min(2)
      .max(MOST_PARTS)
      .describe('payments, calls and allowances, done in this order in one transaction, all of them or none'),
    ...priorityFee,
  },
  rules: [],
  forms: [
    {
      tool: 'send_batch',
      command: 'tx batch',
      example: `--instructions '[{"to":"0x00000000219ab540356cBB839Cbe05303d7705Fa","humanAmount":"1"},{"to":"0x00000000219ab540356cBB839Cbe05303d7705Fa","humanAmount":"2"}]'`,
      summary:
        'Do several payments, calls and allowances in one transaction on Solana, all of them or none. The answer says at once what the policies decided.',
    },
  ],
} as const satisfies RequestKind
