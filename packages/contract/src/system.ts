import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { shownToggleShape } from './policies/default-deny.ts'
import { Address, Chain, EnvironmentName, OwnerState, SessionSource } from './wire.ts'

const tag = 'System'
const nothing = z.strictObject({})

const Check = z.object({ ok: z.boolean(), message: z.string().optional() })

const ConnectInfo = z.object({
  session: z.object({ id: Id, expiresAt: UnixSeconds, source: SessionSource }),
  wallets: z.array(
    z.object({
      id: Id,
      name: z.string(),
      chain: Chain,
      environment: EnvironmentName,
      address: Address,
      accountType: z.string(),
      ownerState: OwnerState,
      availableNetworks: z.array(z.string()),
      provider: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  policies: z.record(
    z.string(),
    z.array(
      z.object({
        type: z.string(),
        rules: z.record(z.string(), z.unknown()),
        priority: z.int(),
        network: z.string().nullable(),
      }),
    ),
  ),
  capabilities: z.array(z.string()),
  defaultDeny: z.object(shownToggleShape),
  daemon: z.object({ version: z.string(), baseUrl: z.string() }),
  rpcProxy: z.object({ enabled: z.boolean(), baseUrl: z.string() }).nullable(),
  supportedChainIds: z.array(z.string()),
  prompt: z.string(),
})

/** What everybody may know of the daemon, and what an agent should know first. */
export const systemOperations = {
  getHealth: operation({
    method: 'GET',
    path: '/health',
    access: 'public',
    tag,
    summary: 'Check that the daemon is running.',
    command: 'health',
    input: nothing,
    output: z.object({
      status: z.literal('ok'),
      version: z.string(),
      latestVersion: z.string().nullable(),
      updateAvailable: z.boolean(),
      schemaVersion: z.int(),
      uptime: z.int().describe('seconds'),
      timestamp: UnixSeconds,
      warnings: z.array(z.string()).optional().describe('what the operator should put right'),
      passwordWithin: z
        .array(z.string())
        .optional()
        .describe(
          'where this process has the master password from; who takes it over then raises ceilings and exports keys',
        ),
    }),
    errors: [],
  }),
  getReady: operation({
    method: 'GET',
    path: '/health/ready',
    access: 'public',
    tag,
    summary:
      'Check that the daemon can work. It answers 503 and says why when the database, the disk, the signer or the RPC endpoints fail.',
    input: nothing,
    output: z.object({
      status: z.literal('ready'),
      checks: z.object({
        database: Check,
        signer: Check,
        rpc: Check,
        storage: Check.optional().describe('whether what is decided can be stored'),
        stops: Check.optional().describe('there while a stop holds in memory and is not written yet'),
      }),
    }),
    errors: ['KEYSTORE_LOCKED', 'CHAIN_ERROR', 'SYSTEM_LOCKED'],
  }),
  getConnectInfo: operation({
    method: 'GET',
    path: '/v1/connect-info',
    access: ['agent'],
    tag,
    summary:
      'Show what this session can do. Call it first: it lists wallets, networks and policies, and has a short guide.',
    tool: 'connect_info',
    input: nothing,
    output: ConnectInfo,
    errors: [],
  }),
}
