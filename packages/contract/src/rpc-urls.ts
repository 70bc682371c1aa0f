import { z } from 'zod'
import { cursors, Id, Limit, nextPage, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { walletAlias, walletChoice } from './wallet.ts'
import { NetworkName } from './wire.ts'

/** What the token in an address of the JSON-RPC proxy begins with. */
export const RPC_TOKEN_PREFIX = 'wai_rpc_'
/** A text in which such tokens cannot be read any more. */
export const withoutRpcTokens = (text: string): string => text.replaceAll(/wai_rpc_[\w-]*/gi, 'wai_rpc_…')

const tag = 'Sessions'
const RpcUrl = z.object({
  id: Id,
  sessionId: Id,
  walletId: Id,
  network: z.string(),
  createdAt: UnixSeconds,
  expiresAt: UnixSeconds,
})

/** Addresses that are a token themselves, for tools of EVM networks that send no headers. */
export const rpcUrlOperations = {
  createRpcUrl: operation({
    method: 'POST',
    path: '/v1/rpc-urls',
    access: ['agent'],
    tag,
    summary:
      'Make an address of the JSON-RPC proxy that needs no header: one wallet, one network and nothing else, for at most 24 hours. Whoever has it can ask for payments as the session; it is shown once.',
    command: 'rpc-url create',
    example: '--network local-evm',
    status: 201,
    aliases: walletAlias,
    input: z.strictObject({
      ...walletChoice,
      network: NetworkName.optional().describe('network id; needed when several can be meant'),
      expiresIn: z.int().min(60).max(86_400).default(3_600).describe('seconds that it works, at most 86400'),
    }),
    output: RpcUrl.extend({
      chainId: z.int(),
      url: z.string().describe('shown now and never again'),
      note: z.string().nullable().describe('what has to be done before it works'),
    }),
    errors: [
      ...(['WALLET_NOT_FOUND', 'WALLET_ID_REQUIRED', 'WALLET_TERMINATED', 'NETWORK_REQUIRED'] as const),
      ...(['ENVIRONMENT_NETWORK_MISMATCH', 'CHAIN_NOT_SUPPORTED'] as const),
    ],
  }),
  listRpcUrls: operation({
    method: 'GET',
    path: '/v1/rpc-urls',
    access: ['agent', 'operator'],
    tag,
    summary: 'List the addresses of the JSON-RPC proxy that need no header, without their tokens.',
    command: 'rpc-url list',
    input: z.strictObject({ limit: Limit(50, 200), cursor: cursors.id.optional() }),
    output: z.object({ items: z.array(RpcUrl), ...nextPage }),
    errors: [],
  }),
  revokeRpcUrl: operation({
    method: 'DELETE',
    path: '/v1/rpc-urls/{id}',
    access: ['agent', 'operator'],
    tag,
    summary: 'End an address of the JSON-RPC proxy.',
    command: 'rpc-url revoke',
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, status: z.literal('REVOKED') }),
    errors: ['RPC_URL_NOT_FOUND'],
  }),
}
