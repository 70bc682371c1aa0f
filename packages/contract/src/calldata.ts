import { z } from 'zod'
import { CODE_BODY } from './costs.ts'
import { operation } from './operation.ts'
import { abiFields } from './requests/contract-call.ts'
import { Calldata } from './wire.ts'

export const calldataOperations = {
  encodeCalldata: operation({
    method: 'POST',
    path: '/v1/utils/encode-calldata',
    access: ['agent'],
    tag: 'Utilities',
    summary: 'Encode a call of a contract from its ABI. It asks no network and stores nothing.',
    tool: 'encode_calldata',
    hints: { readOnlyHint: true, idempotentHint: true },
    maxBody: CODE_BODY,
    input: z.strictObject({
      abi: abiFields.abi,
      functionName: abiFields.functionName,
      args: abiFields.args.default([]),
    }),
    output: z.object({
      calldata: Calldata,
      selector: z.string().describe('the four bytes that name the function'),
      functionName: z.string(),
    }),
    errors: ['ABI_ENCODING_FAILED'],
  }),
}
