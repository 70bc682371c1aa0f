import { z } from 'zod'
import { Calldata } from '../wire.ts'
import { atMostOneValue, recipient, value } from './fields.ts'
import type { RequestKind } from './kind.ts'

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
    .describe('ABI of the contract, in place of calldata'),
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
  summary: 'a call of a contract',
  fields: {
    ...recipient,
    ...value,
    calldata: Calldata.optional(),
    abi: abiFields.abi.optional(),
    functionName: abiFields.functionName.optional(),
    args: abiFields.args.optional(),
  },
  rules: [
    atMostOneValue,
    {
      holds: ({ calldata, functionName }) => (calldata === undefined) !== (functionName === undefined),
      error: 'expected calldata, or abi with functionName and args',
      field: 'calldata',
    },
    {
      // Older clients send the ABI beside calldata, for people.
      holds: ({ abi, functionName, args }) => (functionName === undefined ? args === undefined : abi !== undefined),
      error: 'expected abi, functionName and args together',
      field: 'abi',
    },
  ],
  forms: [
    {
      tool: 'call_contract',
      command: 'tx call',
      summary:
        'Call a function of a contract: calldata, or abi with functionName and args. The answer says at once what the policies decided.',
    },
  ],
} as const satisfies RequestKind
