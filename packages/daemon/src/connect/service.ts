import {
  DEFAULT_TYPE,
  Failure,
  type Network,
  type Output,
  SENDABLE,
  type Settings,
  shownToggles,
  type systemOperations,
} from '@waiaas/contract'
import { type Ownership, ownershipsOf } from '../owners/service.ts'
import { seconds } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import type { PolicyService } from '../policies/service.ts'
import { findSession } from '../sessions/service.ts'
import { networksOf, type WalletRow, walletsOfSession } from '../wallets/service.ts'

type Answer = Output<typeof systemOperations.getConnectInfo>
export type ConnectParts = {
  database: Database
  policies: Pick<PolicyService, 'list'>
  networks(): readonly Network[]
  settings(): Settings
  version: string
}

/** What this release lets an agent do; each word is one that clients look for. */
const CAPABILITIES = [...SENDABLE.map((type) => type.toLowerCase()), 'balance', 'assets']

export type ConnectInfo = ReturnType<typeof connectInfo>

/** What an agent should know first: its wallets, networks and policies, and a guide in plain words. */
export const connectInfo =
  ({ database, policies, networks, settings, version }: ConnectParts) =>
  async (sessionId: string, baseUrl: string): Promise<Answer> => {
    const { session, own, ownershipOf } = await database.read(async (db) => {
      const own = await walletsOfSession(db, sessionId)
      const ids = own.map(({ id }) => id)
      return { session: await findSession(db, sessionId), own, ownershipOf: await ownershipsOf(db, ids) }
    })
    if (!session) throw new Failure('SESSION_NOT_FOUND', `no session ${sessionId}`)
    const wallets = own.map((row) => walletInfo(row, networks(), ownershipOf(row.id)))
    const lists = await Promise.all(
      own.map(({ id }) => policies.list({ walletId: id, limit: 200, offset: 0 }, sessionId)),
    )
    const applying = Object.fromEntries(
      own.map(({ id }, index) => [id, lists[index]!.data.filter(({ enabled }) => enabled).map(policyInfo)]),
    )
    const now = settings()
    return {
      session: { id: session.id, expiresAt: seconds(session.expires_at), source: session.source },
      wallets,
      policies: applying,
      capabilities: [...CAPABILITIES, ...(now['rpc_proxy.enabled'] ? ['rpc_proxy'] : [])],
      defaultDeny: shownToggles(now),
      daemon: { version, baseUrl },
      rpcProxy: now['rpc_proxy.enabled'] ? { enabled: true, baseUrl: `${baseUrl}/v1/rpc-evm` } : null,
      supportedChainIds: [...new Set(own.flatMap((row) => networksOf(networks(), row).map(({ caip2 }) => caip2)))],
      prompt: guide({ baseUrl, version, wallets, policies: applying }),
    }
  }

type Given = { readonly token: string; readonly expiresAt: number; readonly sessionId: string }

/** The guide with a token in it, for an agent that is given nothing else. */
export const pasted = (guide: string, { token, expiresAt, sessionId }: Given): string =>
  [
    guide,
    `Your session is ${sessionId}. Its token is good until ${new Date(expiresAt * 1_000).toISOString()}; show it to nobody:`,
    token,
  ].join('\n')

const walletInfo = (row: WalletRow, networks: readonly Network[], { state }: Ownership): Answer['wallets'][number] => ({
  id: row.id,
  name: row.name,
  chain: row.chain,
  environment: row.environment,
  address: row.address,
  accountType: 'eoa',
  ownerState: state,
  availableNetworks: networksOf(networks, row).map(({ id }) => id),
  provider: null,
})

type Listed = Awaited<ReturnType<PolicyService['list']>>['data'][number]
const policyInfo = ({ type, rules, priority, network }: Listed) => ({ type, rules: { ...rules }, priority, network })

function guide({
  baseUrl,
  version,
  wallets,
  policies,
}: { baseUrl: string; version: string } & Pick<Answer, 'wallets' | 'policies'>): string {
  const lines = wallets.map(({ id, name, chain, environment, address, availableNetworks }, index) => {
    const rules = policies[id]?.map(({ type }) => type).join(', ') || 'none: nothing will be signed'
    return `${index + 1}. ${name} (${chain} ${environment}) id ${id} address ${address}\n   networks: ${availableNetworks.join(', ')}; policies: ${rules}`
  })
  return [
    `You can use the wallets of a WAIaaS ${version} daemon at ${baseUrl}. Send your session token as "Authorization: Bearer <token>".`,
    ...lines,
    `Send with POST /v1/transactions/send {"type":"${DEFAULT_TYPE}","to","humanAmount","network","walletId"}; add "dryRun": true to see the decision first.`,
    'Send an Idempotency-Key with every payment and repeat it when you repeat the call: then nothing is paid twice.',
    'The answer names the tier: INSTANT and NOTIFY run, DELAY runs later unless cancelled, APPROVAL waits for a human. Read GET /v1/transactions/{id} for what became of it.',
    'A refusal (403 POLICY_DENIED) names each rule in details.reasons and what would pass in details.decision.headroom. Renew the session with PUT /v1/sessions/{id}/renew after half of its lifetime. Never ask for the master password.',
    'Guides with calls that work as they stand: GET /v1/skills lists them, GET /v1/skills/quickstart is the first to read.',
  ].join('\n')
}
