import { randomBytes } from 'node:crypto'
import {
  Failure,
  type Network,
  newId,
  type Output,
  type Parsed,
  RPC_TOKEN_PREFIX,
  type rpcUrlOperations,
  type Settings,
} from '@waiaas/contract'
import type { Audit } from '../audit/service.ts'
import { type By, sessionActor } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { resolveNetwork, walletOfSession } from '../wallets/service.ts'
import { type UrlRow, urlStore } from './url-store.ts'

type Operations = typeof rpcUrlOperations
type Parts = {
  readonly database: Database
  readonly clock: Clock
  readonly audit: Pick<Audit, 'record'>
  readonly networks: () => readonly Network[]
  readonly settings: () => Pick<Settings, 'rpc_proxy.enabled'>
}
export type RpcUrls = ReturnType<typeof rpcUrls>

const OFF = 'the JSON-RPC proxy is off: the operator turns it on with waiaas settings set rpc_proxy.enabled true'

/** Addresses of the proxy that are a token themselves. They end with their session, and open one wallet on one network. */
export function rpcUrls({ database, clock, audit, networks, settings }: Parts) {
  return {
    async create(
      { walletId, network: named, expiresIn }: Parsed<Operations['createRpcUrl']>,
      { sessionId, baseUrl, ip }: { sessionId: string; baseUrl: string; ip: string | undefined },
    ): Promise<Output<Operations['createRpcUrl']>> {
      const token = RPC_TOKEN_PREFIX + randomBytes(32).toString('base64url')
      const wallet = await database.read((db) => walletOfSession(db, sessionId, { walletId }))
      const network = resolveNetwork(networks(), wallet, named)
      const [family, chainId] = network.caip2.split(':')
      if (family !== 'eip155') throw new Failure('CHAIN_NOT_SUPPORTED', `${network.id} has no JSON-RPC of EVM nodes`)
      const now = clock.now()
      const row: UrlRow = {
        ...{ id: newId(now), token_hash: sha256(token), session_id: sessionId, wallet_id: wallet.id },
        ...{ network: network.id, created_at: now, expires_at: clock.latest() + expiresIn * 1_000 },
      }
      await database.work({ exclusive: [`wallet:${wallet.id}`] }, async (db) => {
        await urlStore.forget(db, now)
        await urlStore.insert(db, row)
        await audit.record(db, { event: 'RPC_URL_CREATED', actor: sessionActor(sessionId), ip, ...about(row) })
      })
      const url = `${baseUrl}/v1/rpc-evm/${wallet.id}/${chainId}/${token}`
      return { ...view(row), chainId: Number(chainId), url, note: settings()['rpc_proxy.enabled'] ? null : OFF }
    },

    async list(
      { limit, cursor = '' }: Parsed<Operations['listRpcUrls']>,
      sessionId: string | undefined,
    ): Promise<Output<Operations['listRpcUrls']>> {
      const asked = { after: cursor, limit: limit + 1, now: clock.latest() }
      const rows = await database.read((db) => urlStore.page(db, asked, sessionId))
      const shown = rows.slice(0, limit)
      const hasMore = rows.length > shown.length
      return { items: shown.map(view), nextCursor: hasMore ? shown.at(-1)!.id : null, hasMore }
    },

    async revoke(id: string, by: By, sessionId: string | undefined): Promise<Output<Operations['revokeRpcUrl']>> {
      const own = (row: UrlRow | undefined): UrlRow => {
        if (row && (sessionId === undefined || row.session_id === sessionId)) return row
        throw new Failure('RPC_URL_NOT_FOUND', `no address of the JSON-RPC proxy has the id ${id}`)
      }
      const row = own(await database.read((db) => urlStore.byId(db, id)))
      await database.work({ exclusive: [`wallet:${row.wallet_id}`] }, async (db) => {
        own(await urlStore.byId(db, id))
        await urlStore.remove(db, id)
        await audit.record(db, { event: 'RPC_URL_REVOKED', ...by, ...about(row) })
      })
      return { id, status: 'REVOKED' }
    },

    /** What a token opens; undefined of one that opens nothing. Found by its hash, so that no time tells how much of it is right. */
    async opened(token: string): Promise<Pick<UrlRow, 'session_id' | 'wallet_id' | 'network'> | undefined> {
      const row = await database.read((db) => urlStore.byHash(db, sha256(token)))
      return row && row.expires_at > clock.latest() ? row : undefined
    },
  }
}

const about = ({ id, session_id, wallet_id, network }: UrlRow) => ({
  ...{ walletId: wallet_id, sessionId: session_id, details: { id, network } },
})

const view = ({ id, session_id, wallet_id, network, created_at, expires_at }: UrlRow) => ({
  ...{ id, sessionId: session_id, walletId: wallet_id, network },
  ...{ createdAt: seconds(created_at), expiresAt: seconds(expires_at) },
})
