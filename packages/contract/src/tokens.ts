import { z } from 'zod'
import { cursors, Id, Limit, nextPage } from './ids.ts'
import { operation } from './operation.ts'
import { Address, NetworkName } from './wire.ts'

const tag = 'Tokens'
const operator = ['operator'] as const

export const RegisteredToken = z.object({
  address: Address,
  symbol: z.string(),
  name: z.string(),
  decimals: z.int(),
  source: z.enum(['builtin', 'custom']),
  assetId: z.string().nullable().describe('CAIP-19'),
  chainId: z.string().describe('CAIP-2'),
})
export type RegisteredToken = z.output<typeof RegisteredToken>

const token = { network: NetworkName, address: Address }

/** Shorter than any address, so that one name is never both. */
export const MOST_SYMBOL = 20
/** Whether the name of a token is its symbol, rather than its address or CAIP-19 asset. */
export const isSymbol = (name: string): boolean => name.length <= MOST_SYMBOL && !name.includes('/')

/** The token registry of each network. Decimals come from the chain. */
export const tokenOperations = {
  listTokens: operation({
    method: 'GET',
    path: '/v1/tokens',
    access: ['agent', 'operator'],
    tag,
    summary: 'List the known tokens of a network.',
    tool: 'get_tokens',
    command: 'token list',
    input: z.strictObject({ network: NetworkName, limit: Limit(1_000, 1_000), cursor: cursors.token.optional() }),
    output: z.object({ network: z.string(), tokens: z.array(RegisteredToken), ...nextPage }),
    errors: ['CHAIN_NOT_SUPPORTED'],
  }),
  resolveToken: operation({
    method: 'GET',
    path: '/v1/tokens/resolve',
    access: operator,
    tag,
    summary: 'Look up a token on its chain: symbol, name and decimals.',
    command: 'token resolve',
    input: z.strictObject(token),
    output: z.object({
      network: z.string(),
      address: Address,
      symbol: z.string(),
      name: z.string(),
      decimals: z.int(),
      assetId: z.string(),
    }),
    errors: ['CHAIN_NOT_SUPPORTED', 'INVALID_ADDRESS', 'TOKEN_NOT_FOUND', 'TOKEN_UNSUPPORTED', 'CHAIN_ERROR'],
  }),
  addToken: operation({
    method: 'POST',
    path: '/v1/tokens',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Add a token to the list. Its decimals must be those on the chain.',
    command: 'token add',
    example:
      '--network {network} --address 0x00000000219ab540356cBB839Cbe05303d7705Fa --symbol GOLD --name "Gold" --decimals 18',
    status: 201,
    input: z.strictObject({
      ...token,
      symbol: z.string().min(1).max(MOST_SYMBOL).describe('symbol'),
      name: z.string().min(1).max(100).describe('name'),
      decimals: z.int().min(0).max(18).describe('decimals, as on the chain'),
    }),
    output: z.object({ id: Id, network: z.string(), address: Address, symbol: z.string() }),
    errors: [
      'CHAIN_NOT_SUPPORTED',
      'INVALID_ADDRESS',
      'TOKEN_EXISTS',
      'TOKEN_NOT_FOUND',
      'TOKEN_UNSUPPORTED',
      'CHAIN_ERROR',
    ],
  }),
  removeToken: operation({
    method: 'DELETE',
    path: '/v1/tokens',
    mayLoosen: true,
    access: operator,
    tag,
    summary: 'Remove a token that you added to the list.',
    command: 'token remove',
    destroys: 'Wallets do not list it any more, and its symbol means nothing.',
    bodyFrom: 'body',
    alsoQuery: ['network', 'address'],
    input: z.strictObject({ ...token, address: Address.describe('address or symbol') }),
    output: z.object({ removed: z.boolean(), network: z.string(), address: Address }),
    errors: ['CHAIN_NOT_SUPPORTED', 'TOKEN_NOT_FOUND'],
  }),
}
