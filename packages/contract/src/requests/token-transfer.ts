import { z } from 'zod'
import { isSymbol, MOST_SYMBOL } from '../tokens.ts'
import { Address } from '../wire.ts'
import { amounts, memo, oneAmount, priorityFee, recipient } from './fields.ts'
import type { RequestForm, RequestKind } from './kind.ts'

const NamedToken = z
  .strictObject({
    address: Address.optional().describe('contract or mint'),
    decimals: z.int().min(0).max(18).optional().describe('must be what the chain says'),
    symbol: z.string().min(1).max(MOST_SYMBOL).optional().describe('of a listed token, or of the one at the address'),
    assetId: z.string().max(200).optional().describe('CAIP-19 asset, in place of address'),
  })
  .refine((token) => (token.address ?? token.assetId ?? token.symbol) !== undefined, {
    error: 'expected address, assetId or symbol',
    path: ['address'],
  })

export type TokenChoice = z.output<typeof NamedToken>
/** What one name of a token says. */
export function tokenNamed(name: string): TokenChoice {
  if (name.includes('/')) return { assetId: name }
  return isSymbol(name) ? { symbol: name } : { address: name }
}

/** A token by one name: the symbol of a listed one, its address, or its CAIP-19 asset. */
const TokenName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^{}"]+$/)
  .describe('symbol of a listed token such as "USDC", or its address or CAIP-19 asset')
  .transform(tokenNamed)

/** Symbol and decimals are checked, never believed. */
const Token = z.union([TokenName, NamedToken], {
  error: 'expected a symbol, an address or a CAIP-19 asset, or an object with one of them',
})

/** Native currency and tokens are sent alike. */
export const send: RequestForm = {
  tool: 'send_token',
  command: 'tx send',
  example: '--to 0x00000000219ab540356cBB839Cbe05303d7705Fa --amount "2 USDC"',
  summary:
    'Send native currency, or a token with type TOKEN_TRANSFER. The answer says at once what the policies decided.',
}

export const tokenTransfer = {
  summary: 'a token',
  fields: {
    ...recipient,
    ...amounts,
    token: Token.describe('symbol of a listed token such as "USDC", or its address or CAIP-19 asset'),
    ...memo,
    ...priorityFee,
  },
  rules: [oneAmount],
  forms: [send],
  needs: ['humanAmount'],
} as const satisfies RequestKind
