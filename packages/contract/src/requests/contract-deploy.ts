import { z } from 'zod'
import { atMostOneValue, value } from './fields.ts'
import type { RequestKind } from './kind.ts'

const hex = (pattern: RegExp, error: string) => z.string().regex(pattern, error)

export const contractDeploy = {
  summary: 'the code of a new contract',
  fields: {
    bytecode: hex(/^0x(?:[0-9a-fA-F]{2})+$/, 'expected hex: 0x and the code that creates the contract').describe(
      'what creates the contract, as compilers write it: 0x and hex',
    ),
    constructorArgs: hex(/^0x(?:[0-9a-fA-F]{2})*$/, 'expected hex: 0x and the encoded arguments')
      .describe('ABI-encoded arguments of the constructor: 0x and hex')
      .optional(),
    ...value,
  },
  rules: [atMostOneValue],
  forms: [
    {
      command: 'tx deploy',
      example: '--bytecode 0x600a600c600039600a6000f3602a60005260206000f3',
      summary: 'Create a contract. The answer says at once what the policies decided, and a human approves it.',
    },
  ],
} as const satisfies RequestKind
