import { CreatePolicyRequest, Failure, isFailure, NETWORKS, newId } from '@waiaas/contract'
import { migrations } from '../../src/migrations/all.ts'
import type { Database, Migration } from '../../src/platform/db/database.ts'
import { heldStops } from '../../src/platform/held.ts'
import { jsonLog } from '../../src/platform/log.ts'
import type { WalletOf } from '../../src/policies/committing.ts'
import { appliedPolicies, policies, policyVersions } from '../../src/policies/service.ts'
import { builtinTokens } from '../../src/tokens/service.ts'
import { NOON, network } from './samples.ts'

type Open = (migrations: readonly Migration[]) => Promise<Database>

export const [alice, bob, gone] = [newId(), newId(), newId()]
export const [agent, ended] = [newId(), newId()]

const of = { chain: network.chain, environment: network.environment }
const wallets: Record<string, WalletOf> = {
  [alice]: { name: 'alice', status: 'ACTIVE', ...of },
  [bob]: { name: 'bob', status: 'ACTIVE', ...of },
  [gone]: { name: 'gone', status: 'TERMINATED', ...of },
}

/** The service on a fresh database with wallets alice and bob, and a terminated one; `events` is its evidence. */
export async function startPolicies(open: Open) {
  const database = await open(migrations)
  const events: { event: string; walletId?: string; details: Record<string, unknown>; raised?: string | undefined }[] =
    []
  let now = NOON
  const clock = { now: () => now++ }
  const sessions = new Map([
    [agent, { id: agent, labels: ['team:trading'], isRevoked: false }],
    [ended, { id: ended, labels: [], isRevoked: true }],
  ])
  const service = policies({
    database,
    clock,
    networks: () => NETWORKS,
    wallet: async (_, id) => wallets[id],
    tokens: async (_, on) => builtinTokens(on),
    walletId: async (_, name) => {
      const found = Object.keys(wallets).find((id) => [id, wallets[id]?.name].includes(name))
      if (found) return found
      throw new Failure('WALLET_NOT_FOUND', `no wallet ${name}`)
    },
    session: async (_, id) => sessions.get(id),
    record: async (_, evidence) => void events.push(evidence),
    afterChange: async () => {},
    systemEvidence: 'evidence:system',
    nextVersion: policyVersions(clock),
    needConsent: async () => {},
    held: heldStops({ clock, log: jsonLog('silent') }),
  })
  const applied = appliedPolicies()
  const create = (request: unknown) => service.create(CreatePolicyRequest.parse(request))
  const applying = async (wallet: string) => (await database.read((db) => applied.applying(db, wallet))).policies
  const version = (wallet = alice) => database.read((db) => applied.version(db, wallet))
  const list = (query: { walletId?: string; limit?: number; offset?: number; cursor?: string } = {}) =>
    service.list({ limit: 50, offset: 0, ...query })
  const revoke = (id: string) => sessions.set(id, { id, labels: [], isRevoked: true })
  return { database, service, applied, events, create, applying, version, list, revoke }
}

/** The code of a failure, or 'none'. */
export const failing = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error) => (isFailure(error) ? error.code : error),
  )
