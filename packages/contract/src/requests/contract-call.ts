import { z } from 'zod'
import { Calldata } from '../wire.ts'
import { atMostOneValue, recipient, value } from './fields.ts'
import type { RequestKind } from './kind.ts'
import { programFields, programRules } from './program-call.ts'

/** A model is shown the first form. */
const Argument = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
  .describe('a value of the type in the ABI')

/** A function of a contract as its ABI describes it, with what it is called with. */
export const abiFields = {
  abi: z
    .array(z.record(z.string(), z.unknown()).describe('a function, as compilers write it'))
    .min(1)
    .max(2_000)
    .describe(
      'ABI of the contract, in place of calldata; beside it, calldata has to be a call of one of its functions',
    ),
  functionName: z
    .string()
    .min(1)
    .max(2_000)
    .describe('name of a function of the ABI, or its signature where several share the name'),
  args: z
    .array(Argument)
    .max(1_000)
    .describe('arguments in order; numbers as decimal text, bytes as hex, tuples as lists or objects'),
}

export const contractCall = {
  summary: 'a call of a contract or program',
  fields: {
    ...recipient,
    ...value,
    calldata: Calldata.optional(),
    abi: abiFields.abi.optional(),
    functionName: abiFields.functionName.optional(),
    args: abiFields.args.optional(),
    ...programFields,
  },
  rules: [
    atMostOneValue,
    {
      holds: ({ calldata, functionName, instructionData }) =>
        [calldata, functionName, instructionData].filter((one) => one !== undefined).length === 1,
      error: 'expected calldata, or abi with functionName and args, or on Solana instructionData',
      field: 'calldata',
    },
    {
      // Older clients send the ABI beside calldata, for people.
      holds: ({ abi, functionName, args }) => (functionName === undefined ? args === undefined : abi !== undefined),
      error: 'expected abi, functionName and args together',
      field: 'abi',
    },
    ...programRules,
  ],
  forms: [
    {
      tool: 'call_contract',
      command: 'tx call',
      example: '--to 0x00000000219ab540356cBB839Cbe05303d7705Fa --calldata 0xd0e30db0',
      summary:
        'Call a function of a contract: calldata, or abi with functionName and args; on Solana instructionData and accounts. The answer says at once what the policies decided.',
    },
  ],
} as const satisfies RequestKind
